"""Composes what the network sees from samples: cut, scaled, mirrored, tilted, four in one.

Here belongs geometry: every change here moves boxes too. What changes only colours is
`weathering.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.samples import IGNORED, Boxes, Sample

_GREY = (114, 114, 114)
_LEARNT_FROM = 0.4  # of a box must remain visible, or nobody could say what it is
_TOLD_FROM = 0.1
_SMALLEST_PX = 4.0
_LARGEST_TILT = 6.0
_LARGEST_STRETCH = 1.25
_EVEN = 0.5
Random = np.random.Generator
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Zoom:
    """How large a sample may be drawn, as a factor of the size at which it just fits."""

    least: float
    most: float


def alone(sample: Sample, size_wh: tuple[int, int], zoom: Zoom, random: Random) -> Sample:
    """The sample on a canvas of the given size, somewhere, somehow large."""
    matrix = _placement(sample, size_wh, zoom, random)
    picture = cv2.warpAffine(
        sample.picture_bgr, matrix, size_wh, flags=cv2.INTER_LINEAR, borderValue=_GREY
    )
    boxes = _moved(sample.boxes_xyxy_px, matrix)
    boxes, kinds = visible(boxes, sample.kinds, size_wh)
    return Sample(np.asarray(picture, np.uint8), boxes, kinds, sample.group)


def fitted(sample: Sample, size_wh: tuple[int, int]) -> Sample:
    """The sample as the product shows it: as large as fits, in the upper left corner."""
    height, width = sample.picture_bgr.shape[:2]
    ratio = min(size_wh[0] / width, size_wh[1] / height)
    matrix = np.array([[ratio, 0, 0], [0, ratio, 0]])
    picture = cv2.warpAffine(
        sample.picture_bgr, matrix, size_wh, flags=cv2.INTER_LINEAR, borderValue=_GREY
    )
    boxes = _moved(sample.boxes_xyxy_px, matrix)
    return Sample(np.asarray(picture, np.uint8), boxes, sample.kinds, sample.group)


def four_in_one(samples: Sequence[Sample], size_wh: tuple[int, int], random: Random) -> Sample:
    """Four samples, one in each quarter around a random centre."""
    width, height = size_wh
    across = round(width * random.uniform(0.3, 0.7))
    down = round(height * random.uniform(0.3, 0.7))
    canvas = np.full((height, width, 3), _GREY[0], np.uint8)
    boxes, kinds = [], []
    corners = [(0, 0), (across, 0), (0, down), (across, down)]
    sizes = [(across, down), (width - across, down), (across, height - down)]
    sizes.append((width - across, height - down))
    for sample, (left, top), part_wh in zip(samples, corners, sizes, strict=True):
        part = alone(sample, part_wh, Zoom(0.8, 2.0), random)
        canvas[top : top + part_wh[1], left : left + part_wh[0]] = part.picture_bgr
        boxes.append(part.boxes_xyxy_px + np.array([left, top, left, top], np.float32))
        kinds.append(part.kinds)
    return Sample(canvas, np.vstack(boxes), np.concatenate(kinds), samples[0].group)


def visible(
    boxes: Boxes, kinds: NDArray[np.int64], size_wh: tuple[int, int]
) -> tuple[Boxes, NDArray[np.int64]]:
    """Boxes cut to the canvas; those of which little remains are ignored, or gone."""
    width, height = size_wh
    cut = np.clip(boxes, 0, (width, height, width, height)).astype(np.float32)
    sides = cut[:, 2:] - cut[:, :2]
    whole = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-6)
    share = sides.prod(axis=1) / whole
    told = (share >= _TOLD_FROM) & (sides > 1).all(axis=1)
    learnt = (share >= _LEARNT_FROM) & (sides >= _SMALLEST_PX).all(axis=1)
    return cut[told], np.where(learnt, kinds, IGNORED)[told]


def _placement(sample: Sample, size_wh: tuple[int, int], zoom: Zoom, random: Random) -> Matrix:
    """From the sample's pixels to the canvas's, ``(2, 3)``."""
    height, width = sample.picture_bgr.shape[:2]
    fit = min(size_wh[0] / width, size_wh[1] / height)
    scale = fit * np.exp(random.uniform(np.log(zoom.least), np.log(zoom.most)))
    stretch = np.exp(random.uniform(-1, 1) * np.log(_LARGEST_STRETCH) / 2)
    tilt = np.deg2rad(np.clip(random.normal(0, _LARGEST_TILT / 2), -_LARGEST_TILT, _LARGEST_TILT))
    mirror = -1.0 if random.random() < _EVEN else 1.0
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    linear = turn @ np.diag([mirror * scale * stretch, scale / stretch])
    # The picture's middle may lie anywhere where the picture still covers what it can.
    free = (np.array(size_wh) - np.array([width, height]) * scale) / 2
    middle = np.array(size_wh) / 2 + free * random.uniform(-1, 1, 2)
    shift = middle - linear @ (np.array([width, height]) / 2)
    return np.hstack([linear, shift[:, None]])


def _moved(boxes: Boxes, matrix: Matrix) -> Boxes:
    """The boxes around the moved ellipses that fill them.

    Around the moved corners a box would grow with every tilt, and a person does not reach into
    the corners.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    halves = np.sqrt(((boxes[:, 2:] - boxes[:, :2]) / 2) ** 2 @ (matrix[:, :2] ** 2).T)
    return np.hstack([centres - halves, centres + halves]).astype(np.float32)
