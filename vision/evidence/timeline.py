"""The timeline beside a clip: JSON lines, version 1 of the schema in ``docs/evidence.md``.

Pure: values in, text out. All that is needed to draw the clip again and to say why the alarm was
raised; of a person nothing but the staff id, and never an embedding.
"""

from __future__ import annotations

import json
from typing import Any

from vision.core.policy import ScenePolicy
from vision.core.values import (
    AlarmDecision,
    Box,
    Candidate,
    Decision,
    FaceMeasures,
    Instant,
    Look,
    PassageDecision,
    Together,
    TrackView,
)
from vision.evidence.values import Sight, Subject, Versions
from vision.outputs.spelling import identity, rounded

VERSION = 1
_GOOD_PX = 120.0
_SHARP = 100.0


def quality(measures: FaceMeasures) -> float:
    """How good a look is, [0, 1]: large, sharp, frontal and certain. Only chooses pictures."""
    size = min(measures.size_px / _GOOD_PX, 1.0)
    sharpness = min(measures.sharpness / _SHARP, 1.0)
    return size * sharpness * max(0.0, 1.0 - abs(measures.yaw)) * measures.score


def head(subject: Subject) -> str:
    """The first line: what this is the timeline of."""
    return _line(
        {
            "type": "head",
            "version": VERSION,
            "alarm_id": subject.alarm_id,
            "incident": subject.decision.incident,
            "camera": subject.camera_id,
        }
    )


def versions(value: Versions) -> str:
    """What the frames after this line were judged by."""
    return _line(
        {
            "type": "versions",
            "models": dict(sorted(value.models.items())),
            "register_version": value.register_version,
            "configuration": value.configuration,
            **({} if value.policy is None else _policy(value.policy)),
        }
    )


def sight(value: Sight) -> str:
    """One analysed frame, if it is one, and a line for each thing that was decided."""
    told = "".join(map(decision, value.decisions))
    if value.tracks is None:
        return told
    frame = {
        "type": "frame",
        **_moment(value.at),
        "tracks": [_track(track) for track in value.tracks],
        "looks": [_look(look) for look in value.looks],
    }
    return _line(frame) + told


def decision(value: Decision) -> str:
    """A line about an alarm or a passage; occupancies are not the evidence of anything."""
    if isinstance(value, AlarmDecision):
        facts = {
            "type": "alarm",
            "incident": value.incident,
            "change": value.change.value,
            "kind": value.kind.value,
            "reason": value.reason,
            "detail": dict(value.detail),
        }
    elif isinstance(value, PassageDecision):
        facts = {"type": "passage", "object": value.kind.value}
    else:
        return ""
    return _line(
        {
            **facts,
            **_moment(value.at),
            "zone": value.zone_id,
            "track": value.track_id,
            "direction": value.direction.value if value.direction else None,
            "identity": identity(value.evidence),
        }
    )


def part_begins(name: str, at: Instant, size_wh: tuple[int, int]) -> str:
    """A file of the clip begins with the picture of this moment."""
    return _line({"type": "part", "file": name, **_moment(at), "size_wh": list(size_wh)})


def part_ends(name: str, at: Instant, why: str) -> str:
    """A file of the clip ended after the picture of this moment."""
    return _line({"type": "part_end", "file": name, **_moment(at), "why": why})


def left_out(frames: int) -> str:
    """So many analysed frames are missing here, since they came faster than they were written."""
    return _line({"type": "left_out", "frames": frames})


def end(why: str) -> str:
    """The last line of a timeline that is whole."""
    return _line({"type": "end", "why": why})


def _line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"


def _moment(at: Instant) -> dict[str, Any]:
    return {"stream_s": rounded(at.stream_s, 3), "wall_utc": rounded(at.wall_utc, 3)}


def _policy(policy: ScenePolicy) -> dict[str, Any]:
    views = {view.zone_id: view.polygon for view in policy.views}
    return {
        "zones": [
            {
                "zone": zone.zone_id,
                "polygon": [list(corner) for corner in views.get(zone.zone_id, ())],
                "verify_within_s": zone.verify_within_s,
            }
            for zone in policy.zones
        ],
        "thresholds": {
            name: getattr(policy.identity, name)
            for name in (
                "accept",
                "accept_together",
                "reject",
                "margin",
                "confirm_looks",
                "condemn_looks",
            )
        },
    }


def _track(track: TrackView) -> dict[str, Any]:
    return {
        "track": track.track_id,
        "object": track.kind.value,
        "box": _box(track.box),
        "zones": sorted(track.zones),
        "identity": identity(track.evidence),
        "verdict": track.alarm.value if track.alarm else None,
    }


def _look(look: Look) -> dict[str, Any]:
    measures = look.measures
    return {
        "track": look.track_id,
        "face": None if look.face is None else _box(look.face),
        "size_px": rounded(measures.size_px, 1),
        "sharpness": rounded(measures.sharpness, 1),
        "yaw": rounded(measures.yaw, 3),
        "brightness": rounded(measures.brightness, 1),
        "score": rounded(measures.score, 3),
        "quality": rounded(quality(measures), 3),
        "best": _candidate(look.best),
        "runner_up": _candidate(look.runner_up),
        "together": None if look.together is None else _together(look.together),
    }


def _together(together: Together) -> dict[str, Any]:
    return {
        "looks": together.looks,
        "best": _candidate(together.best),
        "runner_up": _candidate(together.runner_up),
    }


def _candidate(candidate: Candidate | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    return {"staff_id": candidate.staff_id, "similarity": rounded(candidate.similarity, 4)}


def _box(box: Box) -> list[float | None]:
    return [rounded(side, 4) for side in (box.left, box.top, box.right, box.bottom)]
