"""The figures a quality gate judges by."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.alignment import ARCFACE_112
from models.errors import DegenerateLandmarks
from models.quality import FaceMeasures, look_quality, measure_face, pitch_of, yaw_of

FACE = ARCFACE_112.points
BOX = np.array([10, 5, 90, 105], np.float32)


def noise(spread: int) -> np.ndarray:
    """A picture with grain."""
    grain = np.random.default_rng(0).integers(-spread, spread + 1, (112, 112, 3))
    return (grain + 120).astype(np.uint8)


def test_size_is_the_shorter_side() -> None:
    """A box of 80 by 100 px is 80 px."""
    assert measure_face(noise(20), BOX, FACE, 0.9).size_px == 80


def test_blur_lowers_sharpness() -> None:
    """The same face out of focus has a lower sharpness."""
    sharp = noise(60)
    soft = cv2.GaussianBlur(sharp, (0, 0), 2)

    measured = [measure_face(picture, BOX, FACE, 0.9).sharpness for picture in (sharp, soft)]

    assert measured[0] > 10 * measured[1]


def test_brightness_is_the_mean_grey() -> None:
    """A face of one grey has that brightness and no sharpness."""
    measures = measure_face(np.full((112, 112, 3), 77, np.uint8), BOX, FACE, 0.5)

    assert (measures.brightness, measures.sharpness, measures.score) == (77, 0, 0.5)


@pytest.mark.parametrize(("nose", "yaw"), [(0.5, 0), (1, 1), (0, -1), (1.4, 1), (0.75, 0.5)])
def test_yaw_is_where_the_nose_falls_between_the_eyes(nose: float, yaw: float) -> None:
    """Midway is frontal, at or beyond an eye is profile."""
    points = np.array([[0, 0], [10, 0], [10 * nose, 7], [2, 14], [8, 14]], np.float32)

    assert yaw_of(points) == pytest.approx(yaw)


def test_yaw_does_not_mind_a_tilted_head() -> None:
    """Turning the picture changes nothing."""
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])

    assert yaw_of((FACE @ turn.T).astype(np.float32)) == pytest.approx(yaw_of(FACE), abs=1e-5)


def test_no_measures_without_a_face() -> None:
    """Landmarks that carry no face raise instead of measuring nonsense."""
    with pytest.raises(DegenerateLandmarks):
        measure_face(noise(20), BOX, np.zeros((5, 2), np.float32), 0.9)


@pytest.mark.parametrize(
    ("climb", "pitch"), [(0.0, 0.0), (0.25, 0.5), (-0.25, -0.5), (2.0, 1.0), (-2.0, -1.0)]
)
def test_pitch_is_how_far_the_nose_has_climbed(climb, pitch):
    """Midway between eyes and mouth is level; towards the eyes is up; beyond them stays there."""
    points = np.array([[0, 0], [40, 0], [20, 20 - 40 * climb], [5, 40], [35, 40]], np.float32)

    assert pitch_of(points) == pytest.approx(pitch)


GOOD = FaceMeasures(size_px=100, sharpness=200, yaw=0, brightness=125, score=0.94)


@pytest.mark.parametrize(
    "worse", [{"size_px": 20.0}, {"sharpness": 10.0}, {"brightness": 20.0}, {"score": 0.8}]
)
def test_what_matches_worse_is_of_less_quality(worse: dict[str, float]) -> None:
    """Small, blurred, dark, or hardly a face."""
    assert look_quality(replace(GOOD, **worse)) < look_quality(GOOD)


@pytest.mark.parametrize("value", [0.0, 1e9])
def test_quality_stays_between_0_and_1(value: float) -> None:
    """Whatever was measured."""
    extreme = FaceMeasures(value, value, value, value, min(value, 1.0))

    assert 0.0 <= look_quality(extreme) <= 1.0
