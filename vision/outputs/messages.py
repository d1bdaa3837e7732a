"""The JSON of every message, version 1 of the contract in ``docs/asyncapi.yaml``.

Pure: values in, text out, keys always in the same order. No embedding, no picture, and of a
person nothing but the staff id ever enters a message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vision.core.values import (
    AlarmDecision,
    AlarmKind,
    Change,
    Occupancy,
    PassageDecision,
)
from vision.outputs.journal_values import (
    Acknowledgement,
    AckRequest,
    AckResult,
    CameraState,
    CommitContext,
)
from vision.outputs.spelling import identity, rounded

VERSION = 1

PRIORITIES: Mapping[AlarmKind, str] = {
    AlarmKind.UNREGISTERED_PERSON: "critical",
    AlarmKind.WATCHLISTED_PERSON: "critical",
    AlarmKind.UNVERIFIED_PERSON: "high",
    AlarmKind.UNAUTHORISED_PERSON: "high",
    AlarmKind.TAILGATING: "high",
    AlarmKind.UNATTENDED_FORKLIFT_ENTRY: "high",
    AlarmKind.CAMERA_TAMPERED: "high",
    AlarmKind.CAMERA_OFFLINE: "high",
    AlarmKind.SYSTEM_DEGRADED: "high",
    AlarmKind.FORKLIFT_INTRUSION: "medium",
    AlarmKind.CAMERA_LAGGING: "medium",
}


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of an alarm: what the journal adds to the decision."""

    alarm_id: str
    number: int
    change: Change
    raised_at: float
    written_at: float
    cameras: tuple[str, ...]
    acknowledgement: Acknowledgement | None = None
    durable: bool = True


def iso(posix_s: float) -> str:
    """ISO 8601, UTC, milliseconds: ``2026-01-31T08:00:00.000Z``."""
    moment = datetime.fromtimestamp(posix_s, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def encode(message: Mapping[str, Any]) -> str:
    """Compact JSON in the mapping's own order; not-a-number is a programming error."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def alarm(decision: AlarmDecision, revision: Revision, context: CommitContext) -> str:
    """The message of one revision, for ``alarm`` and ``alarm/<alarm_id>/state``."""
    message = {
        **_alarm_head(decision, revision),
        **_place(decision, revision, context),
        **_facts(decision, revision, context),
        "durable": revision.durable,
        "acknowledged": _acknowledged(revision.acknowledgement),
    }
    return encode(message)


def _alarm_head(decision: AlarmDecision, revision: Revision) -> dict[str, Any]:
    return {
        "version": VERSION,
        "alarm_id": revision.alarm_id,
        "revision": revision.number,
        "change": revision.change.value,
        "state": "cleared" if revision.change is Change.CLEARED else "open",
        "kind": decision.kind.value,
        "priority": PRIORITIES[decision.kind],
        "reason": decision.reason,
    }


def _place(decision: AlarmDecision, revision: Revision, context: CommitContext) -> dict[str, Any]:
    return {
        "site": context.site,
        "zone": decision.zone_id,
        "camera": decision.camera_id,
        "cameras": list(revision.cameras),
        "times": {
            "stream_s": rounded(decision.at.stream_s, 3),
            "wall": iso(decision.at.wall_utc),
            "raised": iso(revision.raised_at),
            "written": iso(revision.written_at),
        },
        "track": decision.track_id,
        "direction": decision.direction.value if decision.direction else None,
    }


def _facts(decision: AlarmDecision, revision: Revision, context: CommitContext) -> dict[str, Any]:
    return {
        "identity": identity(decision.evidence),
        "detail": dict(decision.detail),
        "models": dict(sorted(context.models.items())),
        "register_version": context.register_version,
        "snapshot": context.snapshot(decision, revision.alarm_id, revision.raised_at),
    }


def acknowledged_alarm(payload: str, revision: Revision) -> str:
    """The newest message of an alarm once more, as the revision that says who has seen it.

    An acknowledgement changes nothing else: a cleared alarm stays cleared.
    """
    message = json.loads(payload)
    message["revision"] = revision.number
    message["change"] = revision.change.value
    message["reason"] = "acknowledged"
    message["times"]["written"] = iso(revision.written_at)
    message["durable"] = revision.durable
    message["acknowledged"] = _acknowledged(revision.acknowledgement)
    return encode(message)


def ack_result(
    request: AckRequest, result: AckResult, newest: int | None, seen: Acknowledgement | None
) -> str:
    """The answer to a console; ``newest`` is the alarm's revision now."""
    return encode(
        {
            "version": VERSION,
            "alarm_id": request.alarm_id,
            "result": result.value,
            "operator": request.operator,
            "revision": newest,
            "acknowledged": _acknowledged(seen),
        }
    )


def passage(decision: PassageDecision, passage_id: str, context: CommitContext) -> str:
    """One entry or exit; ``passage_id`` lets a consumer drop duplicates."""
    return encode(
        {
            "version": VERSION,
            "passage_id": passage_id,
            "site": context.site,
            "zone": decision.zone_id,
            "camera": decision.camera_id,
            "track": decision.track_id,
            "object": decision.kind.value,
            "direction": decision.direction.value,
            "times": {
                "stream_s": rounded(decision.at.stream_s, 3),
                "wall": iso(decision.at.wall_utc),
            },
            "identity": identity(decision.evidence),
            "models": dict(sorted(context.models.items())),
            "register_version": context.register_version,
        }
    )


def occupancy(value: Occupancy, site: str) -> str:
    """How many are in a zone."""
    return encode(
        {
            "version": VERSION,
            "site": site,
            "zone": value.zone_id,
            "camera": value.camera_id,
            "time": iso(value.at.wall_utc),
            "people": value.people,
            "forklifts": value.forklifts,
            "registered": value.registered,
            "undetermined": value.undetermined,
            "unregistered": value.unregistered,
        }
    )


def camera_state(camera_id: str, state: CameraState, site: str, written_at: float) -> str:
    """How a camera does."""
    return encode(
        {
            "version": VERSION,
            "site": site,
            "camera": camera_id,
            "time": iso(written_at),
            "online": state.online,
            "fps": rounded(state.fps, 1),
            "lag_s": rounded(state.lag_s, 1),
            "why": state.why,
        }
    )


def ledger_checkpoint(checkpoint: str, size: int, site: str, signed_at: float) -> str:
    """The ledger's signed head, for somebody outside to keep."""
    return encode(
        {
            "version": VERSION,
            "site": site,
            "time": iso(signed_at),
            "size": size,
            "checkpoint": checkpoint,
        }
    )


def status(site: str, *, online: bool) -> str:
    """Whether the daemon talks to the broker; without a time, as the last will has none."""
    return encode({"version": VERSION, "site": site, "status": "online" if online else "offline"})


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a heartbeat tells: ``oldest_beat_age_s`` is None where no worker has ever beaten.

    ``unheard``: alarms and passages, since the publisher's start, that the broker took while
    nobody was subscribed. ``rejected``: acknowledgements that could not be read.
    """

    at: float
    oldest_beat_age_s: float | None
    alarms_waiting: int
    unheard: int
    rejected: int
    dead_letters: int


def heartbeat(pulse: Pulse, site: str) -> str:
    """The publisher is alive."""
    return encode(
        {
            "version": VERSION,
            "site": site,
            "time": iso(pulse.at),
            "oldest_beat_age_s": rounded(pulse.oldest_beat_age_s, 1),
            "alarms_waiting": pulse.alarms_waiting,
            "unheard": pulse.unheard,
            "rejected": pulse.rejected,
            "dead_letters": pulse.dead_letters,
        }
    )


def _acknowledged(seen: Acknowledgement | None) -> dict[str, str] | None:
    if seen is None:
        return None
    return {"by": seen.by, "at": iso(seen.at), "note": seen.note}
