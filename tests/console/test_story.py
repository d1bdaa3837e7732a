"""The story of a case: what was decided when, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from console.story import events, why_raised
from console.timelines import Timeline, parsed, timelines_of
from console.tracks import looks_of
from console.words import Language, sentence
from tests.console.cases import NOON, make_case
from vision.bundles.case import Case


def case_of(**fields) -> Case:
    """A case about which nothing is known but this."""
    nothing = {
        "site": "hall",
        "time_zone": "UTC",
        "alarm_id": "a",
        "revisions": (),
        "files": (),
        "gaps": (),
        "hold": None,
        "names": {},
        "redacted": False,
        "made_at": 0.0,
    }
    return Case(**(nothing | fields))


def timeline_of(*lines) -> Timeline:
    """A timeline of camera ``gate`` that holds these."""
    content = "\n".join(json.dumps(line) for line in (*lines, {"type": "end", "why": "longest"}))
    return parsed("gate.1.jsonl", "gate", content.encode())


def frame(at, **track):
    """One frame with one person."""
    whole = {"track": 5, "object": "person", "box": [0, 0, 1, 1], "zones": [], "identity": None}
    return {
        "type": "frame",
        "wall_utc": at,
        "tracks": [whole | {"verdict": None} | track],
        "looks": [],
    }


def told(found):
    """Each event as moment, camera, track, title and lines in English."""

    def say(one):
        return sentence(one, Language.ENGLISH, lambda at: f"@{at:g}")

    return [
        (one["at"], one["camera"], one["track"], say(one["title"]), [*map(say, one["lines"])])
        for one in found
    ]


def titles(found):
    """The titles alone."""
    return [title for _, _, _, title, _ in told(found)]


def test_a_whole_story(tmp_path):
    """Everything that happened, in order, each once."""
    case = make_case(tmp_path)

    found = told(events(case, timelines_of(case)))

    assert [(round(at - NOON, 1), title) for at, _, _, title, _ in found] == [
        (0.0, "Recording begins: gate.1.mp4"),
        (0.0, "Track 7 is in zone store"),
        (0.0, "Track 7: registered, Ann O'Neil 安"),
        (2.2, "Track 5 is in zone store"),
        (2.6, "Track 5: not on the register"),
        (2.6, "Track 5 holds an alarm open: Unregistered person"),
        (2.6, "Person, track 5: enters store"),
        (2.6, "Unregistered person: raised"),
        (2.9, "Recording ends: gate.1.mp4"),
        (3.0, "Missing: 5.0 s"),
        (8.0, "Recording begins: gate.2.mp4"),
        (10.5, "Unregistered person: cleared"),
        (10.6, "Track 5 holds no alarm open any more"),
        (10.9, "Recording ends: gate.2.mp4"),
        (64.0, "Acknowledged by Li Wei 李伟"),
    ]
    raised = next(lines for _, _, _, title, lines in found if title.endswith("raised"))
    assert raised[0] == "Reason: not on the register."
    assert raised[-1] == f"Revision 1, priority critical, written @{NOON + 2.68:g}."
    assert found[-1][4][0].startswith("Note: Driver of the 11:30 delivery")


def test_why(tmp_path):
    """The sentence that an auditor looks for first, and what it rests on."""
    said = [sentence(one, Language.ENGLISH, str) for one in why_raised(make_case(tmp_path))]

    assert said[0] == "Somebody who is not on the register was in zone store."
    assert "0.860, under the reject threshold of 0.900" in said[3]
    assert said[4].startswith("Camera gate saw it as track 5; the decision was taken at ")


@pytest.mark.parametrize(
    ("kind", "reason", "first"),
    [
        ("unauthorised_person", "outside_hours", "outside the permitted hours."),
        ("watchlisted_person", "on_watch_list", "must not be here, was in zone store."),
        ("forklift_intrusion", "forklift_not_permitted", "when none may be there."),
        ("camera_offline", "unreachable", "Camera offline: unreachable."),
    ],
)
def test_why_by_kind(tmp_path, kind, reason, first):
    """Each kind has a sentence of its own; what has none is named by its codes."""
    revision = dict(make_case(tmp_path).revisions[0])
    revision |= {"kind": kind, "reason": reason, "identity": None, "track": None}

    said = why_raised(case_of(revisions=(revision,)))

    assert sentence(said[0], Language.ENGLISH, str).endswith(first)
    assert said[-1]["say"] == "why.decided"


def test_no_revision_is_known():
    """There is nothing to say, and that is not made up."""
    assert why_raised(case_of()) == []
    assert events(case_of(), ()) == []


def test_a_deadline():
    """Who comes into a zone that asks for an identity has so long; elsewhere nothing runs."""
    zones = [{"zone": "store", "verify_within_s": 10.0}, {"zone": "ramp", "verify_within_s": None}]
    versions = {"type": "versions", "zones": zones}
    timeline = timeline_of(
        versions, frame(1.0), frame(2.0, zones=["ramp", "store"]), frame(3.0, zones=["store"])
    )

    ramp, store = events(case_of(), (timeline,))

    assert (ramp["deadline_at"], ramp["lines"]) == (None, [])
    assert (store["at"], store["deadline_at"]) == (2.0, 12.0)
    assert told([store])[0][4][0].startswith("To be recognised within 10 s, that is by @12;")


def test_an_identity_that_changes():
    """Not to have decided yet is no event; to doubt what was decided is one."""
    known = {"state": "registered", "staff_id": "S-17", "looks": 0}
    doubtful = {"state": "undetermined", "staff_id": None, "looks": 0}
    timeline = timeline_of(
        *(
            frame(at, identity=one)
            for at, one in enumerate((None, doubtful, known, known, doubtful))
        )
    )

    assert [(at, title) for at, _, _, title, _ in told(events(case_of(), (timeline,)))] == [
        (2, "Track 5: registered, S-17"),
        (4, "Track 5: not decided"),
    ]


def test_a_forklift_has_no_identity():
    """It comes and goes untold; the alarm that it holds is told."""
    about = {"object": "forklift", "zones": ["store"], "identity": {"state": "undetermined"}}
    timeline = timeline_of(frame(1.0, **about), frame(2.0, **about, verdict="forklift_intrusion"))

    assert titles(events(case_of(), (timeline,))) == [
        "Track 5 holds an alarm open: Forklift intrusion"
    ]


def test_what_a_timeline_lacks():
    """Frames left out, lines that cannot be read, and an end that is not there are all told."""
    text = b'{"type": "left_out", "frames": 3}\n' + json.dumps(frame(4.0)).encode() + b"\n{broken"
    timeline = parsed("gate.1.jsonl", "gate", text)

    assert [(at, title) for at, _, _, title, _ in told(events(case_of(), (timeline,)))] == [
        (4.0, "3 analysed frames are missing in the timeline"),
        (4.0, "1 lines of the timeline gate.1.jsonl cannot be read"),
        (4.0, "The timeline gate.1.jsonl was cut off: it has no last line"),
    ]


def test_other_versions_in_the_middle():
    """The first ones are no change; those after them are."""
    one = {"type": "versions", "register_version": 7, "configuration": "abc"}
    timeline = timeline_of(one, frame(1.0), one | {"register_version": 8}, frame(2.0))

    assert told(events(case_of(), (timeline,))) == [
        (
            1.0,
            "gate",
            None,
            "Models, register or configuration changed",
            ["Register version 8, configuration abc."],
        )
    ]


def test_decisions_that_no_revision_tells(tmp_path):
    """Another alarm of the camera is told as that; one of this alarm is never lost."""
    case = make_case(tmp_path)
    (timeline,) = timelines_of(case)
    (own,) = timeline.of_type("alarm")
    other = dict(own) | {"incident": "presence/store/gate/2", "kind": "unverified_person"}
    later = dict(own) | {"wall_utc": own["wall_utc"] + 1, "change": "updated"}
    more = replace(timeline, lines=(*timeline.lines[:1], own, other, later, *timeline.lines[-1:]))

    found = titles(events(replace(case, gaps=()), (more,)))

    assert found == [
        "Unregistered person: raised",
        "Another alarm of this camera: Unverified person, raised",
        "Unregistered person: updated",
        "Unregistered person: cleared",
        "Acknowledged by Li Wei 李伟",
    ]


def test_looks():
    """One row each; what was not measured is not known."""
    look = {
        "track": 5,
        "size_px": 61.0,
        "quality": 0.4,
        "best": {"staff_id": "S-17", "similarity": 0.5},
        "runner_up": None,
        "together": {"looks": 3, "best": {"staff_id": "S-17", "similarity": 0.6}},
    }
    bare = {"track": 5, "size_px": None, "quality": None, "best": None, "together": None}
    timeline = timeline_of(frame(1.0) | {"looks": [look, bare]})

    assert list(looks_of(timeline, {"S-17": "Ann"})) == [
        {
            "at": 1.0,
            "track": 5,
            "similarity": 0.5,
            "name": "Ann",
            "runner_up": None,
            "together": 0.6,
            "size_px": 61.0,
            "quality": 0.4,
        },
        {
            "at": 1.0,
            "track": 5,
            "similarity": None,
            "name": None,
            "runner_up": None,
            "together": None,
            "size_px": None,
            "quality": None,
        },
    ]
