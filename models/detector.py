"""Finds people and forklifts in a frame: YOLOX.

Here belong the picture's way into the network and the boxes' way out. Following objects from
frame to frame is the daemon's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import best_of_each, grid_of
from models.entries import ModelEntry
from models.errors import ModelRefusedError, ModelRunError
from models.sessions import Session

Picture = NDArray[np.uint8]

_STRIDES = (8, 16, 32)
_GREY = 114.0  # what the network saw beside the picture in training
_MIN_SCORE = 0.1  # a tracker wants weak boxes too: they keep a track alive, they start none
_DOUBLE_OVERLAP = 0.45
_LARGEST_LOG_SIZE = 8.0  # exp of it times a stride is wider than any picture


@dataclass(frozen=True, slots=True, eq=False)
class DetectedObjects:
    """What was seen in one frame, best score first.

    ``boxes_rel``: ``(N, 4)`` float32, left, top, right, bottom, relative to the picture, within
    [0, 1]. ``scores``: ``(N,)`` in [0, 1]. ``kinds``: ``person`` or ``forklift``, one a box.
    """

    boxes_rel: NDArray[np.float32]
    scores: NDArray[np.float32]
    kinds: tuple[str, ...]


class Detector(Protocol):
    """What finds objects in a picture."""

    def fit_wh(self, frame_wh: tuple[int, int]) -> tuple[int, int]:
        """The size to which a frame of the given size should be scaled for `detect`."""

    def detect(self, content_bgr: Picture) -> DetectedObjects:
        """The objects in a picture ``(h, w, 3)`` of that size. ModelRunError on failure."""


class YoloxDetector:
    """YOLOX with an undecoded head: ``(1, cells, 5 + classes)``."""

    def __init__(self, entry: ModelEntry, session: Session, min_score: float = _MIN_SCORE) -> None:
        if entry.input.size_wh is None or not entry.classes or entry.class_count is None:
            raise ModelRefusedError(f"{entry.name}: a detector needs an input size and classes")
        self.name = entry.name
        self._session = session
        self._width, self._height = entry.input.size_wh
        self._min_score = min_score
        self._columns = np.array([5 + one.index for one in entry.classes])
        self._kinds = tuple(one.kind for one in entry.classes)
        self._grid = grid_of(self._width, self._height, _STRIDES)
        self._shape = (1, len(self._grid), 5 + entry.class_count)

    def fit_wh(self, frame_wh: tuple[int, int]) -> tuple[int, int]:
        """The largest size of the same shape that the input holds; at least one pixel a side."""
        width, height = frame_wh
        ratio = min(self._width / width, self._height / height)
        return max(1, round(width * ratio)), max(1, round(height * ratio))

    def detect(self, content_bgr: Picture) -> DetectedObjects:
        """Objects in a picture of `fit_wh` size. ValueError where it is larger than the input."""
        height, width = content_bgr.shape[:2]
        if not (0 < height <= self._height and 0 < width <= self._width):
            raise ValueError(f"{self.name}: {width}x{height} is not a size from fit_wh")
        batch = np.empty((1, 3, self._height, self._width), np.float32)
        # Colour by colour: NumPy converts what lies side by side several times as fast.
        for channel, plane in zip(batch[0], cv2.split(content_bgr), strict=True):
            channel[:height, :width] = plane
        batch[0, :, height:] = _GREY
        batch[0, :, :height, width:] = _GREY
        return self._decode(self._raw(batch), (width, height))

    def _raw(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The head's numbers, ``(cells, 5 + classes)``."""
        (raw,) = self._session.run(batch).values()
        if raw.shape != self._shape:
            raise ModelRunError(f"{self.name}: put out {raw.shape}, expected {self._shape}")
        return np.asarray(raw[0])

    def _decode(self, raw: NDArray[np.float32], content_wh: tuple[int, int]) -> DetectedObjects:
        """Cells to boxes: scores are objectness times class; a cell may carry several classes."""
        scored = raw[:, 4:5] * raw[:, self._columns]
        cells, classes = np.nonzero(scored >= self._min_score)
        scores, places = scored[cells, classes], raw[cells, :4]
        if not (np.isfinite(scored).all() and np.isfinite(places).all()):
            # They compare as nothing seen: the camera would be blind, and nobody told.
            raise ModelRunError(f"{self.name}: put out values that are not numbers")
        boxes = self._boxes(places, self._grid[cells]) / np.tile(content_wh, 2)
        boxes = np.clip(boxes, 0, 1).astype(np.float32)
        keep = best_of_each(boxes, scores, _DOUBLE_OVERLAP, self._kind_of(classes))
        keep = keep[(boxes[keep, 2:] > boxes[keep, :2]).all(axis=1)]
        kinds = tuple(self._kinds[classes[index]] for index in keep)
        return DetectedObjects(boxes[keep], scores[keep].astype(np.float32), kinds)

    def _kind_of(self, classes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Two classes taken for one kind suppress each other's doubles."""
        first = np.array([self._kinds.index(kind) for kind in self._kinds])
        return np.asarray(first[classes])

    @staticmethod
    def _boxes(raw: NDArray[np.float32], cells: NDArray[np.float32]) -> NDArray[np.float32]:
        """``(N, 4)`` in pixels of the input: centres in cells, sizes as logarithms of strides."""
        strides = cells[:, 2:3]
        centres = (raw[:, :2] + cells[:, :2]) * strides
        halves = np.exp(np.minimum(raw[:, 2:], _LARGEST_LOG_SIZE)) * strides / 2
        return np.hstack([centres - halves, centres + halves])
