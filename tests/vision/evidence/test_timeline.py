"""The timeline's lines against what `docs/evidence.md` says of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.vision.outputs.decisions import AT, STRANGER, alarm, occupancy, passage
from vision.core.policy import IdentityPolicy, ScenePolicy, ZonePolicy, ZoneView
from vision.core.values import (
    AlarmKind,
    Box,
    Candidate,
    FaceMeasures,
    Look,
    ObjectKind,
    Together,
    TrackView,
)
from vision.evidence import timeline
from vision.evidence.values import Sight, Subject, Versions

POLICY = ScenePolicy(
    "cam1",
    (ZonePolicy("dock", ()),),
    (ZoneView("dock", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))),),
    IdentityPolicy(0.9, 0.8, 0.05),
)
VERSIONS = Versions({"b": "2", "a": "1"}, 7, "abc", POLICY)
MEASURES = FaceMeasures(60.0, 50.0, 0.5, 120.0, 0.9)
LOOK = Look(5, AT, MEASURES, Candidate("S1", 0.51239), None, Box(0.1, 0.2, 0.3, 0.4))
TRACK = TrackView(
    5,
    ObjectKind.PERSON,
    Box(0.1, 0.2, 0.30004, 0.9),
    frozenset({"dock", "attic"}),
    STRANGER,
    AlarmKind.UNREGISTERED_PERSON,
)
IDENTITY = {
    "state": "unregistered",
    "staff_id": None,
    "similarity": 0.5124,
    "runner_up": None,
    "accept": 0.9,
    "reject": 0.8,
    "looks": 3,
    "face_px": 71.0,
    "vouched_by": None,
}
MOMENT = {"stream_s": 12.346, "wall_utc": 1_767_268_800.0}


def lines(text: str) -> list[dict[str, object]]:
    """What a piece of a timeline says."""
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def test_head():
    """Which alarm and which camera."""
    subject = Subject(alarm(), "cam1", "id", "folder")

    assert lines(timeline.head(subject)) == [
        {
            "type": "head",
            "version": 1,
            "alarm_id": "id",
            "incident": "dock/cam1",
            "camera": "cam1",
        }
    ]


def test_versions():
    """Models, register, configuration, and the rules themselves."""
    assert lines(timeline.versions(VERSIONS)) == [
        {
            "type": "versions",
            "models": {"a": "1", "b": "2"},
            "register_version": 7,
            "configuration": "abc",
            "zones": [
                {
                    "zone": "dock",
                    "polygon": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]],
                    "verify_within_s": 10.0,
                }
            ],
            "thresholds": {
                "accept": 0.9,
                "accept_together": None,
                "reject": 0.8,
                "margin": 0.05,
                "confirm_looks": 3,
                "condemn_looks": 3,
            },
        }
    ]
    assert "zones" not in lines(timeline.versions(replace(VERSIONS, policy=None)))[0]


def test_a_frame():
    """Everything that is needed to draw it, and why the track has its identity."""
    (frame,) = lines(timeline.sight(Sight(AT, (TRACK,), (LOOK,), (), VERSIONS)))

    assert frame == {
        "type": "frame",
        **MOMENT,
        "tracks": [
            {
                "track": 5,
                "object": "person",
                "box": [0.1, 0.2, 0.3, 0.9],
                "zones": ["attic", "dock"],
                "identity": IDENTITY,
                "verdict": "unregistered_person",
            }
        ],
        "looks": [
            {
                "track": 5,
                "face": [0.1, 0.2, 0.3, 0.4],
                "size_px": 60.0,
                "sharpness": 50.0,
                "yaw": 0.5,
                "brightness": 120.0,
                "score": 0.9,
                "quality": 0.113,
                "best": {"staff_id": "S1", "similarity": 0.5124},
                "runner_up": None,
                "together": None,
            }
        ],
    }


def test_looks_taken_together():
    """How many, and whom their middle is like: that may be what named the person."""
    together = Together(Candidate("S1", 0.61239), Candidate("S2", 0.2), 3)
    look = replace(LOOK, together=together)

    (frame,) = lines(timeline.sight(Sight(AT, (TRACK,), (look,), (), VERSIONS)))

    assert frame["looks"][0]["together"] == {
        "looks": 3,
        "best": {"staff_id": "S1", "similarity": 0.6124},
        "runner_up": {"staff_id": "S2", "similarity": 0.2},
    }


def test_decisions_follow_their_frame():
    """Alarms and passages; how many are in a zone is no evidence."""
    decisions = (alarm(), passage(), occupancy())

    _, told, passed = lines(timeline.sight(Sight(AT, (), (), decisions, VERSIONS)))

    assert told == {
        "type": "alarm",
        "incident": "dock/cam1",
        "change": "raised",
        "kind": "unregistered_person",
        "reason": "entered",
        "detail": {},
        **MOMENT,
        "zone": "dock",
        "track": 5,
        "direction": "entry",
        "identity": IDENTITY,
    }
    assert (passed["type"], passed["object"], passed["direction"]) == ("passage", "person", "entry")


def test_a_decision_between_frames():
    """A deadline that runs out needs no frame."""
    (told,) = lines(timeline.sight(Sight(AT, None, (), (alarm(),), VERSIONS)))

    assert told["type"] == "alarm"


def test_a_decision_about_no_person():
    """A forklift, or a camera, has no identity."""
    (told,) = lines(timeline.decision(alarm(evidence=None, direction=None)))

    assert (told["identity"], told["direction"]) == (None, None)


def test_the_clips_parts():
    """Where a file begins and ends, and why."""
    assert lines(timeline.part_begins("g.1.mp4", AT, (640, 360))) == [
        {"type": "part", "file": "g.1.mp4", **MOMENT, "size_wh": [640, 360]}
    ]
    assert lines(timeline.part_ends("g.1.mp4", AT, "missed")) == [
        {"type": "part_end", "file": "g.1.mp4", **MOMENT, "why": "missed"}
    ]
    assert lines(timeline.left_out(3) + timeline.end("over")) == [
        {"type": "left_out", "frames": 3},
        {"type": "end", "why": "over"},
    ]


def test_not_a_number_is_null():
    """No figure that is none ever becomes invalid JSON."""
    look = replace(LOOK, measures=replace(MEASURES, brightness=float("nan")), face=None)

    (frame,) = lines(timeline.sight(Sight(AT, (), (look,), (), VERSIONS)))

    assert frame["looks"][0]["brightness"] is None
    assert frame["looks"][0]["face"] is None


@pytest.mark.parametrize(
    "worse", [{"size_px": 30.0}, {"sharpness": 10.0}, {"yaw": -0.9}, {"score": 0.4}]
)
def test_quality_prefers_what_people_see_better(worse):
    """Larger, sharper, frontal, more certain."""
    assert timeline.quality(replace(MEASURES, **worse)) < timeline.quality(MEASURES) < 1.0
