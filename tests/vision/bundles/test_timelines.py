"""Timelines read again: what was written is what is read."""

from __future__ import annotations

import pytest

from tests.vision.bundles import timelines as lines
from tests.vision.outputs.decisions import AT, alarm, passage
from tests.vision.outputs.evidence import NOON
from vision.bundles.seen import (
    SeenAlarm,
    SeenFrame,
    SeenIdentity,
    SeenLook,
    SeenPassage,
    SeenTrack,
    TrackKey,
)
from vision.bundles.timelines import TimelineError, lines_of, read_timelines
from vision.core.values import Box, ObjectKind
from vision.evidence import timeline as written

BOX = (0.1, 0.2, 0.3, 0.8)
ONE = TrackKey(1, 1)


def test_everything_that_is_said() -> None:
    """Frames, alarms, passages, parts and what was left out."""
    text = (
        lines.head()
        + lines.versions()
        + lines.frame(
            0.5,
            lines.track(1, BOX, identity=lines.STRANGER, verdict="unregistered_person"),
            looks=(lines.look(1, (0.15, 0.2, 0.2, 0.3)), lines.look(1, None, best=None)),
        )
        + lines.alarm(0.5)
        + lines.passage(0.6, track=None, identity=None)
        + lines.line("part", at=0.1, file="cam1.1.mp4", size_wh=[640, 360])
        + lines.line("left_out", frames=3)
        + lines.line("end", why="over")
    )

    found = read_timelines([text])

    stranger = SeenIdentity("unregistered", None, 0.4)
    assert found.frames == (
        SeenFrame(
            NOON + 0.5,
            (
                SeenTrack(
                    ONE, ObjectKind.PERSON, Box(*BOX), stranger, "unregistered_person", ("dock",)
                ),
            ),
            (SeenLook(ONE, Box(0.15, 0.2, 0.2, 0.3), 0.4), SeenLook(ONE, None)),
        ),
    )
    assert found.alarms == (
        SeenAlarm(
            NOON + 0.5,
            lines.INCIDENT,
            "raised",
            "unregistered_person",
            "not_on_register",
            "dock",
            ONE,
            stranger,
        ),
    )
    assert found.passages == (SeenPassage(NOON + 0.6, "person", "dock", "entry", None),)
    assert (found.camera_id, found.incident) == ("cam1", lines.INCIDENT)
    assert found.parts == {"cam1.1.mp4": NOON + 0.1}
    assert (found.left_out, found.in_order) == (3, True)
    assert [one["register_version"] for one in found.versions] == [7]


def test_what_the_daemon_writes_is_read() -> None:
    """Its own lines about an alarm and a passage."""
    text = written.decision(alarm(at=AT)) + written.decision(passage(at=AT))

    found = read_timelines([lines.head() + text])

    assert (found.alarms[0].kind, found.alarms[0].key) == ("unregistered_person", TrackKey(1, 5))
    assert found.passages[0].identity == SeenIdentity("registered", "S1", None)


def test_a_track_number_of_another_scene_is_another_track() -> None:
    """Scenes count anew: after a restart, and when places or rules changed."""
    same = lines.versions() + lines.frame(1.0, lines.track(1, BOX))
    other = lines.versions(thresholds=None) + lines.frame(2.0, lines.track(1, BOX))
    again = lines.frame(3.0, lines.track(1, BOX))

    found = read_timelines([lines.head() + same + same + other, lines.head() + again])

    assert [frame.tracks[0].key.life for frame in found.frames] == [1, 1, 2, 3]


def test_timelines_may_be_joined() -> None:
    """Each begins with its head."""
    one = lines.head() + lines.frame(1.0, lines.track(1, BOX))

    assert read_timelines([one + one]) == read_timelines([one, one])


def test_time_that_runs_back_is_told() -> None:
    """Nobody can say then which frame belongs to which moment of the clip."""
    assert not read_timelines([lines.head() + lines.frame(2.0) + lines.frame(1.0)]).in_order


def test_a_torn_line_says_nothing() -> None:
    """The file is still growing, or its writer died."""
    found = read_timelines([lines.head() + lines.frame(1.0) + '{"type":"fra'])

    assert len(found.frames) == 1
    assert lines_of("") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json\n", "line 1 of a timeline is no JSON"),
        ("[]\n", "line 1 of a timeline is no object"),
        (lines.head() + '{"type":"frame"}\n', "line 2 of a timeline says nothing known"),
        (lines.head() + lines.frame(1.0, {"track": 1}), "line 2 of a timeline"),
        (lines.head(version=2), "a timeline of version 2"),
    ],
)
def test_what_cannot_be_read(text: str, said: str) -> None:
    """The line is named."""
    with pytest.raises(TimelineError, match=said):
        read_timelines([text])


def test_lines_of_later_versions_are_passed_over() -> None:
    """A new kind of line takes nothing from the others."""
    assert read_timelines([lines.head() + lines.line("weather") + lines.frame(1.0)]).frames


def test_whom_the_alarm_is_about() -> None:
    """All tracks that held it open; what cleared it, and other alarms, say nothing."""
    text = (
        lines.head()
        + lines.alarm(1.0)
        + lines.alarm(2.0, change="updated", track=4)
        + lines.alarm(3.0, change="cleared", track=5)
        + lines.alarm(3.0, incident="presence/dock/cam1/e.1/9", track=9)
        + lines.alarm(3.0, change="updated", track=None)
    )

    assert read_timelines([text]).own_tracks == {ONE, TrackKey(1, 4)}


def test_an_alarm_about_everybody_is_about_the_first() -> None:
    """While nobody can be identified, whoever joins it is still another person."""
    incident = "unidentified/dock/cam1"
    text = (
        lines.head(incident)
        + lines.alarm(1.0, incident=incident)
        + lines.alarm(2.0, incident=incident, change="updated", track=4)
    )

    assert read_timelines([text]).own_tracks == {ONE}
