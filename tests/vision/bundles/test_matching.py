"""Who is who in two timelines: by place and time, whatever the tracks are called."""

from __future__ import annotations

import pytest

from tests.vision.bundles.timelines import person, seen
from tests.vision.outputs.evidence import NOON
from vision.bundles.matching import Path, paths_of, related
from vision.bundles.seen import SeenFrame, SeenTrack, Timeline, TrackKey
from vision.core.values import Box, ObjectKind

LEFT, RIGHT = (0.1, 0.2, 0.2, 0.9), (0.5, 0.2, 0.6, 0.9)
AFTER = tuple(0.1 + each / 2 for each in range(5))


def key(number: int) -> TrackKey:
    """A track of the only scene."""
    return TrackKey(1, number)


def pairs(then: list[SeenFrame], now: list[SeenFrame]) -> set[tuple[int, int]]:
    """The numbers of the tracks that are the same."""
    found = related(paths_of(Timeline("", "", tuple(then))), paths_of(Timeline("", "", tuple(now))))
    return {(one.number, other.number) for one, other in found}


def standing(moments: tuple[float, ...], *people: SeenTrack) -> list[SeenFrame]:
    """These stand there at these moments."""
    return [seen(at, *people) for at in moments]


def test_the_same_people_at_other_moments() -> None:
    """Ids and analysed moments differ; places do not."""
    then = standing((0.0, 0.4, 0.8, 1.2), person(1, LEFT), person(2, RIGHT))
    now = standing(AFTER, person(8, RIGHT), person(9, LEFT))

    assert pairs(then, now) == {(1, 9), (2, 8)}


def test_somebody_who_walks() -> None:
    """Between two sightings the place is on the way."""
    then = [seen(at, person(1, (at / 4, 0.2, at / 4 + 0.1, 0.9))) for at in (0.0, 0.5, 1.0, 1.5)]
    now = [seen(at, person(2, (at / 4, 0.2, at / 4 + 0.1, 0.9))) for at in (0.2, 0.9, 1.6)]

    assert pairs(then, now) == {(1, 2)}


def test_a_track_that_broke_has_two_partners() -> None:
    """Then as one, now as two; and the other way."""
    whole = standing(AFTER, person(1, LEFT))
    broken = [
        *standing((0.0, 0.5, 1.0), person(3, LEFT)),
        *standing((1.2, 1.7, 2.2), person(4, LEFT)),
    ]

    assert pairs(whole, broken) == {(1, 3), (1, 4)}
    assert pairs(broken, whole) == {(3, 1), (4, 1)}


def test_a_forklift_is_nobody() -> None:
    """Things of two kinds are not the same, wherever they are."""
    truck = SeenTrack(key(2), ObjectKind.FORKLIFT, Box(*LEFT))

    assert pairs(standing(AFTER, person(1, LEFT)), standing(AFTER, truck)) == set()


@pytest.mark.parametrize("box", [RIGHT, (0.18, 0.2, 0.28, 0.9), (0.1, 0.89, 0.2, 0.99)])
def test_elsewhere_is_somebody_else(box: tuple[float, float, float, float]) -> None:
    """Beside, or nearly beside."""
    assert pairs(standing(AFTER, person(1, LEFT)), standing(AFTER, person(2, box))) == set()


def test_at_another_time_is_somebody_else() -> None:
    """The place alone is not enough, nor is one moment."""
    then = standing((0.0, 0.5), person(1, LEFT))

    assert pairs(then, standing((5.0, 5.5), person(2, LEFT))) == set()
    assert pairs(then, standing((0.3, 0.7), person(2, LEFT))) == set()


def test_where_a_track_was_not_looked_at_for_long_is_not_known() -> None:
    """It may have gone away and come back."""
    path = Path(ObjectKind.PERSON, [NOON, NOON + 1.0, NOON + 5.0], [Box(*LEFT)] * 3)

    assert path.box_at(NOON + 0.5) == Box(*LEFT)
    assert path.box_at(NOON + 1.0) == Box(*LEFT)
    assert path.box_at(NOON + 3.0) is None
    assert path.box_at(NOON - 0.1) is None
    assert path.box_at(NOON + 5.1) is None
