"""Arithmetic on boxes, vectorised: overlap and the suppression of doubles.

Pure: numpy only. Boxes are ``(N, 4)`` float32, left, top, right, bottom, in any one unit.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
Scores = NDArray[np.float32]

_MOST_CANDIDATES = 512
"""Never more than this go into the pairwise table: a picture that fires everywhere must not
cost a gigabyte. Real scenes stay far below."""


def overlaps(first: Boxes, second: Boxes) -> NDArray[np.float32]:
    """Intersection over union, ``(N, M)``; 0 where a box has no area.

    ``overlaps([[0, 0, 2, 2]], [[1, 0, 3, 2]])`` is ``[[1/3]]``.
    """
    shared = _shared(first, second)
    union = areas(first)[:, None] + areas(second)[None] - shared
    return np.asarray(shared / np.maximum(union, np.finfo(np.float32).tiny), np.float32)


def parts_within(inner: Boxes, outer: Boxes) -> NDArray[np.float32]:
    """How much of each inner box lies within each outer one, ``(N, M)``, [0, 1].

    ``parts_within([[0, 0, 2, 2]], [[1, 0, 9, 9]])`` is ``[[1/2]]``; 0 where a box has no area.
    """
    least = np.finfo(np.float32).tiny
    return np.asarray(_shared(inner, outer) / np.maximum(areas(inner)[:, None], least), np.float32)


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """The area of each box, ``(N,)``."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)


def _shared(first: Boxes, second: Boxes) -> NDArray[np.float32]:
    """The areas that boxes share, ``(N, M)``."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def best_of_each(
    boxes: Boxes, scores: Scores, limit: float, classes: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Indices of the boxes to keep, best score first.

    A better box that overlaps by more than ``limit`` suppresses the others of its class.
    """
    order = np.argsort(-scores, kind="stable")[:_MOST_CANDIDATES]
    rivals = overlaps(boxes[order], boxes[order]) > limit
    if classes is not None:
        rivals &= classes[order][:, None] == classes[order][None]
    alive = np.ones(len(order), bool)
    for index in range(len(order)):
        if alive[index]:
            alive[index + 1 :] &= ~rivals[index, index + 1 :]
    return order[alive]


@lru_cache(maxsize=64)  # the sizes of head regions come again and again
def grid_of(width: int, height: int, strides: tuple[int, ...]) -> NDArray[np.float32]:
    """Cells of an anchor-free head, row by row, stride after stride: ``(cells, 3)``.

    Columns: the cell's column and row, and its stride in pixels of the input.
    """
    levels = []
    for stride in strides:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        each = np.full(rows.size, stride)
        levels.append(np.stack([columns.ravel(), rows.ravel(), each], axis=1))
    grid = np.concatenate(levels).astype(np.float32)
    grid.setflags(write=False)
    return grid
