"""Recall at a rate of false alarms, by the size of faces: counted as a person would."""

from __future__ import annotations

import numpy as np
import pytest

from models.face_detector import DetectedFaces
from models.training.face_figures import LARGE, SMALL, measured, points_off, recall_of, side_by_side
from models.training.faces import Faced

POINTS = np.array([[4, 4], [10, 4], [7, 8], [4, 11], [10, 11]], np.float32)
SMALL_BOX = np.array([0, 0, 15, 15], np.float32)
LARGE_BOX = np.array([100, 100, 200, 200], np.float32)
ELSEWHERE = np.array([300, 300, 320, 320], np.float32)


class Says:
    """A detector that gives the answers it was told, picture after picture."""

    def __init__(self, *answers: list[tuple[np.ndarray, float]]) -> None:
        self._answers = iter(answers)

    def detect(self, _picture: np.ndarray, _min_score: float) -> DetectedFaces:
        """The next answer; points are always right for the small face."""
        found = sorted(next(self._answers), key=lambda one: -one[1])
        return DetectedFaces(
            np.array([box for box, _ in found], np.float32).reshape(-1, 4),
            np.array([score for _, score in found], np.float32),
            np.tile(POINTS, (len(found), 1, 1)),
        )


def picture(*, known: bool = True) -> Faced:
    """A picture with a small and a large face."""
    boxes = np.stack([SMALL_BOX, LARGE_BOX])
    points = np.stack([POINTS, POINTS * 6 + 100])
    return Faced(np.zeros((8, 8, 3), np.uint8), boxes, points, np.array([known, True]))


def test_recall_is_counted_by_size() -> None:
    """The small face is found in one picture of two, the large one in both."""
    says = Says([(SMALL_BOX, 0.9), (LARGE_BOX, 0.9)], [(LARGE_BOX, 0.8)])

    count = measured(says, [picture(), picture()])

    assert recall_of(count, SMALL) == 0.5
    assert recall_of(count, LARGE) == 1


def test_the_threshold_lets_one_picture_in_ten_have_a_false_alarm() -> None:
    """Of twenty pictures with one false alarm each, two may stay."""
    answers = [[(ELSEWHERE, 0.50 + index / 100)] for index in range(20)]

    count = measured(Says(*answers), [picture()] * 20)

    assert count.threshold == pytest.approx(0.67)
    assert (count.false_scores > count.threshold).sum() == 2


def test_where_nobody_can_tell_nothing_counts() -> None:
    """A box at an unknown face is neither a hit nor a false alarm."""
    count = measured(Says([(SMALL_BOX, 0.9)]), [picture(known=False)])

    assert len(count.false_scores) == 0
    assert len(count.scores) == 1


def test_points_are_off_by_shares_of_the_eyes_distance() -> None:
    """All points three pixels off, eyes six pixels apart: a half."""
    assert points_off((POINTS + np.float32([3, 0]))[None], POINTS[None]) == pytest.approx(0.5)


def test_points_are_compared_on_the_faces_that_all_found() -> None:
    """A detector that finds only easy faces does not look more exact for it."""
    more = measured(Says([(SMALL_BOX, 0.9), (LARGE_BOX, 0.9)]), [picture()])
    less = measured(Says([(LARGE_BOX, 0.9)]), [picture()])

    rows = dict(side_by_side([more, less]))

    assert np.isnan(rows["12 to 24 px: points off"]).all()
    assert rows["12 to 24 px: recall"] == [1, 0]
