"""Timelines as they were left, whole or not."""

from __future__ import annotations

import json

import pytest

from console.timelines import parsed, timelines_of
from tests.console.cases import make_case

FRAME = {"type": "frame", "wall_utc": 1.0, "tracks": [], "looks": []}


def test_a_whole_one(tmp_path):
    """The real writer's lines are all read."""
    (timeline,) = timelines_of(make_case(tmp_path))

    assert timeline.is_whole
    assert (timeline.name, timeline.camera_id, timeline.unreadable) == ("gate.1.jsonl", "gate", 0)
    assert len(list(timeline.of_type("frame"))) == 30


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "frame", "wall_u',
        b"\xff\xfe",
        b"7",
        b'{"kind": "frame"}',
        b'{"type": "frame"}',
        b'{"type": "frame", "wall_utc": "noon", "tracks": [], "looks": []}',
        b'{"type": "alarm", "wall_utc": 1.0}',
    ],
)
def test_a_line_that_is_none(line):
    """It is counted, and the others are read."""
    timeline = parsed("g.1.jsonl", "g", json.dumps(FRAME).encode() + b"\n" + line + b"\n")

    assert timeline.lines == (FRAME,)
    assert (timeline.unreadable, timeline.is_whole) == (1, False)


def test_a_line_of_a_later_version():
    """What is not known yet does not stop the rest from being read."""
    timeline = parsed("g.1.jsonl", "g", b'{"type": "weather"}\n\n{"type": "end"}\n')

    assert (len(timeline.lines), timeline.unreadable, timeline.is_whole) == (2, 0, True)
    assert not parsed("g.1.jsonl", "g", b"").is_whole
