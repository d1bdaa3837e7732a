"""Detail under the landmarks: what a cover takes away."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.alignment import ARCFACE_112
from models.errors import DegenerateLandmarks
from models.occlusion import measure_detail

LANDMARKS = ARCFACE_112.points


def drawn_face() -> np.ndarray:
    """Draw light skin with a dark line for the lips and dark dots for the eyes."""
    face = np.full((112, 112, 3), 180, np.uint8)
    cv2.line(face, (42, 92), (70, 92), (60, 60, 60), 3)
    for x, y in LANDMARKS[:2].astype(int).tolist():
        cv2.circle(face, (x, y), 3, (20, 20, 20), -1)
    return face


def test_a_bare_face_has_detail() -> None:
    """Lips and eyes show."""
    detail = measure_detail(drawn_face(), LANDMARKS)

    assert detail.mouth > 0.17
    assert detail.eyes > 0.2


def test_a_cloth_takes_the_mouths() -> None:
    """The eyes' stays."""
    face = drawn_face()
    face[70:] = 220

    detail = measure_detail(face, LANDMARKS)

    assert detail.mouth < 0.17
    assert detail.eyes > 0.2


def test_one_covered_eye_is_enough() -> None:
    """The flatter eye counts: a patch hides a face as glasses do."""
    face = drawn_face()
    face[40:64, 60:90] = 30

    assert measure_detail(face, LANDMARKS).eyes < 0.2


def test_brightness_does_not_matter() -> None:
    """The same face in half the light has the same detail."""
    face = drawn_face()

    dim = measure_detail((face // 2).astype(np.uint8), LANDMARKS)

    assert dim.mouth == pytest.approx(measure_detail(face, LANDMARKS).mouth, rel=0.05)


def test_what_is_no_face_is_an_error() -> None:
    """Points on a line are not measured."""
    points = np.stack([np.linspace(20, 90, 5), np.full(5, 50.0)], axis=1).astype(np.float32)

    with pytest.raises(DegenerateLandmarks):
        measure_detail(drawn_face(), points)
