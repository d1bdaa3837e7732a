"""Where the faces of an enrolment photo are, whatever part of the photo they fill.

The search over several scales lives here. Whether a face is good enough does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import best_of_each
from models.face_detector import DetectedFaces, FaceDetector

Picture = NDArray[np.uint8]

_SEARCH_PX = (160, 320, 640)
"""Longer sides at which a photo is searched. The detector is surest of faces of 30 to 250 px:
a portrait's face fills the first, a person seen whole shows in the last."""

_LAST_RESORT_PX = 1280
_MOST_ENLARGEMENT = 4.0
_BORDER = 0.5
"""Plain border around the photo, as a part of its longer side. A tight crop has no forehead or
chin to go by: of 150 such crops of 150 px all were found with this border, 44 without it at
640 px."""

_GREY = (128, 128, 128)
_SAME_FACE_OVERLAP = 0.3
_EMBED_EYES_PX = 64.0
"""More pixels between the eyes than embedders look at; larger faces are averaged down to it, so
that cutting them out skips no pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundFace:
    """One face, in pixels of the photo: box ``(4,)`` l,t,r,b, landmarks ``(5, 2)``, score [0, 1].

    The landmarks' order is `models.alignment`'s.
    """

    box_xyxy_px: NDArray[np.float32]
    landmarks_px: NDArray[np.float32]
    score: float

    @property
    def height_px(self) -> float:
        return float(self.box_xyxy_px[3] - self.box_xyxy_px[1])

    @property
    def eyes_px(self) -> float:
        """The distance between the eyes."""
        return float(np.linalg.norm(self.landmarks_px[1] - self.landmarks_px[0]))


def find_faces(photo_bgr: Picture, detector: FaceDetector, min_score: float) -> list[FoundFace]:
    """All faces of ``(H, W, 3)``, tallest first, each once. ModelRunError where the model fails."""
    found = [_search(photo_bgr, detector, min_score, px, _BORDER) for px in _SEARCH_PX]
    if not any(len(faces.scores) for faces in found):
        found = [_search(photo_bgr, detector, min_score, _LAST_RESORT_PX, border=0.0)]
    boxes = np.concatenate([faces.boxes_xyxy_px for faces in found])
    scores = np.concatenate([faces.scores for faces in found])
    landmarks = np.concatenate([faces.landmarks_px for faces in found])
    keep = best_of_each(boxes, scores, _SAME_FACE_OVERLAP)
    faces = [FoundFace(boxes[i], landmarks[i], float(scores[i])) for i in keep]
    return sorted(faces, key=lambda face: face.height_px, reverse=True)


def for_embedding(photo_bgr: Picture, face: FoundFace) -> tuple[Picture, NDArray[np.float32]]:
    """Return the photo and the landmarks ``(5, 2)`` at the scale that faces are embedded from."""
    scale = _EMBED_EYES_PX / max(face.eyes_px, 1.0)
    if scale >= 1:
        return photo_bgr, face.landmarks_px
    return _scaled(photo_bgr, scale), (face.landmarks_px * scale).astype(np.float32)


def _search(
    photo_bgr: Picture, detector: FaceDetector, min_score: float, longer_px: int, border: float
) -> DetectedFaces:
    scale = min(longer_px / max(photo_bgr.shape[:2]), _MOST_ENLARGEMENT)
    content = _scaled(photo_bgr, scale)
    border_px = round(max(content.shape[:2]) * border)
    sides = (border_px,) * 4
    canvas = cv2.copyMakeBorder(content, *sides, cv2.BORDER_CONSTANT, value=_GREY)
    faces = detector.detect(np.asarray(canvas, np.uint8), min_score)
    return DetectedFaces(
        ((faces.boxes_xyxy_px - border_px) / scale).astype(np.float32),
        faces.scores,
        ((faces.landmarks_px - border_px) / scale).astype(np.float32),
    )


def _scaled(picture: Picture, scale: float) -> Picture:
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
