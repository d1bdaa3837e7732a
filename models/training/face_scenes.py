"""Composes scenes with faces: heads of chosen sizes in a part of a background picture.

Here belongs geometry: every change here moves boxes and points too. What changes only colours is
`weathering.py`; what heads look like is `busts.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import areas
from models.training.busts import Bust, bust
from models.training.faces import Face, Faced, mirrored, size_px
from models.training.samples import Boxes

_EVEN = 0.5
_TRIES = 8
_SMALLEST_PX = 9.0  # below, nobody could say what is there
_SHOWN = 0.65  # of a face's box must be in the picture
_GREY = (114, 114, 114)
Random = np.random.Generator
Layer = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Faces set into one scene: ``(most, from_px, to_px)`` each, sizes even in their logarithm."""

    bands: tuple[tuple[int, float, float], ...]


def scene(
    background: Faced, faces: Sequence[Face], crowd: Crowd, size_wh: tuple[int, int], random: Random
) -> Faced:
    """A part of the background with heads in it. ``boxes`` of what is cut away are not known."""
    found = _part(background, size_wh, random)
    canvas = found.picture_bgr.astype(np.float32)
    every = [found]
    for most, from_px, to_px in crowd.bands:
        for _ in range(int(random.integers(0, most + 1))):
            size = float(np.exp(random.uniform(np.log(from_px), np.log(to_px))))
            head = bust(faces[int(random.integers(len(faces)))], size, random)
            placed = _placed(head, canvas, np.vstack([one.boxes_xyxy_px for one in every]), random)
            if placed is not None:
                every.append(placed)
    return _cut(_joined(np.clip(canvas, 0, 255).astype(np.uint8), every), size_wh)


def shrunk(picture: Faced, factor: float) -> Faced:
    """The picture at another size."""
    height, width = picture.picture_bgr.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    scale = np.array([size[0] / width, size[1] / height], np.float32)
    return Faced(
        np.asarray(cv2.resize(picture.picture_bgr, size, interpolation=way), np.uint8),
        picture.boxes_xyxy_px * np.tile(scale, 2),
        picture.landmarks_px * scale,
        picture.known,
    )


def _part(background: Faced, size_wh: tuple[int, int], random: Random) -> Faced:
    """Some part of a picture, larger or smaller than it was, mirrored or not."""
    height, width = background.picture_bgr.shape[:2]
    fit = min(size_wh[0] / width, size_wh[1] / height)
    part = shrunk(background, fit * float(np.exp(random.uniform(np.log(0.9), np.log(2.5)))))
    if random.random() < _EVEN:
        part = _flipped(part)
    free = np.array(size_wh) - part.picture_bgr.shape[1::-1]
    shift = np.round(free * random.random(2)).astype(np.float64)
    picture = cv2.warpAffine(
        part.picture_bgr, np.hstack([np.eye(2), shift[:, None]]), size_wh, borderValue=_GREY
    )
    moved = shift.astype(np.float32)
    return Faced(
        np.asarray(picture, np.uint8),
        part.boxes_xyxy_px + np.tile(moved, 2),
        part.landmarks_px + moved,
        part.known,
    )


def _flipped(picture: Faced) -> Faced:
    width = picture.picture_bgr.shape[1]
    left, top, right, bottom = picture.boxes_xyxy_px.T
    return Faced(
        np.ascontiguousarray(picture.picture_bgr[:, ::-1]),
        np.stack([width - right, top, width - left, bottom], axis=1),
        mirrored(picture.landmarks_px, width),
        picture.known,
    )


def _placed(head: Bust, canvas: Layer, taken: Boxes, random: Random) -> Faced | None:
    """Sets the head where no face is covered, and tells where; None where no place was found."""
    height, width = canvas.shape[:2]
    side = len(head.shown)
    own = head.box_xyxy_px
    for _ in range(_TRIES):
        # The face, not the whole head, must be in the picture.
        room = np.array([width, height]) - (own[2:] - own[:2])
        if (room <= 0).any():
            return None
        shift = np.floor(random.random(2) * room - own[:2]).astype(int)
        reach = np.concatenate([shift, shift + side]).astype(np.float32)
        if not _touches(reach, taken):
            _blend(canvas, head, int(shift[0]), int(shift[1]))
            moved = shift.astype(np.float32)
            return Faced(
                np.zeros((0, 0, 3), np.uint8),
                (own + np.tile(moved, 2))[None],
                (head.landmarks_px + moved)[None],
                np.ones(1, bool),
            )
    return None


def _touches(reach: Boxes, taken: Boxes) -> bool:
    low, high = np.maximum(reach[:2], taken[:, :2]), np.minimum(reach[2:], taken[:, 2:])
    return bool((high > low).all(axis=1).any())


def _blend(canvas: Layer, head: Bust, left: int, top: int) -> None:
    """Lays the head over the canvas, as far as it lies in it."""
    height, width = canvas.shape[:2]
    side = len(head.shown)
    rows = slice(max(top, 0), min(top + side, height))
    columns = slice(max(left, 0), min(left + side, width))
    inner = (
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
    canvas[rows, columns] *= 1 - head.cover[inner]
    canvas[rows, columns] += head.shown[inner]


def _joined(picture: NDArray[np.uint8], every: Sequence[Faced]) -> Faced:
    return Faced(
        picture,
        np.vstack([one.boxes_xyxy_px for one in every]),
        np.vstack([one.landmarks_px for one in every]),
        np.concatenate([one.known for one in every]),
    )


def _cut(whole: Faced, size_wh: tuple[int, int]) -> Faced:
    """Faces of which too little is in the picture are not known, and gone where nothing is."""
    boxes = whole.boxes_xyxy_px
    inner = np.clip(boxes, 0, np.tile(np.array(size_wh, np.float32), 2))
    share = areas(inner) / np.maximum(areas(boxes), 1e-6)
    told = share > 0
    known = whole.known & (share >= _SHOWN) & (size_px(boxes) >= _SMALLEST_PX)
    return Faced(whole.picture_bgr, boxes[told], whole.landmarks_px[told], known[told])
