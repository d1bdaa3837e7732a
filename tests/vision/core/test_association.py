"""How well boxes fit tracks, and when that leaves room for doubt."""

from __future__ import annotations

import numpy as np
import pytest

from vision.core.association import (
    DISTANCE_LIMIT,
    OVERLAP_LIMIT,
    as_array,
    association_costs,
    doubtful_swaps,
    match_in_rounds,
    overlapping,
)
from vision.core.values import Box

ASPECT = 16 / 9


def cost(expected: Box, seen: Box, unseen_s: float) -> float:
    """The cost of one pair."""
    costs = association_costs(as_array([expected]), np.array([unseen_s]), as_array([seen]), ASPECT)
    return float(costs[0, 0])


def test_the_same_box_costs_nothing() -> None:
    """A perfect fit is free at any age."""
    box = Box(0.2, 0.2, 0.3, 0.6)

    assert cost(box, box, 0.1) == pytest.approx(0.0)
    assert cost(box, box, 5.0) == pytest.approx(0.0)


def test_a_walker_fits_at_two_frames_a_second() -> None:
    """Boxes that no longer touch still overlap with the rim of half a second."""
    before, after = Box(0.20, 0.2, 0.28, 0.6), Box(0.29, 0.2, 0.37, 0.6)

    assert cost(before, after, 0.5) < OVERLAP_LIMIT
    assert cost(before, after, 0.5) < cost(before, after, 0.1)


def test_distance_helps_where_nothing_overlaps() -> None:
    """A runner within reach is a possible, but a worse, fit."""
    before, after = Box(0.20, 0.2, 0.28, 0.6), Box(0.35, 0.2, 0.43, 0.6)

    assert 1.0 < cost(before, after, 0.5) < DISTANCE_LIMIT


def test_out_of_reach() -> None:
    """Nobody crosses the picture in a tenth of a second."""
    assert cost(Box(0.1, 0.2, 0.2, 0.6), Box(0.7, 0.2, 0.8, 0.6), 0.1) == np.inf


def test_distance_wants_like_sizes() -> None:
    """By distance alone a tall person does not become a small one."""
    assert cost(Box(0.20, 0.1, 0.28, 0.9), Box(0.40, 0.4, 0.44, 0.6), 0.5) == np.inf


def test_earlier_rounds_take_first() -> None:
    """A later round gets only what is left, however well it would fit."""
    costs = np.array([[0.5, 0.6], [0.1, 0.9]])

    assert match_in_rounds(costs, [([0], [0, 1], 1.0), ([1], [0, 1], 1.0)]) == [(0, 0), (1, 1)]


def test_clear_pairs_are_not_in_doubt() -> None:
    """Two people side by side, each where expected, cannot have changed places."""
    boxes = as_array([Box(0.2, 0.2, 0.3, 0.6), Box(0.3, 0.2, 0.4, 0.6)])
    costs = association_costs(boxes, np.array([0.2, 0.2]), boxes, ASPECT)

    assert doubtful_swaps(costs, [(0, 0), (1, 1)]) == []


def test_an_exchange_that_costs_little_is_in_doubt() -> None:
    """When both detections lie between both tracks, either answer may be the true one."""
    assert doubtful_swaps(np.array([[0.5, 0.6], [0.7, 0.5]]), [(0, 0), (1, 1)]) == [(0, 1)]


def test_nothing_found_nothing_in_doubt() -> None:
    """Without pairs there is nothing to exchange."""
    assert doubtful_swaps(np.zeros((0, 0)), []) == []


def test_a_small_box_within_a_large_one_overlaps() -> None:
    """The part of the smaller box counts, so somebody far behind is noticed too."""
    boxes = as_array([Box(0.1, 0.1, 0.5, 0.9), Box(0.4, 0.4, 0.5, 0.6), Box(0.8, 0.1, 0.9, 0.5)])

    assert overlapping(boxes, 0.2) == [(0, 1)]


def test_no_boxes() -> None:
    """An empty picture has no overlaps and an empty array of the right shape."""
    assert as_array([]).shape == (0, 4)
    assert overlapping(as_array([]), 0.2) == []
