"""The page's data model: a case in, one JSON document out."""

from __future__ import annotations

import json
from dataclasses import replace

from console.replay.document import Embedded, Film, document
from console.timelines import parsed, timelines_of
from tests.console.cases import ALARM_ID, ANN, NOON, NOTE, make_case
from tests.console.drawn_scene import ZONE
from vision.bundles.case import Case

NOTHING = Embedded({}, {})


def test_the_facts(tmp_path):
    """The alarm as it began and as it stands, hold and gaps; times as POSIX seconds."""
    whole = document(make_case(tmp_path), (), NOTHING)

    assert json.loads(json.dumps(whole)) == whole
    assert whole["alarm"] == {
        "kind": "unregistered_person",
        "priority": "critical",
        "state": "cleared",
        "zone": "store",
        "cameras": ["gate"],
        "reason": "not_on_register",
        "camera": "gate",
        "track": 5,
        "direction": "entry",
        "detail": {},
        "models": {
            "detector": "0e2a5b77c1d4",
            "embedder": "58f4c2a9b3e1",
            "face_detector": "8f2383e4dd3c",
        },
        "register_version": 42,
        "durable": True,
        "at": NOON + 2.6,
        "raised_at": NOON + 2.6,
        "cleared_at": NOON + 10.5,
        "acknowledged": {"by": "Li Wei 李伟", "at": NOON + 64.0, "note": NOTE},
        "revisions": 3,
    }
    assert whole["hold"] == {"by": "Ann O'Neil", "at": NOON + 3600.0, "note": "court, 12/26"}
    assert whole["gaps"] == [
        {"camera": "gate", "from_at": NOON + 3, "to_at": NOON + 8, "reason": "camera_lost"}
    ]
    assert [one["name"] for one in whole["files"]] == [
        "gate.1.mp4",
        "gate.2.mp4",
        "gate.1.jsonl",
        "gate.jpg",
        "gate.face.jpg",
    ]


def test_a_camera(tmp_path):
    """Parts by the timeline's clock with what is embedded of them; frames, looks and rules."""
    case = make_case(tmp_path)
    films = {"gate.1.mp4": Film(0, (0.0, 0.1)), "gate.2.mp4": Film(1, (0.0,))}

    (camera,) = document(case, timelines_of(case), Embedded(films, {"gate.jpg": 2}))["cameras"]

    assert camera["parts"] == [
        {
            "file": "gate.1.mp4",
            "begin_at": NOON,
            "end_at": NOON + 3.0,
            "ended_by": "camera_lost",
            "size_wh": [640, 360],
            "derived": None,
            "media": 0,
            "times_s": [0.0, 0.1],
        },
        {
            "file": "gate.2.mp4",
            "begin_at": NOON + 8.0,
            "end_at": NOON + 11.0,
            "ended_by": "post_roll",
            "size_wh": [640, 360],
            "derived": None,
            "media": 1,
            "times_s": [0.0],
        },
    ]
    assert camera["pictures"] == [
        {"kind": "snapshot", "file": "gate.jpg", "at": NOON + 2.6, "media": 2, "derived": None}
    ]
    (rules,) = camera["versions"]
    assert (rules["at"], rules["register_version"]) == (None, 42)
    assert rules["zones"][0]["polygon"] == [list(corner) for corner in ZONE]
    assert len(camera["frames"]) == 30
    assert camera["frames"][13]["tracks"][1] == {
        "track": 7,
        "object": "person",
        "box": [0.8, 0.36, 0.9, 0.82],
        "zones": ["store"],
        "state": "registered",
        "name": ANN,
        "similarity": 0.9712,
        "verdict": None,
    }
    assert [face["track"] for face in camera["frames"][13]["faces"]] == [5]
    assert [look["track"] for look in camera["looks"]] == [7, 7, 5, 5, 5, 5, 5, 5]


def test_a_clip_without_a_timeline(tmp_path):
    """The index knows when it began; it can be played, with nothing drawn over it."""
    case = make_case(tmp_path)
    films = {"gate.1.mp4": Film(0, (0.0,))}

    (camera,) = document(case, (), Embedded(films, {}))["cameras"]

    first, second = camera["parts"]
    assert (first["begin_at"], first["size_wh"], first["media"]) == (NOON, None, 0)
    assert (second["media"], second["times_s"]) == (None, [])
    assert (camera["frames"], camera["versions"], camera["pictures"]) == ([], [], [])


def test_names_left_out(tmp_path):
    """Who is in no table of names is called by the staff id."""
    case = make_case(tmp_path, names={}, redacted=True)

    whole = document(case, timelines_of(case), NOTHING)

    assert whole["redacted"]
    assert "Ann O'Neil 安" not in json.dumps(whole, ensure_ascii=False)
    assert whole["cameras"][0]["frames"][0]["tracks"][1]["name"] == "S-17"


def test_several_cameras(tmp_path):
    """The alarm's own comes first; one of which only a gap is known is there as well."""
    case = make_case(tmp_path)
    (gap,) = case.gaps
    more = replace(case, gaps=(gap, replace(gap, camera_id="attic")))

    assert [one["camera"] for one in document(more, (), NOTHING)["cameras"]] == ["gate", "attic"]


def test_nothing_is_known():
    """A page can be made of next to nothing, and an open alarm has no end."""
    bare = Case("hall", "UTC", ALARM_ID, (), (), (), None, {}, redacted=False, made_at=0.0)

    whole = document(bare, (), NOTHING)

    assert (whole["alarm"], whole["why"], whole["cameras"]) == (None, [], [])


def test_an_open_alarm(tmp_path):
    """It has neither end nor acknowledgement."""
    case = make_case(tmp_path)

    facts = document(replace(case, revisions=case.revisions[:1]), (), NOTHING)["alarm"]

    assert (facts["state"], facts["cleared_at"], facts["acknowledged"]) == ("open", None, None)


def test_rules_that_changed(tmp_path):
    """Each set of rules holds from the latest moment before it."""
    lines = [
        {"type": "versions", "register_version": 7},
        {"type": "frame", "wall_utc": 5.0, "tracks": [], "looks": []},
        {"type": "versions", "register_version": 8},
    ]
    timeline = parsed("gate.1.jsonl", "gate", "\n".join(map(json.dumps, lines)).encode())

    (camera,) = document(make_case(tmp_path), (timeline,), NOTHING)["cameras"]

    assert [(one["at"], one["register_version"]) for one in camera["versions"]] == [
        (None, 7),
        (5.0, 8),
    ]
