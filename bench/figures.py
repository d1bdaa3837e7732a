"""Numbers made of measurements, and the tables that they are printed in. Pure."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | int | float | None


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` ([0, 1]) of the values do not exceed, between two: interpolated.

    ValueError without values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How steep the straight line through ``(x, y)`` points is, by least squares.

    ValueError where fewer than two different x are given.
    """
    middle_x = sum(x for x, _ in points) / max(1, len(points))
    middle_y = sum(y for _, y in points) / max(1, len(points))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    if spread == 0:
        raise ValueError("a line needs two different x")
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A Markdown table, first column to the left, numbers to the right."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(row, widths) for row in (heads, rule, *texts))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    sides = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
    return f"| {' | '.join(sides)} |"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
