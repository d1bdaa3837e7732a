"""Short ways to write decisions and to open a journal in the tests of this room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vision.core.values import (
    AlarmDecision,
    AlarmKind,
    Change,
    Direction,
    IdentityEvidence,
    IdentityState,
    Instant,
    ObjectKind,
    Occupancy,
    PassageDecision,
)
from vision.outputs.journal import Journal
from vision.outputs.journal_values import CommitContext

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
AT = Instant(stream_s=12.3456, wall_utc=NOON)
CONTEXT = CommitContext(site="hall", models={"detector": "abc"}, register_version=7)
STRANGER = IdentityEvidence(
    IdentityState.UNREGISTERED, similarity=0.51239, accept=0.9, reject=0.8, looks=3, face_px=71.0
)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now_s: float = NOON) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def open_journal(folder: Path, clock: Clock | None = None, **more: Any) -> Journal:
    """The journal of a data directory, with one clock for both of its clocks."""
    clock = clock or Clock()
    return Journal.open(folder / "journal.db", clock=clock, monotonic=clock, **more)


def alarm(
    change: Change = Change.RAISED, incident: str = "dock/cam1", **more: Any
) -> AlarmDecision:
    """A decision about a stranger who entered the dock."""
    fields: dict[str, Any] = {
        "kind": AlarmKind.UNREGISTERED_PERSON,
        "camera_id": "cam1",
        "at": AT,
        "reason": "entered",
        "zone_id": "dock",
        "track_id": 5,
        "direction": Direction.ENTRY,
        "evidence": STRANGER,
    } | more
    return AlarmDecision(incident=incident, change=change, **fields)


def passage(**more: Any) -> PassageDecision:
    """A registered person came in."""
    fields: dict[str, Any] = {
        "camera_id": "cam1",
        "zone_id": "dock",
        "track_id": 5,
        "kind": ObjectKind.PERSON,
        "direction": Direction.ENTRY,
        "at": AT,
        "evidence": IdentityEvidence(IdentityState.REGISTERED, staff_id="S1"),
    } | more
    return PassageDecision(**fields)


def occupancy(people: int = 1) -> Occupancy:
    """So many unregistered people are in the dock."""
    return Occupancy("cam1", "dock", AT, people, 0, 0, 0, people)
