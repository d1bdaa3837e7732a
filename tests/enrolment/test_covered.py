"""Covered faces: what the gate tells, on real portraits with real and drawn covers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from enrolment.enrolling import Examiner, Photo
from enrolment.faces import find_faces
from enrolment.gallery import Gallery
from enrolment.photos import read_photo
from enrolment.refusals import Refusal
from models.face_detector import FaceDetector
from tests.enrolment.covers import with_glasses, with_mask

FACES = ("barack-obama.jpg", "lin-manuel-miranda.png")


@pytest.fixture(scope="session")
def masks() -> Path:
    """Find pictures of masks: the face library installed beside us has four."""
    package = pytest.importorskip("insightface")
    return Path(package.__file__).parent / "data" / "images"


def refusal_of(pixels: np.ndarray, examiner: Examiner, nobody: Gallery) -> Refusal | None:
    """Say what becomes of a picture."""
    photo = Photo("worn", cv2.imencode(".png", pixels)[1].tobytes())
    return examiner.examine([photo], nobody).results[0].refusal


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("colour", ["black", "blue", "white"])
def test_a_mask_is_told(  # noqa: PLR0913, PLR0917 - fixtures
    name: str,
    colour: str,
    examiner: Examiner,
    nobody: Gallery,
    portraits: Path,
    face_detector: FaceDetector,
    masks: Path,
) -> None:
    """A face behind a mask is refused, whatever colour the mask has."""
    pixels = read_photo(portraits / name)
    landmarks = find_faces(pixels, face_detector, 0.7)[0].landmarks_px

    worn = with_mask(pixels, landmarks, masks / f"mask_{colour}.jpg")

    assert refusal_of(worn, examiner, nobody) in {Refusal.COVERED, Refusal.NO_FACE}


@pytest.mark.parametrize("name", FACES)
def test_dark_glasses_are_told(
    name: str, examiner: Examiner, nobody: Gallery, portraits: Path, face_detector: FaceDetector
) -> None:
    """A face behind glasses that hide the eyes is refused."""
    pixels = read_photo(portraits / name)
    landmarks = find_faces(pixels, face_detector, 0.7)[0].landmarks_px

    worn = with_glasses(pixels, landmarks)

    assert refusal_of(worn, examiner, nobody) in {Refusal.COVERED, Refusal.NO_FACE}
