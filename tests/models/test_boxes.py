"""Overlaps and the suppression of doubles."""

from __future__ import annotations

import numpy as np

from models.boxes import best_of_each, grid_of, overlaps, parts_within


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    """Boxes as the module takes them."""
    return np.array(rows, np.float32).reshape(-1, 4)


def test_overlap_is_shared_over_joined_area() -> None:
    """Half of each of two equal boxes shared is a third of what they cover."""
    np.testing.assert_allclose(
        overlaps(boxes((0, 0, 2, 2)), boxes((1, 0, 3, 2), (0, 0, 2, 2), (5, 5, 6, 6))),
        [[1 / 3, 1, 0]],
    )


def test_boxes_without_area_overlap_nothing() -> None:
    """Empty boxes give 0, not a division by zero."""
    assert overlaps(boxes((1, 1, 1, 1)), boxes((1, 1, 1, 1))).item() == 0


def test_the_better_of_two_doubles_stays() -> None:
    """Of boxes that overlap only the best is kept; the order is by score."""
    found = boxes((0, 0, 10, 10), (1, 0, 11, 10), (50, 50, 60, 60))

    assert best_of_each(found, np.array([0.5, 0.9, 0.7]), 0.45).tolist() == [1, 2]


def test_a_suppressed_box_suppresses_nothing() -> None:
    """A chain of overlaps loses only what overlaps a box that stays."""
    found = boxes((0, 0, 10, 10), (4, 0, 14, 10), (8, 0, 18, 10))

    assert best_of_each(found, np.array([0.9, 0.8, 0.7]), 0.3).tolist() == [0, 2]


def test_classes_do_not_suppress_each_other() -> None:
    """A driver's box is not lost to the forklift's around it."""
    found = boxes((0, 0, 10, 10), (0, 0, 10, 10))

    assert len(best_of_each(found, np.array([0.9, 0.8]), 0.45, np.array([0, 1]))) == 2


def test_nothing_gives_nothing() -> None:
    """No boxes in, no boxes out."""
    assert best_of_each(boxes(), np.empty(0, np.float32), 0.5).tolist() == []


def test_grid_runs_row_by_row_stride_by_stride() -> None:
    """Cells are column, row and stride."""
    assert grid_of(16, 8, (8, 4)).tolist()[:4] == [[0, 0, 8], [1, 0, 8], [0, 0, 4], [1, 0, 4]]


def test_what_lies_within_is_a_part_of_the_inner_box() -> None:
    """Half of a small box within a large one is a half, however large that is."""
    np.testing.assert_allclose(
        parts_within(boxes((0, 0, 2, 2), (3, 3, 4, 4), (5, 5, 5, 5)), boxes((1, 0, 9, 9))),
        [[0.5], [1], [0]],
    )
