"""What happens in the demo clip: who walks when and where, and what must come of it.

Pure: times and places only. The same script tells the drawing where to put people and the
demo what to expect, so the two cannot part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bondwatch.demo.cast import LEFT, MIDDLE, RIGHT, RIGHT_OF_MIDDLE, Actor

DURATION_S: Final = 35.0
FLOOR_Y_PX: Final = 668  # everybody walks along this line
OUTSIDE_LEFT_PX: Final = -170.0
OUTSIDE_RIGHT_PX: Final = 1450.0
WALK_PX_PER_S: Final = 190.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: the feet's middle in pixels of the clip; ``way_px``: walked so far."""

    x_px: float
    way_px: float
    walking: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """One actor's way: from the first stop to the last, with a rest at each between.

    ``stops``: x in pixels; ``rest_s``: at each inner stop.
    """

    actor: Actor
    start_s: float
    stops: tuple[float, ...]
    rest_s: float = 3.0

    @property
    def end_s(self) -> float:
        walked_s = sum(abs(b - a) for a, b in pairwise(self.stops)) / WALK_PX_PER_S
        return self.start_s + walked_s + self.rest_s * (len(self.stops) - 2)

    def place_at(self, at_s: float) -> Place | None:
        """Where the actor is at a moment of the clip; None before and after the walk."""
        left_s = at_s - self.start_s
        if left_s < 0 or at_s > self.end_s:
            return None
        way_px = 0.0
        for start, end in pairwise(self.stops):
            distance = abs(end - start)
            walked = min(left_s * WALK_PX_PER_S, distance)
            if walked < distance:
                x_px = start + (end - start) * walked / distance
                return Place(x_px, way_px + walked, walking=True)
            way_px += distance
            left_s -= distance / WALK_PX_PER_S
            if left_s < self.rest_s:
                return Place(end, way_px, walking=False)
            left_s -= self.rest_s
        return None


SCRIPT: Final = (
    Walk(LEFT, 1.0, (OUTSIDE_LEFT_PX, 950, OUTSIDE_RIGHT_PX)),
    Walk(MIDDLE, 7.0, (OUTSIDE_LEFT_PX, 640, OUTSIDE_RIGHT_PX)),
    Walk(RIGHT_OF_MIDDLE, 15.5, (OUTSIDE_LEFT_PX, 950, OUTSIDE_RIGHT_PX)),
    Walk(RIGHT, 22.5, (OUTSIDE_LEFT_PX, 640, OUTSIDE_LEFT_PX)),
)
"""Staff through the zone, a stranger through it, staff again, a stranger in and back out."""


def on_stage(at_s: float) -> Iterator[tuple[Actor, Place]]:
    """Who is to be drawn at a moment of the clip, and where."""
    for walk in SCRIPT:
        place = walk.place_at(at_s)
        if place is not None:
            yield walk.actor, place
