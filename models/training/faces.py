"""Faces to compose scenes from: close-ups of people, and what the base model sees in them.

Here belong values, the reading of pictures and the asking of the base model. How scenes are made
of them is `busts.py` and `face_scenes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.face_detector import DetectedFaces, FaceDetector
from models.training.samples import Boxes, Picture

SIDE_PX = 320
"""Every close-up lies in the middle of a square of this side, with room for hair and shoulders."""
_CLEAR = 0.8
_SUSPECT = 0.3
_SMALLEST_PX = 60.0
Points = NDArray[np.float32]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A grey close-up in a square, ``picture`` ``(SIDE_PX, SIDE_PX)`` uint8, 0 around it.

    ``shown_xyxy_px``: where in the square the close-up lies. ``box_xyxy_px`` ``(4,)``,
    ``landmarks_px`` ``(5, 2)``. ``group``: the person.
    """

    picture: Picture
    shown_xyxy_px: tuple[int, int, int, int]
    box_xyxy_px: Boxes
    landmarks_px: Points
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class Faced:
    """A picture with the faces in it. ``known`` ``(N,)`` bool: False where nobody can tell.

    ``boxes_xyxy_px`` ``(N, 4)``, ``landmarks_px`` ``(N, 5, 2)``.
    """

    picture_bgr: Picture
    boxes_xyxy_px: Boxes
    landmarks_px: Points
    known: NDArray[np.bool_]


def read_faces(directory: Path, detector: FaceDetector, progress: Progress) -> list[Face]:
    """The close-ups ``Name_0001.jpg`` in which the base model is sure of one face and no other.

    FileNotFoundError where there are no pictures.
    """
    paths = sorted(directory.glob("*.jpg"))
    if not paths:
        raise FileNotFoundError(f"{directory} holds no .jpg pictures")
    faces = list(_faces(paths, detector))
    progress(f"{len(faces)} of {len(paths)} pictures show one clear face")
    return faces


def _faces(paths: list[Path], detector: FaceDetector) -> Iterator[Face]:
    for path in paths:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise ValueError(f"{path} is not a picture")
        face = face_of(np.asarray(grey, np.uint8), detector, path.stem.rsplit("_", 1)[0])
        if face is not None:
            yield face


def face_of(grey: Picture, detector: FaceDetector, group: str) -> Face | None:
    """A close-up with the base model's box and points; None where it is not sure of one face."""
    square, shown = _centred(grey)
    found = detector.detect(_coloured(square), _SUSPECT)
    if len(found.scores) != 1 or found.scores[0] < _CLEAR:
        return None
    box = found.boxes_xyxy_px[0]
    if (box[2:] - box[:2]).min() < _SMALLEST_PX:
        return None
    return Face(square, shown, box, _both_ways(square, found, detector), group)


def _both_ways(square: Picture, found: DetectedFaces, detector: FaceDetector) -> Points:
    """The points averaged with those of the mirror image, where there are any."""
    flipped = np.ascontiguousarray(square[:, ::-1])
    other = detector.detect(_coloured(flipped), _SUSPECT)
    if len(other.scores) != 1:
        return np.asarray(found.landmarks_px[0], np.float32)
    mean = (found.landmarks_px[0] + mirrored(other.landmarks_px[0], SIDE_PX)) / 2
    return np.asarray(mean, np.float32)


def _coloured(grey: Picture) -> Picture:
    """Three equal channels, as the detector wants them."""
    return np.asarray(np.repeat(grey[..., None], 3, axis=2), np.uint8)


def mirrored(points: Points, width_px: int) -> Points:
    """The points ``(..., 5, 2)`` of a mirrored face, left and right changed over."""
    other = points[..., [1, 0, 2, 4, 3], :].copy()
    other[..., 0] = width_px - other[..., 0]
    return other


def _centred(grey: Picture) -> tuple[Picture, tuple[int, int, int, int]]:
    height, width = grey.shape
    square = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    left, top = (SIDE_PX - width) // 2, (SIDE_PX - height) // 2
    square[top : top + height, left : left + width] = grey
    return square, (left, top, left + width, top + height)


def size_px(boxes: Boxes) -> NDArray[np.float32]:
    """How large faces are, ``(N,)``: the side of a square of the same area."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return np.asarray(np.sqrt(sides.prod(axis=-1)), np.float32)
