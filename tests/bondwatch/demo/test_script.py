"""The demo's script: who is where, and that its end meets its beginning."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bondwatch.demo.cast import CAST, STAFF
from bondwatch.demo.scenery import SIZE_WH, ZONE
from bondwatch.demo.script import DURATION_S, FLOOR_Y_PX, SCRIPT, on_stage
from vision.core.policy import ZoneView
from vision.core.values import Box, Direction
from vision.core.zones import ZoneWatch

FIGURE_WH_PX = (200, 560)


def test_the_stage_is_empty_where_the_clip_starts_again() -> None:
    """Nobody is on stage at the first and the last moment, so a loop shows no jump."""
    assert list(on_stage(0.0)) == []
    assert list(on_stage(DURATION_S)) == []


def test_some_are_enrolled_and_some_are_not() -> None:
    """The clip shows both staff and strangers, each with one walk."""
    assert [walk.actor for walk in SCRIPT] == list(CAST)
    assert 0 < len(STAFF) < len(CAST)


@pytest.mark.parametrize("walk", SCRIPT, ids=lambda walk: walk.actor.key)
def test_everybody_enters_the_zone_once_and_leaves_it(walk: object) -> None:
    """Each walk crosses the marked zone: one entry, then one exit."""
    watch = ZoneWatch([ZoneView("bonded", ZONE)], 0.01, SIZE_WH[0] / SIZE_WH[1])
    passages = []
    for tick in range(round(DURATION_S * 15)):
        place = walk.place_at(tick / 15)
        if place is not None:
            passages += watch.update(1, _box_at(place.x_px), None)

    assert [direction for _, direction in passages] == [Direction.ENTRY, Direction.EXIT]


def test_two_people_never_meet() -> None:
    """People on stage together keep a figure's width apart, so nobody is taken for another."""
    for tick in range(round(DURATION_S * 15)):
        places = sorted(place.x_px for _, place in on_stage(tick / 15))
        gaps = [b - a for a, b in pairwise(places)]
        assert all(gap > 1.5 * FIGURE_WH_PX[0] for gap in gaps), tick / 15


def _box_at(x_px: float) -> Box:
    width, height = FIGURE_WH_PX
    return Box(
        (x_px - width / 2) / SIZE_WH[0],
        (FLOOR_Y_PX - height) / SIZE_WH[1],
        (x_px + width / 2) / SIZE_WH[0],
        FLOOR_Y_PX / SIZE_WH[1],
    )
