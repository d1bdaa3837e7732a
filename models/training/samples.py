"""A picture with what is known to be in it, and the pictures of a directory in YOLO's format.

Here belong values and files. How pictures are changed for training is `scenes.py` and
`weathering.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

PERSON, FORKLIFT = 0, 1
IGNORED = -1
"""The kind of a box that may or may not hold a person: nothing is learnt there."""
KINDS = ("person", "forklift")

_KIND_IN_FILES = {0: FORKLIFT, 1: PERSON}
_VERSION_MARK = ".rf."
_COLUMNS = 5

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """``picture_bgr`` ``(h, w, 3)``; ``boxes_xyxy_px`` ``(N, 4)``; ``kinds`` ``(N,)``.

    ``group``: the same for all versions of one picture, so that a split can keep them together.
    """

    picture_bgr: Picture
    boxes_xyxy_px: Boxes
    kinds: NDArray[np.int64]
    group: str


def read_directory(directory: Path) -> list[Sample]:
    """The pictures in ``images`` with the boxes in ``labels``, in the order of their names.

    FileNotFoundError where there are none, ValueError where one cannot be read.
    """
    paths = sorted((directory / "images").glob("*.jpg"))
    if not paths:
        raise FileNotFoundError(f"{directory / 'images'} holds no .jpg pictures")
    return [_read(path, directory / "labels" / f"{path.stem}.txt") for path in paths]


def _read(path: Path, labels: Path) -> Sample:
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} is not a picture")
    rows = [line.split()[:_COLUMNS] for line in labels.read_text().splitlines() if line.strip()]
    table = np.array(rows, np.float32).reshape(-1, _COLUMNS)
    height, width = picture.shape[:2]
    centres, halves = table[:, 1:3], table[:, 3:5] / 2
    boxes = np.hstack([centres - halves, centres + halves]) * (width, height, width, height)
    kinds = np.array([_KIND_IN_FILES[int(kind)] for kind in table[:, 0]], np.int64)
    group = path.stem.split(_VERSION_MARK)[0]
    return Sample(np.asarray(picture, np.uint8), boxes.astype(np.float32), kinds, group)


class Grouped(Protocol):
    """Whatever belongs to a group that must not be torn apart."""

    @property
    def group(self) -> str: ...


G = TypeVar("G", bound=Grouped)


def split_groups(samples: Sequence[G], held_out: float, seed: int) -> tuple[list[G], list[G]]:
    """Samples to learn from and samples held out; all of a group on one side."""
    groups = sorted({one.group for one in samples})
    shuffled = np.random.default_rng(seed).permutation(groups)
    held = set(shuffled[: round(len(groups) * held_out)].tolist())
    return (
        [one for one in samples if one.group not in held],
        [one for one in samples if one.group in held],
    )


def turned(sample: Sample, quarters: int) -> Sample:
    """The sample turned by quarters of a circle, against the clock."""
    picture, boxes = sample.picture_bgr, sample.boxes_xyxy_px
    for _ in range(quarters % 4):
        width = picture.shape[1]
        picture = np.ascontiguousarray(np.rot90(picture))
        left, top, right, bottom = boxes.T
        boxes = np.stack([top, width - right, bottom, width - left], axis=1)
    return Sample(picture, boxes, sample.kinds, sample.group)


def mirrored(sample: Sample) -> Sample:
    """The sample with left and right exchanged."""
    left, top, right, bottom = sample.boxes_xyxy_px.T
    width = sample.picture_bgr.shape[1]
    boxes = np.stack([width - right, top, width - left, bottom], axis=1)
    picture = np.ascontiguousarray(sample.picture_bgr[:, ::-1])
    return Sample(picture, boxes, sample.kinds, sample.group)


def with_boxes(sample: Sample, boxes: Boxes, kinds: NDArray[np.int64]) -> Sample:
    """The sample with further boxes."""
    return Sample(
        sample.picture_bgr,
        np.vstack([sample.boxes_xyxy_px, boxes]).astype(np.float32),
        np.concatenate([sample.kinds, kinds]),
        sample.group,
    )
