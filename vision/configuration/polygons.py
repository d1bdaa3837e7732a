"""Whether a polygon is simple: plain arithmetic, exact, without a geometry library.

Only the question of what a zone may look like belongs here; whether somebody stands in it is
the core's. The arithmetic is exact (fractions), so corners that touch are found to touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

Point = tuple[Fraction, Fraction]
_SMALLEST_AREA = Fraction(1, 1_000_000)


def polygon_fault(corners: tuple[tuple[float, float], ...]) -> str | None:
    """What keeps the corners from bounding one area, or None where they do.

    Corners are finite, relative coordinates. The closing edge, from the last to the first, is
    understood.
    """
    points = [(Fraction(x), Fraction(y)) for x, y in corners]
    if len(set(points)) < len(points):
        return "passes through the same corner twice"
    if all(_turn(points[0], points[1], point) == 0 for point in points):
        return "bounds no area"
    edges = list(_edges(points))
    if any(_cross_or_touch(points, a, b) for a, b in _pairs(len(edges))):
        return "crosses or touches itself"
    if abs(_doubled_area(points)) < 2 * _SMALLEST_AREA:
        return "bounds no area"
    return None


def _edges(points: list[Point]) -> Iterator[tuple[Point, Point]]:
    yield from zip(points, points[1:] + points[:1], strict=True)


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    return ((a, b) for a in range(count) for b in range(a + 1, count))


def _cross_or_touch(points: list[Point], first: int, second: int) -> bool:
    """Whether two edges meet elsewhere than neighbours do, at their shared corner."""
    count = len(points)
    a, b = points[first], points[(first + 1) % count]
    c, d = points[second], points[(second + 1) % count]
    if b == c:
        return _folds_back(a, b, d)
    if d == a:
        return _folds_back(c, a, b)
    return _meet(a, b, c, d)


def _folds_back(before: Point, corner: Point, after: Point) -> bool:
    """Whether the outline turns round on itself at a corner."""
    along = (before[0] - corner[0]) * (after[0] - corner[0])
    along += (before[1] - corner[1]) * (after[1] - corner[1])
    return _turn(before, corner, after) == 0 and along > 0


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the closed segments ab and cd share a point."""
    abc, abd, cda, cdb = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if abc * abd < 0 and cda * cdb < 0:
        return True
    touching = ((abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b))
    return any(turn == 0 and _within(p, q, r) for turn, p, q, r in touching)


def _turn(a: Point, b: Point, c: Point) -> Fraction:
    """Positive where a, b, c turn one way, negative the other, zero on one line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(a: Point, b: Point, point: Point) -> bool:
    """Whether a point on the line ab lies between a and b."""
    return all(min(a[i], b[i]) <= point[i] <= max(a[i], b[i]) for i in (0, 1))


def _doubled_area(points: list[Point]) -> Fraction:
    return sum((a[0] * b[1] - b[0] * a[1] for a, b in _edges(points)), Fraction(0))
