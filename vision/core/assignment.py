"""Which row belongs to which column at the least total cost.

Only the assignment problem lives here: matrices of costs in, index pairs out. What a cost
means (overlap, distance) is the tracker's business.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Pairs = list[tuple[int, int]]

MATRIX: Final = 2
"""Dimensions."""


def assign(costs: NDArray[np.float64], limit: float) -> Pairs:
    """Pair rows with columns so that the sum of ``cost - limit`` over the pairs is least.

    ``costs``: (N, M), any shape. A pair at ``limit`` or above, or at NaN, is never made, so
    leaving both sides alone costs exactly ``limit``: one very good pair is not broken up for
    two bad ones. Each row and each column occurs at most once; rows ascend. Equal input
    gives equal output. Raises ValueError where ``costs`` has not two dimensions or ``limit``
    is not finite.
    """
    if costs.ndim != MATRIX:
        raise ValueError(f"costs must be a matrix, not of shape {costs.shape}")
    if not np.isfinite(limit):
        raise ValueError(f"limit must be a finite number, not {limit}")
    gaining = np.where(costs < limit, costs - limit, 0.0)
    rows, columns = np.flatnonzero(gaining.any(axis=1)), np.flatnonzero(gaining.any(axis=0))
    if not rows.size:
        return []
    small = gaining[np.ix_(rows, columns)]
    if rows.size <= columns.size:
        pairs = [(row, column) for row, column in enumerate(_cheapest_columns(small))]
    else:
        pairs = sorted((row, column) for column, row in enumerate(_cheapest_columns(small.T)))
    return [(int(rows[i]), int(columns[j])) for i, j in pairs if small[i, j] < 0.0]


def _cheapest_columns(costs: NDArray[np.float64]) -> list[int]:
    """The column of each row in a full assignment of least cost; (N, M) with N <= M.

    Shortest augmenting paths over reduced costs (Jonker and Volgenant 1987, after Kuhn and
    Munkres): rows join one at a time, each by the cheapest chain of swaps that frees a column
    for it; the prices ``row_price`` and ``column_price`` keep all reduced costs at zero or above.
    """
    n_rows, n_columns = costs.shape
    if n_rows == 1:
        return [int(costs[0].argmin())]
    row_price, column_price = np.zeros(n_rows), np.zeros(n_columns)
    row_of = np.full(n_columns, -1)
    for row in range(n_rows):
        _join(row, costs, (row_price, column_price), row_of)
    column_of = [0] * n_rows
    for column in np.flatnonzero(row_of >= 0):
        column_of[row_of[column]] = int(column)
    return column_of


def _join(
    new_row: int,
    costs: NDArray[np.float64],
    prices: tuple[NDArray[np.float64], NDArray[np.float64]],
    row_of: NDArray[np.intp],
) -> None:
    """Give ``new_row`` a column; updates ``prices`` and ``row_of`` (M,) in place."""
    row_price, column_price = prices
    distance = np.full(costs.shape[1], np.inf)
    came_from = np.full(costs.shape[1], -1)
    is_open = np.ones(costs.shape[1], dtype=bool)
    row, column, reached = new_row, -1, 0.0
    while row >= 0:
        through_row = reached + costs[row] - row_price[row] - column_price
        shorter = is_open & (through_row < distance)
        distance[shorter] = through_row[shorter]
        came_from[shorter] = column
        column = int(np.argmin(np.where(is_open, distance, np.inf)))
        reached = float(distance[column])
        is_open[column] = False
        row = int(row_of[column])
    closed = ~is_open
    gain = reached - distance[closed]
    owners = row_of[closed]
    row_price[owners[owners >= 0]] += gain[owners >= 0]
    row_price[new_row] += reached
    column_price[closed] -= gain
    while column >= 0:
        before = int(came_from[column])
        row_of[column] = row_of[before] if before >= 0 else new_row
        column = before
