"""Finding faces: photos that lie on their side or stand on their head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from enrolment.faces import find_faces
from enrolment.photos import read_photo
from models.face_detector import DetectedFaces, FaceDetector


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("name", ["barack-obama.jpg", "joe-biden.jpg"])
def test_a_turned_photo_has_the_same_landmarks(
    name: str, turns: int, portraits: Path, face_detector: FaceDetector
) -> None:
    """However the photo lies, the points are where the upright photo has them."""
    upright = read_photo(portraits / name)
    height, width = upright.shape[:2]
    x, y = find_faces(upright, face_detector, 0.7)[0].landmarks_px.T
    expected = {1: (y, width - x), 2: (width - x, height - y), 3: (height - y, x)}[turns]

    turned = np.ascontiguousarray(np.rot90(upright, turns))
    (face, *_) = find_faces(turned, face_detector, 0.7)

    assert face.landmarks_px == pytest.approx(np.stack(expected, axis=1), abs=0.1 * face.eyes_px)
    left, top, right, bottom = face.box_xyxy_px
    assert 0 < left < right < turned.shape[1]
    assert 0 < top < bottom < turned.shape[0]


class Seeing:
    """A face detector that sees the same faces at every scale, in parts of the picture's side."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.boxes = np.array(boxes, np.float32)

    def detect(self, image_bgr: np.ndarray, min_score: float) -> DetectedFaces:  # noqa: ARG002 - the protocol
        """Find them, the first the surest."""
        boxes = self.boxes * max(image_bgr.shape[:2])
        scores = np.linspace(0.95, 0.75, len(boxes)).astype(np.float32)
        return DetectedFaces(boxes, scores, np.zeros((len(boxes), 5, 2), np.float32))


def test_a_part_of_a_face_is_no_second_person() -> None:
    """What lies within a surer face is dropped; who stands beside it is not."""
    face, mouth, beside = (0.3, 0.3, 0.6, 0.7), (0.4, 0.5, 0.5, 0.6), (0.65, 0.3, 0.72, 0.4)

    found = find_faces(np.zeros((200, 200, 3), np.uint8), Seeing(face, mouth, beside), 0.7)

    assert [round(one.score, 2) for one in found] == [0.95, 0.75]
