"""Short ways to write timelines: as lines of JSON, and as the values that are read from them."""

from __future__ import annotations

import json
from typing import Any

from tests.vision.outputs.evidence import ALARM_ID, NOON
from vision.bundles.seen import SeenFrame, SeenLook, SeenTrack, TrackKey
from vision.core.values import Box, ObjectKind

INCIDENT = "presence/dock/cam1/e.1/1"
UNKNOWN = {"state": "undetermined", "staff_id": None, "similarity": None, "vouched_by": None}
STRANGER = UNKNOWN | {"state": "unregistered", "similarity": 0.4}
ANN = UNKNOWN | {"state": "registered", "staff_id": "ann", "similarity": 0.97}


def line(type_: str, /, **facts: Any) -> str:
    """One line of a timeline; ``at``: seconds after noon."""
    at = facts.pop("at", None)
    moment = {} if at is None else {"stream_s": at, "wall_utc": NOON + at}
    return json.dumps({"type": type_, **moment, **facts}) + "\n"


def head(incident: str = INCIDENT, **more: Any) -> str:
    """The first line."""
    facts = {"version": 1, "alarm_id": ALARM_ID, "incident": incident, "camera": "cam1"}
    return line("head", **(facts | more))


def versions(**more: Any) -> str:
    """What is judged by."""
    zone = {"zone": "dock", "polygon": [[0, 0], [1, 0], [1, 1]], "verify_within_s": 5.0}
    facts: dict[str, Any] = {
        "models": {"detector": "aaa", "embedder": "bbb"},
        "register_version": 7,
        "configuration": "c0ffee",
        "zones": [zone],
        "thresholds": {"accept": 0.9, "reject": 0.8},
    }
    return line("versions", **(facts | more))


def frame(at: float, *tracks: dict[str, Any], looks: tuple[dict[str, Any], ...] = ()) -> str:
    """One analysed frame."""
    return line("frame", at=at, tracks=list(tracks), looks=list(looks))


def track(number: int, box: tuple[float, float, float, float], **more: Any) -> dict[str, Any]:
    """Somebody in the dock whose face nobody has seen."""
    facts = {
        "track": number,
        "object": "person",
        "box": list(box),
        "zones": ["dock"],
        "identity": UNKNOWN,
        "verdict": None,
    }
    return facts | more


def look(number: int, face: tuple[float, ...] | None, **more: Any) -> dict[str, Any]:
    """A face that was compared with the gallery."""
    best = {"staff_id": "ann", "similarity": 0.4}
    facts = {"track": number, "face": face, "best": best, "runner_up": None, "together": None}
    return facts | more


def alarm(at: float, **more: Any) -> str:
    """A stranger entered."""
    facts = {
        "incident": INCIDENT,
        "change": "raised",
        "kind": "unregistered_person",
        "reason": "not_on_register",
        "zone": "dock",
        "track": 1,
        "direction": "entry",
        "identity": STRANGER,
        "detail": {},
    }
    return line("alarm", at=at, **(facts | more))


def passage(at: float, **more: Any) -> str:
    """Somebody went in."""
    facts = {
        "object": "person",
        "zone": "dock",
        "track": 1,
        "direction": "entry",
        "identity": UNKNOWN,
    }
    return line("passage", at=at, **(facts | more))


def seen(at: float, *tracks: SeenTrack, looks: tuple[SeenLook, ...] = ()) -> SeenFrame:
    """One analysed frame, so many seconds after noon."""
    return SeenFrame(NOON + at, tracks, looks)


def person(number: int, box: tuple[float, float, float, float], **more: Any) -> SeenTrack:
    """Somebody."""
    return SeenTrack(TrackKey(1, number), ObjectKind.PERSON, Box(*box), **more)
