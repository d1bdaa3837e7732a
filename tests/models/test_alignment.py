"""Five landmarks carry a face onto a template, or are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alignment import ARCFACE_112, DLIB_150, TEMPLATES, cut, similarity_to
from models.errors import DegenerateLandmarks

FACE = ARCFACE_112.points


def carried(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points under a (2, 3) matrix."""
    return points @ matrix[:, :2].T + matrix[:, 2]


@given(
    angle=st.floats(-math.pi, math.pi),
    scale=st.floats(0.2, 20),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_undoes_any_similarity(angle: float, scale: float, shift: tuple[float, float]) -> None:
    """A face turned, scaled and moved comes back onto the template exactly."""
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved = (FACE @ turn.T * scale + shift).astype(np.float32)

    back = carried(similarity_to(ARCFACE_112, moved), moved)

    np.testing.assert_allclose(back, FACE, atol=1e-2)


def test_is_the_least_squares_solution() -> None:
    """No small change of the similarity fits noisy landmarks better."""
    noisy = (FACE + np.random.default_rng(1).normal(0, 3, (5, 2))).astype(np.float32)
    best = similarity_to(ARCFACE_112, noisy)
    misfit = np.sum((carried(best, noisy) - FACE) ** 2)

    a, b, x, y = best[0, 0], best[1, 0], best[0, 2], best[1, 2]
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 1e-3:
        p, q, u, v = np.array([a, b, x, y]) + step
        other = np.array([[p, -q, u], [q, p, v]])
        assert np.sum((carried(other, noisy) - FACE) ** 2) >= misfit


DEGENERATE = {
    "one spot": np.full((5, 2), 40.0),
    "tiny": FACE / 100,
    "a line": np.outer([0, 1, 2, 3, 4], [10.0, 7.0]),
    "an upright line": np.column_stack([np.full(5, 50.0), FACE[:, 1]]),
    "a level line": np.column_stack([FACE[:, 0], np.full(5, 50.0)]),
    "mirrored": FACE * [-1, 1] + [112, 0],
    "left and right exchanged": FACE[[1, 0, 2, 4, 3]],
    "not a number": np.where(np.eye(5, 2) == 1, np.nan, FACE),
    "infinite": np.where(np.eye(5, 2) == 1, np.inf, FACE),
    "four points": FACE[:4],
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("points", DEGENERATE.values(), ids=DEGENERATE)
def test_what_is_no_face_is_refused(points: np.ndarray, template) -> None:
    """Landmarks that carry no face raise, whatever the template."""
    with pytest.raises(DegenerateLandmarks):
        similarity_to(template, points.astype(np.float32))


def test_landmarks_beside_the_picture_are_refused() -> None:
    """A face that is not in the picture cannot be cut out of it."""
    with pytest.raises(DegenerateLandmarks, match="beside the picture"):
        cut(np.zeros((50, 50, 3), np.uint8), FACE + 400, ARCFACE_112)


def test_cut_brings_the_eyes_to_their_places() -> None:
    """Marks drawn on the landmarks are found at the template's points."""
    picture = np.zeros((300, 400, 3), np.uint8)
    landmarks = (FACE * 1.5 + [120, 60]).astype(np.float32)
    for x, y in landmarks.round().astype(int):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255

    face = cut(picture, landmarks, DLIB_150)

    assert face.shape == (150, 150, 3)
    for x, y in DLIB_150.points.round().astype(int):
        assert face[y - 4 : y + 5, x - 4 : x + 5].max() > 150


def test_cut_has_no_black_border() -> None:
    """Where a face reaches out of the picture the edge is repeated."""
    bright = np.full((60, 60, 3), 200, np.uint8)

    assert cut(bright, FACE * 0.5, ARCFACE_112).min() == 200


def test_a_large_face_is_averaged_not_sampled() -> None:
    """Fine grain in a large face is grey in a small cut, as it is to an eye further away."""
    grain = np.indices((900, 900)).sum(axis=0) % 2 * 255
    picture = np.repeat(grain[..., None], 3, axis=2).astype(np.uint8)

    face = cut(picture, (FACE * 8).astype(np.float32), ARCFACE_112)

    assert np.abs(face[2:-2, 2:-2].astype(int) - 127).max() < 12  # the outermost touch the edge


def test_averaging_moves_nothing() -> None:
    """A ramp keeps its place whether the face is cut at once or averaged down."""
    ramp = np.tile(np.linspace(0, 250, 1120), (1120, 1))
    picture = np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8)

    face = cut(picture, (FACE * 10).astype(np.float32), ARCFACE_112)

    assert abs(int(face[56, 56, 0]) - int(picture[560, 560, 0])) <= 2
