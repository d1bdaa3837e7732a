"""The rules of the assignment problem, checked against SciPy's solver."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from vision.core.assignment import assign

LIMIT = 10.0


def matrices(values: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    """Small matrices of every shape, empty ones too."""
    sides = st.tuples(st.integers(0, 9), st.integers(0, 9))
    return sides.flatmap(lambda shape: arrays(np.float64, shape, elements=values))


def gain(costs: np.ndarray, pairs: list[tuple[int, int]]) -> float:
    """How far below "nobody paired" the total is."""
    return sum(costs[i, j] - LIMIT for i, j in pairs)


def best_gain(costs: np.ndarray) -> float:
    """The same figure from the reference solver."""
    clipped = np.minimum(costs, LIMIT)
    rows, columns = linear_sum_assignment(clipped)
    return float((clipped[rows, columns] - LIMIT).sum())


@given(matrices(st.floats(-5.0, 15.0, width=32)))
@settings(max_examples=150, deadline=None)
def test_total_is_least(costs: np.ndarray) -> None:
    """No other set of pairs costs less than the one returned."""
    assert gain(costs, assign(costs, LIMIT)) == pytest.approx(best_gain(costs))


@given(matrices(st.integers(0, 12).map(float)))
@settings(max_examples=150, deadline=None)
def test_total_is_least_among_ties(costs: np.ndarray) -> None:
    """Ties and gated pairs, which small integers are full of, do not mislead the solver."""
    pairs = assign(costs, LIMIT)

    assert gain(costs, pairs) == pytest.approx(best_gain(costs))
    assert all(costs[i, j] < LIMIT for i, j in pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert pairs == sorted(pairs)


def test_a_large_matrix_is_solved() -> None:
    """Forty by fifty, the size of a crowded picture, agrees with SciPy too."""
    costs = np.random.default_rng(7).uniform(0.0, 12.0, (40, 50))

    assert gain(costs, assign(costs, LIMIT)) == pytest.approx(best_gain(costs))


def test_greed_is_not_enough() -> None:
    """The cheapest pair is given up where that lowers the total."""
    assert assign(np.array([[1.0, 2.0], [1.5, 9.0]]), LIMIT) == [(0, 1), (1, 0)]


def test_a_good_pair_is_not_broken_for_two_bad_ones() -> None:
    """Leaving a row alone costs the limit, not infinity."""
    assert assign(np.array([[0.1, 9.0], [9.0, LIMIT]]), LIMIT) == [(0, 0)]


def test_more_rows_than_columns() -> None:
    """With too few columns the best rows get them."""
    assert assign(np.array([[3.0], [1.0], [2.0]]), LIMIT) == [(1, 0)]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_pair(shape: tuple[int, int]) -> None:
    """An empty side gives no pairs."""
    assert assign(np.zeros(shape), LIMIT) == []


def test_unlikely_numbers_never_pair() -> None:
    """NaN, infinity and the limit itself are no pairs."""
    assert assign(np.array([[math.nan, math.inf, LIMIT]]), LIMIT) == []


def test_a_vector_is_refused() -> None:
    """Costs of one dimension are a mistake of the caller."""
    with pytest.raises(ValueError, match="matrix"):
        assign(np.zeros(3), LIMIT)


def test_an_infinite_limit_is_refused() -> None:
    """Without a finite limit "left alone" would have no price."""
    with pytest.raises(ValueError, match="finite"):
        assign(np.zeros((1, 1)), math.inf)
