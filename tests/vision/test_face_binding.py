"""A face is somebody's only where that is certain."""

from __future__ import annotations

import pytest

from vision.core.values import Box
from vision.face_binding import bind_face

ANN = Box(0.10, 0.20, 0.30, 0.90)
FACE = (0.20, 0.28)
FAR = Box(0.60, 0.20, 0.80, 0.90)


def test_the_only_face_in_a_person_is_theirs() -> None:
    """Nobody else is near, and there is one face."""
    assert bind_face(ANN, [FAR], [FACE]) == 0


def test_no_face_is_nobodys() -> None:
    """Nothing was found."""
    assert bind_face(ANN, [], []) is None


def test_two_faces_in_one_person_are_nobodys() -> None:
    """Which of them it is cannot be known."""
    assert bind_face(ANN, [], [FACE, (0.22, 0.40)]) is None


def test_a_face_beside_the_person_does_not_count() -> None:
    """The head region is wider than the person; what lies outside the person is somebody's else."""
    assert bind_face(ANN, [], [(0.09, 0.28), FACE]) == 1


def test_a_face_in_anothers_head_region_is_nobodys() -> None:
    """Somebody stands so close that it could be theirs."""
    behind = Box(0.12, 0.18, 0.32, 0.90)

    assert bind_face(ANN, [behind], [FACE]) is None


def test_a_face_in_front_of_anothers_body_is_the_persons() -> None:
    """Somebody taller stands behind: their head is elsewhere, and a face is no belly."""
    taller = Box(0.05, -0.55, 0.35, 0.90)

    assert bind_face(ANN, [taller], [FACE]) == 0


@pytest.mark.parametrize("corner", [(0.10, 0.20), (0.30, 0.20), (0.10, 0.90), (0.30, 0.90)])
def test_the_edge_is_inside(corner: tuple[float, float]) -> None:
    """A face on the very edge of the box is within it."""
    assert bind_face(ANN, [], [corner]) == 0


def test_a_place_that_is_no_number_is_nowhere() -> None:
    """NaN binds nothing."""
    assert bind_face(ANN, [], [(float("nan"), 0.28)]) is None


def test_the_index_is_that_of_the_faces_given() -> None:
    """Faces outside the person keep their places in the counting."""
    assert bind_face(ANN, [FAR], [(0.70, 0.28), (0.95, 0.1), FACE]) == 2
