"""Precision and recall of boxes, by small examples counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.figures import inside
from models.training.precision import Seen, average_precision, curve

NOTHING = np.zeros((0, 4), np.float32)


def seen(found, scores, true, ignored=NOTHING) -> Seen:
    """A picture from lists."""
    boxes = [np.array(one, np.float32).reshape(-1, 4) for one in (found, true, ignored)]
    return Seen(boxes[0], np.array(scores, np.float32), boxes[1], boxes[2])


def test_finding_everything_and_nothing_else_is_one() -> None:
    """Perfect boxes have AP 1 at every overlap."""
    picture = seen([[0, 0, 2, 2], [4, 4, 6, 6]], [0.9, 0.3], [[4, 4, 6, 6], [0, 0, 2, 2]])

    assert average_precision([picture]) == pytest.approx((1.0, 1.0))


def test_a_double_is_wrong() -> None:
    """One person may be found once; the second box for the same is an error."""
    counted = curve([seen([[0, 0, 2, 2], [0, 0, 2, 2]], [0.9, 0.8], [[0, 0, 2, 2]])])

    assert counted.precision.tolist() == [1.0, 0.5]
    assert counted.recall.tolist() == [1.0, 1.0]


def test_an_error_with_the_best_score_costs_most() -> None:
    """Half the boxes are right from the first right one on."""
    counted = curve([seen([[8, 8, 9, 9], [0, 0, 2, 2]], [0.9, 0.8], [[0, 0, 2, 2]])])

    assert counted.average_precision == pytest.approx(0.5)
    assert counted.recall_at(0.9) == 0


def test_a_find_at_an_ignored_box_counts_for_nothing() -> None:
    """Neither right nor wrong."""
    counted = curve(
        [seen([[8, 8, 9, 9], [0, 0, 2, 2]], [0.9, 0.8], [[0, 0, 2, 2]], [[8, 8, 9, 9]])]
    )

    assert counted.precision.tolist() == [1.0]


def test_without_true_boxes_nothing_can_be_measured() -> None:
    """A share of nobody is no number."""
    with pytest.raises(ValueError, match="no true boxes"):
        curve([seen([], [], [])])


def test_a_driver_is_mostly_inside() -> None:
    """Seven tenths of a person's box in the forklift's make a driver."""
    people = np.array([[1, 1, 2, 2], [9, 1, 12, 2], [20, 0, 21, 1]], np.float32)

    assert inside(people, np.array([[0, 0, 10, 10]], np.float32)).tolist() == [True, False, False]
