"""Where somebody may be who must not be recognised: rather too large than too small."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.vision.bundles.timelines import person, seen
from tests.vision.outputs.evidence import NOON
from vision.bundles.seen import SeenLook, Timeline, TrackKey
from vision.bundles.whereabouts import Whereabouts
from vision.core.values import Box, ObjectKind

WHOLE = (Box(0.0, 0.0, 1.0, 1.0),)
LEFT, RIGHT = (0.1, 0.2, 0.2, 0.9), (0.5, 0.2, 0.6, 0.9)


def standing(at: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0)) -> Timeline:
    """Track 1 stands left, track 2 right."""
    frames = tuple(seen(each, person(1, LEFT), person(2, RIGHT)) for each in at)
    return Timeline("cam1", "", frames)


def hidden(timeline: Timeline, at: float, *shown: int, aspect: float = 1.0) -> tuple[Box, ...]:
    """What is hidden so many seconds after noon, where these tracks are shown."""
    keys = frozenset(TrackKey(1, number) for number in shown)
    return Whereabouts(timeline, keys, aspect).hidden_at(NOON + at)


def covers(boxes: tuple[Box, ...], x: float, y: float) -> bool:
    """Whether a point is hidden."""
    return any(b.left <= x <= b.right and b.top <= y <= b.bottom for b in boxes)


def test_heads_of_others_are_hidden_and_the_subjects_is_not() -> None:
    """The upper half of each other track, with room around it."""
    (box,) = hidden(standing(), 1.0, 1)

    assert (box.left, box.right) == pytest.approx((0.47, 0.63))
    assert (box.top, box.bottom) == pytest.approx((0.06, 0.55))


def test_without_a_subject_everybody_is_hidden() -> None:
    """Nobody's face is the alarm's own."""
    assert len(hidden(standing(), 1.0)) == 2


def test_a_face_that_was_seen_is_hidden_wherever_it_is() -> None:
    """Somebody who bends has it where no upright person has."""
    frames = tuple(
        seen(each, person(2, RIGHT), looks=(SeenLook(TrackKey(1, 2), Box(0.6, 0.7, 0.7, 0.8)),))
        for each in (0.0, 0.5)
    )

    assert covers(hidden(Timeline("cam1", "", frames), 0.2), 0.75, 0.85)


@pytest.mark.parametrize(
    "track",
    [
        person(2, (0.5, 0.4, 0.7, 0.6)),
        person(2, (0.5, 0.2, 0.6, 0.99)),
        replace(person(2, RIGHT), kind=ObjectKind.FORKLIFT),
    ],
    ids=["lying", "cut off below", "forklift"],
)
def test_all_of_whom_the_head_may_be_anywhere(track: object) -> None:
    """Lying, cut off by the picture, or in a cabin."""
    frames = tuple(seen(each, track) for each in (0.0, 0.5))  # type: ignore[arg-type]

    (box,) = hidden(Timeline("cam1", "", frames), 0.2)

    assert box.bottom >= 0.6
    assert covers((box,), 0.55, track.box.bottom - 0.01)  # type: ignore[attr-defined]


def test_upright_is_a_matter_of_pixels() -> None:
    """A box as wide as high, relative, is twice as wide in a picture twice as wide as high."""
    frames = tuple(seen(each, person(2, (0.5, 0.2, 0.7, 0.6))) for each in (0.0, 0.5))
    timeline = Timeline("cam1", "", frames)

    assert hidden(timeline, 0.2, aspect=1.0)[0].bottom == pytest.approx(0.4)
    assert hidden(timeline, 0.2, aspect=2.0)[0].bottom == pytest.approx(0.6)


def test_the_whole_way_between_two_frames() -> None:
    """Nobody knows where on it somebody was at what time."""
    frames = (seen(0.0, person(2, LEFT)), seen(0.4, person(2, RIGHT)), seen(0.8))

    boxes = hidden(Timeline("cam1", "", frames), 0.2)

    assert all(covers(boxes, x, 0.3) for x in (0.1, 0.3, 0.6))


def test_a_frame_in_which_somebody_was_missed() -> None:
    """Until the track is found again, the person is between."""
    frames = (seen(0.0, person(2, LEFT)), *map(seen, (0.5, 1.0)), seen(1.5, person(2, RIGHT)))

    assert covers(hidden(Timeline("cam1", "", frames), 0.8), 0.35, 0.3)


def test_before_somebody_was_first_seen() -> None:
    """A track begins only when it is sure: the person came from where they went on from."""
    frames = (
        *map(seen, (-0.8, -0.4)),
        seen(0.0, person(2, (0.2, 0.2, 0.3, 0.9))),
        seen(0.2, person(2, (0.25, 0.2, 0.35, 0.9))),
        seen(0.4),
    )
    timeline = Timeline("cam1", "", frames)

    assert covers(hidden(timeline, -0.5), 0.12, 0.3)
    assert covers(hidden(timeline, -0.5), 0.25, 0.3)
    assert hidden(replace(timeline, frames=(seen(-1.8), *frames)), -1.7) == ()


def test_after_somebody_was_last_seen() -> None:
    """As long as a track may be found again; then the person is gone."""
    frames = (
        seen(0.0, person(2, (0.2, 0.2, 0.3, 0.9))),
        seen(0.2, person(2, (0.25, 0.2, 0.35, 0.9))),
        *map(seen, (0.8, 1.4, 2.0, 2.6, 3.2)),
    )
    timeline = Timeline("cam1", "", frames)

    assert covers(hidden(timeline, 0.7), 0.42, 0.3)
    assert covers(hidden(timeline, 1.9), 0.5, 0.3)
    assert hidden(timeline, 2.8) == ()


def test_one_sighting_is_enough() -> None:
    """Without a direction, the person may have gone anywhere."""
    frames = (seen(0.0), seen(0.5, person(2, RIGHT)), seen(1.0))
    timeline = Timeline("cam1", "", frames)

    assert covers(hidden(timeline, 0.2), 0.55, 0.3)
    assert covers(hidden(timeline, 0.9), 0.55, 0.3)


@pytest.mark.parametrize("at", [-1.1, 2.5, 5.2])
def test_everything_where_nobody_looked(at: float) -> None:
    """Before the first frame, in a long pause, after the last."""
    assert hidden(standing((0.0, 1.0, 2.0, 3.5, 4.0)), at, 1, 2) == WHOLE


def test_close_to_a_frame_somebody_looked() -> None:
    """A clip begins and ends some pictures beside an analysed one."""
    assert WHOLE not in {hidden(standing(), at, 1, 2) for at in (-0.9, 0.0, 0.7, 2.0, 2.9)}


def test_everything_where_time_ran_back() -> None:
    """Which frame was when cannot be told."""
    assert hidden(replace(standing(), in_order=False), 1.0) == WHOLE


def test_everything_without_a_timeline() -> None:
    """Nothing is known."""
    assert hidden(Timeline("", ""), 1.0) == WHOLE
