"""Finds faces and their five landmarks in a region of a frame: YuNet.

Here belong the region's way into the network and the faces' way out. Which regions are looked
at, and how faces are bound to people, is the daemon's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.boxes import best_of_each, grid_of
from models.errors import ModelRunError
from models.sessions import Session

Picture = NDArray[np.uint8]

_STRIDES = (8, 16, 32)
_MULTIPLE_PX = 32
_DOUBLE_OVERLAP = 0.3
_LARGEST_LOG_SIZE = 6.0  # exp of it times a stride is wider than any region


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFaces:
    """The faces of one region, best score first.

    ``boxes_xyxy_px``: ``(N, 4)`` float32; may reach beyond the region. ``scores``: ``(N,)`` in
    [0, 1]. ``landmarks_px``: ``(N, 5, 2)`` float32 in the order of `models.alignment`. All in
    pixels of the region that was given.
    """

    boxes_xyxy_px: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks_px: NDArray[np.float32]


NO_FACES = DetectedFaces(
    np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 5, 2), np.float32)
)


class FaceDetector(Protocol):
    """What finds faces in a region of any size."""

    def detect(self, image_bgr: Picture, min_score: float) -> DetectedFaces:
        """The faces with at least that score. ModelRunError on failure."""


def size_for_faces(
    region_wh: tuple[int, int], longest_px: int = 320, most_enlargement: float = 2.0
) -> tuple[int, int]:
    """The size to which a head region should be scaled before `detect`.

    Small regions are enlarged, up to ``most_enlargement`` (more invents detail and costs time),
    large ones shrunk until their longer side is ``longest_px``. The shape is kept.
    """
    width, height = region_wh
    ratio = min(longest_px / max(width, height), most_enlargement)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


class YunetFaceDetector:
    """YuNet over a graph that takes any size (`models.yunet_graph`)."""

    def __init__(self, name: str, session: Session) -> None:
        self.name = name
        self._session = session

    def detect(self, image_bgr: Picture, min_score: float) -> DetectedFaces:
        """The faces of a region ``(H, W, 3)``; none where the region is empty."""
        height, width = image_bgr.shape[:2]
        if height == 0 or width == 0:
            return NO_FACES
        # Black below and to the right, as in the network's training pipeline.
        batch = np.zeros((1, 3, padded_side(height), padded_side(width)), np.float32)
        batch[0, :, :height, :width] = image_bgr.transpose(2, 0, 1)
        return self._decode(self._session.run(batch), batch.shape, min_score)

    def _decode(
        self, raw: dict[str, NDArray[np.float32]], shape: tuple[int, ...], min_score: float
    ) -> DetectedFaces:
        """Cells to faces: a score is the geometric mean of class and objectness."""
        grid = grid_of(shape[3], shape[2], _STRIDES)
        scores = np.sqrt(self._joined(raw, "cls", 1) * self._joined(raw, "obj", 1))[:, 0]
        if len(scores) != len(grid):
            raise ModelRunError(f"{self.name}: put out {len(scores)} cells, expected {len(grid)}")
        found = np.flatnonzero(scores >= min_score)
        cells, scores = grid[found], scores[found]
        boxes = _boxes(self._joined(raw, "bbox", 4)[found], cells)
        keep = best_of_each(boxes, scores, _DOUBLE_OVERLAP)
        points = self._joined(raw, "kps", 10)[found][keep].reshape(-1, 5, 2)
        landmarks = (points + cells[keep, None, :2]) * cells[keep, None, 2:3]
        return DetectedFaces(boxes[keep], scores[keep], landmarks)

    def _joined(
        self, raw: dict[str, NDArray[np.float32]], part: str, columns: int
    ) -> NDArray[np.float32]:
        """One part of the head over all strides, ``(cells, columns)``, proven to be numbers."""
        try:
            joined = np.concatenate([raw[f"{part}_{stride}"][0] for stride in _STRIDES])
        except KeyError as error:
            raise ModelRunError(f"{self.name}: has no output {error}") from error
        if joined.shape[1] != columns or not np.isfinite(joined).all():
            raise ModelRunError(f"{self.name}: put out {part} values that are not usable")
        return np.clip(joined, 0, 1) if columns == 1 else joined


def _boxes(raw: NDArray[np.float32], cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """``(N, 4)`` in pixels: centres in cells, sizes as logarithms of strides."""
    strides = cells[:, 2:3]
    centres = (raw[:, :2] + cells[:, :2]) * strides
    halves = np.exp(np.minimum(raw[:, 2:], _LARGEST_LOG_SIZE)) * strides / 2
    return np.hstack([centres - halves, centres + halves])


def padded_side(side_px: int) -> int:
    """The next multiple of 32, which the heads of these networks need."""
    return -(-side_px // _MULTIPLE_PX) * _MULTIPLE_PX
