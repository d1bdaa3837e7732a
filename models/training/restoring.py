"""Undoes what was done to pictures before they were published as several versions of one.

The forklift pictures come turned by quarters, mirrored and tilted by a few degrees, and each box
was drawn anew around its tilted corners, which made it too large. How far a picture was tilted
shows in its corners, which are of one dark colour; so do its boxes, for they only grew. Here
belongs the way back. Which way up a picture belongs is the teacher's to say (`teacher.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import overlaps
from models.training.samples import Boxes, Picture, Sample, mirrored, turned

_GREY = (114, 114, 114)
_TILTS_DEG = np.round(np.arange(-5.6, 5.7, 0.2), 1)
_ALIKE = 14  # levels: the corners have been through JPEG
_UNFILLED = 4  # so many filled pixels make up for one that is not where a tilt would fill
_DARK = 90
_BORDER_PX = 0.5
_LEAST_SIDE = 0.55  # of a tilted box's side; less is a box that was cut off at the picture's edge
_SAME = 0.5
_THUMB_PX = 64
_MARGIN = 0.05
_ENDS = (slice(None, 2), slice(-2, None))
Thumb = NDArray[np.float32]


def restored(versions: Sequence[Sample]) -> list[Sample]:
    """The versions of one picture, untilted, the same way round, each with the boxes of all.

    Square pictures of one size. Boxes are the middle ones of those that the versions agree on.
    """
    level = [untilted(one, tilt_deg(one.picture_bgr)) for one in versions]
    first = level[0]
    alike = [first, *(_turned_like(first, one) for one in level[1:])]
    boxes = _agreed([one.boxes_xyxy_px for one in alike])
    return [Sample(one.picture_bgr, boxes, first.kinds, first.group) for one in alike]


def tilt_deg(picture: Picture) -> float:
    """By how many degrees a square picture was tilted, 0 where its corners do not show it."""
    corners = np.concatenate(
        [picture[rows, columns].reshape(-1, 3) for rows in _ENDS for columns in _ENDS]
    )
    fill = np.median(corners.astype(np.int32), axis=0)
    if fill.max() > _DARK:
        return 0.0
    filled = np.abs(picture.astype(np.int32) - fill).max(axis=2) <= _ALIKE
    worth = np.where(filled, 1, -_UNFILLED)
    fits = [(int(worth[outside].sum()), tilt) for tilt, outside in _outsides(len(picture))]
    found = max((0, 0.0), *fits)[1]
    # Darkness that goes on as far as was looked is the picture's own.
    return 0.0 if abs(found) == _TILTS_DEG[-1] else found


def untilted(sample: Sample, tilt: float) -> Sample:
    """The sample tilted back, its boxes as large as they were before."""
    if not tilt:
        return sample
    cosine, sine = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
    side = len(sample.picture_bgr)
    middle = np.full(2, (side - 1) / 2)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    matrix = np.hstack([linear, (middle - linear @ middle)[:, None]])
    picture = cv2.warpAffine(sample.picture_bgr, matrix, (side, side), borderValue=_GREY)
    boxes = sample.boxes_xyxy_px.astype(np.float64)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ linear.T + matrix[:, 2]
    sides = boxes[:, 2:] - boxes[:, :2]
    # A side is grown to cosine x itself + sine x the other one.
    grown = np.abs(np.array([[cosine, sine], [sine, cosine]]))
    halves = np.clip(sides @ np.linalg.inv(grown).T, _LEAST_SIDE * sides, sides) / 2
    placed = np.hstack([centres - halves, centres + halves]).clip(0, side)
    return Sample(
        np.asarray(picture, np.uint8), placed.astype(np.float32), sample.kinds, sample.group
    )


@cache
def _outsides(side: int) -> list[tuple[float, NDArray[np.bool_]]]:
    """Tilts, and which pixels of a square picture then are none of the picture's."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    found = []
    for tilt in _TILTS_DEG[_TILTS_DEG != 0]:
        cosine, sine = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
        across, down = columns * cosine - rows * sine, columns * sine + rows * cosine
        outside = np.maximum(np.abs(across), np.abs(down)) > side / 2 + _BORDER_PX
        found.append((float(tilt), outside))
    return found


def _turned_like(first: Sample, sample: Sample) -> Sample:
    """The sample turned by quarters, and mirrored, to where it looks most like the first."""
    wanted = _thumb(first.picture_bgr)
    views = [turned(one, quarters) for one in (sample, mirrored(sample)) for quarters in range(4)]
    return max(views, key=lambda one: float((wanted * _thumb(one.picture_bgr)).sum()))


def _thumb(picture: Picture) -> Thumb:
    """A small grey picture of mean 0 and length 1, without the edges."""
    margin = round(len(picture) * _MARGIN)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[margin:-margin, margin:-margin]
    small = cv2.resize(grey, (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA)
    level = small.astype(np.float32) - small.mean()
    return np.asarray(level / max(float(np.linalg.norm(level)), 1e-6), np.float32)


def _agreed(versions: Sequence[Boxes]) -> Boxes:
    """For each box of the first version the median of those that lie where it lies."""
    first = versions[0]
    agreed = first.copy()
    tables = [overlaps(first, other) if len(other) else None for other in versions[1:]]
    for index, box in enumerate(first):
        same = [box]
        for table, other in zip(tables, versions[1:], strict=True):
            if table is not None and table[index].max() >= _SAME:
                same.append(other[table[index].argmax()])
        agreed[index] = np.median(same, axis=0)
    return agreed
