"""Taking up alarms that went out before they could be journalled.

Functions on an open connection; the caller holds the write transaction.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant
from vision.outputs import journal_alarms, journal_outbox, messages, topics
from vision.outputs.journal_values import CommitContext, HandedOver


def decision_of(handed: HandedOver) -> AlarmDecision:
    """What was decided, read back from the message. Raises ValueError or KeyError."""
    message: dict[str, Any] = json.loads(handed.payload)
    raised = datetime.fromisoformat(message["times"]["raised"])
    return AlarmDecision(
        incident=handed.incident,
        change=Change.RAISED,
        kind=AlarmKind(message["kind"]),
        camera_id=message["camera"],
        at=Instant(message["times"]["stream_s"] or 0.0, raised.timestamp()),
        reason=message["reason"],
        zone_id=message["zone"],
        track_id=message["track"],
    )


def adopt(db: sqlite3.Connection, handed: HandedOver, now_at: float, *, taken: bool) -> bool:
    """Write the alarm down under its own id; False where that had been done before.

    Its message goes into the outbox as it was sent, waiting unless the broker has ``taken``
    it. Where the incident is open under another id by now, the late one is cleared at once.
    Where the process that raised it was quicker, only what was sent is still to be noted.
    """
    if journal_alarms.alarm_by_id(db, handed.alarm_id) is not None:
        return taken and _note_sent(db, handed, now_at)
    decision = decision_of(handed)
    other = journal_alarms.open_alarm(db, handed.incident)
    if other is None:
        revision = _revision(handed, decision, 1, Change.RAISED, now_at)
        journal_alarms.insert(db, decision, revision, handed.payload)
        journal_alarms.publish(db, revision, handed.payload, is_open=True)
    else:
        journal_outbox.append(db, topics.ALARM, handed.payload, now_at)
    if taken:
        journal_outbox.mark_taken(db, [journal_outbox.last_seq(db)], now_at)
    if other is not None:
        _merge(db, handed, decision, other.alarm_id, now_at)
    return True


def _note_sent(db: sqlite3.Connection, handed: HandedOver, now_at: float) -> bool:
    if journal_outbox.holds(db, topics.ALARM, handed.payload):
        return False
    journal_outbox.append(db, topics.ALARM, handed.payload, now_at)
    journal_outbox.mark_taken(db, [journal_outbox.last_seq(db)], now_at)
    return True


def _merge(
    db: sqlite3.Connection,
    handed: HandedOver,
    decision: AlarmDecision,
    into_id: str,
    now_at: float,
) -> None:
    revision = _revision(handed, decision, 2, Change.CLEARED, now_at)
    merged = AlarmDecision(
        incident=handed.incident,
        change=Change.CLEARED,
        kind=decision.kind,
        camera_id=decision.camera_id,
        at=decision.at,
        reason="merged",
        zone_id=decision.zone_id,
        track_id=decision.track_id,
        detail=(("into", into_id),),
    )
    site = json.loads(handed.payload)["site"]
    payload = messages.alarm(merged, revision, CommitContext(site=site))
    journal_alarms.insert(db, merged, revision, payload)
    journal_alarms.publish(db, revision, payload, is_open=False)


def _revision(
    handed: HandedOver, decision: AlarmDecision, number: int, change: Change, now_at: float
) -> messages.Revision:
    return messages.Revision(
        alarm_id=handed.alarm_id,
        number=number,
        change=change,
        raised_at=decision.at.wall_utc,
        written_at=now_at,
        cameras=() if decision.camera_id is None else (decision.camera_id,),
    )
