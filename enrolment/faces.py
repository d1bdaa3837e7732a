"""Where the faces of an enrolment photo are, whatever part of the photo they fill.

The search over several scales and quarter turns lives here. Whether a face is good enough
does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.boxes import best_of_each, parts_within
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

_SURE = 0.915
"""A face scored this high stands upright. Upside-down yunet_cctv gives scores up to 0.909 (150
press photos; yunet_2023mar 0.899), with the landmarks of an upright face, which would make a wrong
template. 92 in 100 upright ones reach it; the others are searched turned as well, and found
upright."""

_GREY = (128, 128, 128)
_SAME_FACE_OVERLAP = 0.3
_PART_OF_A_FACE = 0.7
"""A find that lies within a surer face by this much is no second person. In 4 of 100 press
photos, enlarged, yunet_cctv takes nose and mouth for a face by themselves (scores to 0.78)."""
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


def find_faces(
    photo_bgr: Picture, detector: FaceDetector, min_score: float, *, any_way_up: bool = True
) -> list[FoundFace]:
    """All faces of ``(H, W, 3)``, tallest first, each once. ModelRunError where the model fails.

    Where no upright face is sure, the photo is also searched turned by quarters, as telephones
    leave it when they forget to say how they were held; all coordinates stay the photo's.
    Without ``any_way_up`` it is not: a camera on a wall knows which way is up.
    """
    upright = _search_scales(photo_bgr, detector, min_score)
    candidates = {0: upright}
    if any_way_up and not any(score >= _SURE for score in upright.scores):
        for turns in (1, 2, 3):
            candidates[turns] = _search_turned(photo_bgr, detector, min_score, turns)
    best = max(candidates, key=lambda turns: (candidates[turns].scores.max(initial=0), -turns))
    found = candidates[best]
    faces = [
        FoundFace(found.boxes_xyxy_px[i], found.landmarks_px[i], float(found.scores[i]))
        for i in range(len(found.scores))
    ]
    return sorted(faces, key=lambda face: face.height_px, reverse=True)


def for_embedding(photo_bgr: Picture, face: FoundFace) -> tuple[Picture, NDArray[np.float32]]:
    """Return the photo and the landmarks ``(5, 2)`` at the scale that faces are embedded from."""
    scale = _EMBED_EYES_PX / max(face.eyes_px, 1.0)
    if scale >= 1:
        return photo_bgr, face.landmarks_px
    return _scaled(photo_bgr, scale), (face.landmarks_px * scale).astype(np.float32)


def _search_scales(photo_bgr: Picture, detector: FaceDetector, min_score: float) -> DetectedFaces:
    found = [_search(photo_bgr, detector, min_score, px, _BORDER) for px in _SEARCH_PX]
    if not any(len(faces.scores) for faces in found):
        found = [_search(photo_bgr, detector, min_score, _LAST_RESORT_PX, border=0.0)]
    boxes = np.concatenate([faces.boxes_xyxy_px for faces in found])
    scores = np.concatenate([faces.scores for faces in found])
    landmarks = np.concatenate([faces.landmarks_px for faces in found])
    keep = best_of_each(boxes, scores, _SAME_FACE_OVERLAP)
    keep = keep[_whole_faces(boxes[keep])]
    return DetectedFaces(boxes[keep], scores[keep], landmarks[keep])


def _whole_faces(boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the boxes ``(N, 4)``, the surest first, lie within no surer one: ``(N,)``."""
    surer = np.tri(len(boxes), k=-1, dtype=bool)
    within = parts_within(boxes, boxes) >= _PART_OF_A_FACE
    return np.asarray(~(within & surer).any(axis=1))


def _search_turned(
    photo_bgr: Picture, detector: FaceDetector, min_score: float, turns: int
) -> DetectedFaces:
    """Search the photo turned by ``turns`` quarters to the left; coordinates are turned back."""
    turned = np.ascontiguousarray(np.rot90(photo_bgr, turns))
    found = _search_scales(turned, detector, min_score)
    corners = found.boxes_xyxy_px.reshape(-1, 2, 2)
    shape = photo_bgr.shape[:2]
    back = _turned_back(corners, turns, shape)
    boxes = np.concatenate([back.min(axis=1), back.max(axis=1)], axis=1)
    return DetectedFaces(boxes, found.scores, _turned_back(found.landmarks_px, turns, shape))


def _turned_back(
    points: NDArray[np.float32], turns: int, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Points ``(N, M, 2)`` of the turned photo in the photo of ``shape`` (height, width)."""
    height, width = shape
    x, y = points[..., 0], points[..., 1]
    back = {1: (width - y, x), 2: (width - x, height - y), 3: (y, height - x)}[turns]
    return np.stack(back, axis=-1).astype(np.float32)


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
