"""Numbers made of measurements."""

from __future__ import annotations

import pytest

from bench.figures import percentile, slope, table


@pytest.mark.parametrize(("share", "expected"), [(0, 1), (0.5, 3), (0.875, 4.5), (1, 5)])
def test_a_percentile_lies_between_the_values_around_it(share, expected):
    """Half of five values do not exceed the third, whatever order they came in."""
    assert percentile([5, 1, 4, 2, 3], share) == pytest.approx(expected)


def test_without_values_there_is_no_percentile():
    """Nothing measured is not the same as nothing taken."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_slope_is_that_of_the_line_nearest_to_all_points():
    """Noise on both sides cancels out."""
    assert slope([(0, 10), (1, 13), (2, 13), (3, 16)]) == pytest.approx(1.8)


def test_one_moment_has_no_slope():
    """A line through one x could be any."""
    with pytest.raises(ValueError, match="two different x"):
        slope([(3, 1), (3, 2)])


def test_a_table_aligns_names_to_the_left_and_numbers_to_the_right():
    """It can be read in a terminal and pasted into a document."""
    assert table(["what", "s"], [["decode", 1.5], ["n", 12]]).splitlines() == [
        "| what   |    s |",
        "| ------ | ---: |",
        "| decode | 1.50 |",
        "| n      |   12 |",
    ]
