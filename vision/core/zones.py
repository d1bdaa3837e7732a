"""Where a foot point stands: in a zone, outside, and when that changes.

Pure geometry of polygons and points; whose foot it is, and what follows from a passage, is
not decided here. Coordinates are relative to the picture; distances are fractions of the
picture's height in both directions, so ``aspect`` (width over height) comes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import hypot, inf
from typing import Final

from vision.core.policy import ZoneView
from vision.core.values import Box, Direction

Point = tuple[float, float]
Edge = tuple[Point, Point]

ON_FRAME: Final = 0.005
"""An edge of a polygon this near to the picture's own edge is taken to lie on it."""

FEWEST_CORNERS: Final = 3


class Membership(StrEnum):
    """Where a foot point stands with respect to one zone; UNKNOWN until it was first seen."""

    UNKNOWN = "unknown"
    INSIDE = "inside"
    OUTSIDE = "outside"


def foot_of(box: Box) -> Point:
    """Where an object stands: the middle of its box's lower edge, kept within the picture.

    A box that the picture cuts off at the bottom hides its foot below the view. The object is
    then taken to stand on the picture's edge itself: inside a zone that reaches this edge
    (that errs towards an alarm), and outside a zone that ends above it, since the real foot is
    lower still.
    """
    x, y = box.foot
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class ZoneOutline:
    """A polygon of at least three corners, ready for measuring.

    Edges on the picture's frame are no boundary: nobody can be seen beyond them, so being
    near to one does not make it doubtful whether somebody is inside.
    """

    corners: tuple[Point, ...]
    aspect: float

    def __post_init__(self) -> None:
        if len(self.corners) < FEWEST_CORNERS:
            raise ValueError(f"a zone needs three corners or more, not {len(self.corners)}")

    def contains(self, point: Point) -> bool:
        """Whether the point is inside, by the even-odd rule."""
        x, y = point
        inside = False
        for (x1, y1), (x2, y2) in _edges(self.corners):
            if (y1 > y) is not (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside

    def signed_distance(self, point: Point) -> float:
        """Distance to the nearest boundary, in picture heights: positive inside.

        Infinite where the polygon has no boundary but the picture's frame.
        """
        away = min(
            (
                _distance(self._upright(point), self._upright(start), self._upright(end))
                for start, end in _edges(self.corners)
                if not _is_on_frame(start, end)
            ),
            default=inf,
        )
        return away if self.contains(_off_frame(point)) else -away

    def _upright(self, point: Point) -> Point:
        return point[0] * self.aspect, point[1]


def step_over(
    outline: ZoneOutline, boundary: float, before: Membership, foot: Point
) -> tuple[Membership, Direction | None]:
    """The membership after the foot has been seen at ``foot``, and the passage if it was one.

    The first sight decides by the bare polygon, and is INSIDE where it is within. From then
    on a foot must be more than ``boundary`` (picture heights) beyond the edge to change sides,
    so one that trembles on the edge by less than twice that never passes to and fro.
    """
    distance = outline.signed_distance(foot)
    if before is Membership.UNKNOWN:
        inside = distance > 0.0
        return (Membership.INSIDE, Direction.INSIDE) if inside else (Membership.OUTSIDE, None)
    if before is Membership.OUTSIDE and distance > boundary:
        return Membership.INSIDE, Direction.ENTRY
    if before is Membership.INSIDE and distance < -boundary:
        return Membership.OUTSIDE, Direction.EXIT
    return before, None


class ZoneWatch:
    """The memberships of all tracks in all zones that one camera sees."""

    def __init__(self, views: Sequence[ZoneView], boundary: float, aspect: float = 16 / 9) -> None:
        self._outlines = {view.zone_id: ZoneOutline(view.polygon, aspect) for view in views}
        self._boundary = boundary
        self._memberships: dict[int, dict[str, Membership]] = {}

    def update(
        self, track_id: int, box: Box, origin: Box | None = None
    ) -> tuple[tuple[str, Direction], ...]:
        """The passages a track makes by being seen at ``box``, in the order of the views.

        Give the boxes in which it was really found, not where it was merely expected.
        ``origin``: where it was first seen, before it was confirmed; it counts as the first
        sight, so somebody who walked in meanwhile has entered, and was not always inside.
        """
        passages: list[tuple[str, Direction]] = []
        if track_id not in self._memberships:
            self._memberships[track_id] = dict.fromkeys(self._outlines, Membership.UNKNOWN)
            if origin is not None:
                passages.extend(self._step(track_id, foot_of(origin)))
        passages.extend(self._step(track_id, foot_of(box)))
        return tuple(passages)

    def membership(self, track_id: int, zone_id: str) -> Membership:
        """Where a track stands; UNKNOWN for one that was never seen."""
        return self._memberships.get(track_id, {}).get(zone_id, Membership.UNKNOWN)

    def forget(self, track_id: int) -> None:
        """Drop a track that has ended; one that was never seen is no mistake."""
        self._memberships.pop(track_id, None)

    def _step(self, track_id: int, foot: Point) -> Iterator[tuple[str, Direction]]:
        memberships = self._memberships[track_id]
        for zone_id, outline in self._outlines.items():
            now, passage = step_over(outline, self._boundary, memberships[zone_id], foot)
            memberships[zone_id] = now
            if passage is not None:
                yield zone_id, passage


def _edges(corners: Sequence[Point]) -> Iterator[Edge]:
    return zip(corners, (*corners[1:], corners[0]), strict=True)


def _is_on_frame(start: Point, end: Point) -> bool:
    """Whether an edge runs along one of the picture's four edges."""
    return any(
        abs(start[axis] - side) <= ON_FRAME and abs(end[axis] - side) <= ON_FRAME
        for axis in (0, 1)
        for side in (0.0, 1.0)
    )


def _off_frame(point: Point) -> Point:
    """The point, moved off the frame, so that a zone drawn almost up to the frame holds it."""
    low, high = ON_FRAME * 1.01, 1.0 - ON_FRAME * 1.01
    return min(max(point[0], low), high), min(max(point[1], low), high)


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to the nearest point of a segment."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    to_x, to_y = point[0] - start[0], point[1] - start[1]
    length_squared = along_x**2 + along_y**2
    part = (to_x * along_x + to_y * along_y) / length_squared if length_squared else 0.0
    part = min(max(part, 0.0), 1.0)
    return hypot(to_x - part * along_x, to_y - part * along_y)
