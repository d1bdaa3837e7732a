"""What operators do to alarms: acknowledge them, and vouch for people.

Functions on an open connection; the caller holds the write transaction.
"""

from __future__ import annotations

import sqlite3

from vision.core.values import Change
from vision.outputs import journal_alarms, journal_outbox, messages, topics
from vision.outputs.journal_values import (
    Acknowledgement,
    AckRequest,
    AckResult,
    AlarmRecord,
    Vouch,
)


def acknowledge(db: sqlite3.Connection, request: AckRequest, now_at: float) -> AckResult:
    """Judge an acknowledgement, note it, answer it, and tell everybody where it was accepted."""
    alarm = journal_alarms.alarm_by_id(db, request.alarm_id)
    result = _judge(request, alarm)
    newest = alarm.revision if alarm else None
    seen = alarm.acknowledgement if alarm else None
    if alarm is not None and result is AckResult.ACCEPTED:
        seen = Acknowledgement(request.operator, now_at, request.note)
        newest = _accept(db, alarm, seen)
    _note(db, request, result, now_at)
    answer = messages.ack_result(request, result, newest, seen)
    journal_outbox.append(db, topics.ack_result(request.alarm_id), answer, now_at)
    return result


def _judge(request: AckRequest, alarm: AlarmRecord | None) -> AckResult:
    if alarm is None:
        return AckResult.UNKNOWN
    if alarm.acknowledgement is not None:
        return AckResult.REPEATED
    if request.revision is not None and request.revision != alarm.revision:
        return AckResult.STALE
    return AckResult.ACCEPTED


def _accept(db: sqlite3.Connection, alarm: AlarmRecord, seen: Acknowledgement) -> int:
    revision = messages.Revision(
        alarm_id=alarm.alarm_id,
        number=alarm.revision + 1,
        change=Change.UPDATED,
        raised_at=alarm.raised_at,
        written_at=seen.at,
        cameras=alarm.cameras,
        acknowledgement=seen,
    )
    payload = messages.acknowledged_alarm(alarm.payload, revision)
    db.execute(
        "UPDATE alarms SET revision = ?, updated_at = ?, payload = ?, acknowledged_by = ?,"
        " acknowledged_at = ?, acknowledged_note = ? WHERE alarm_id = ?",
        (revision.number, seen.at, payload, seen.by, seen.at, seen.note, alarm.alarm_id),
    )
    journal_alarms.publish(db, revision, payload, is_open=alarm.is_open)
    return revision.number


def _note(db: sqlite3.Connection, request: AckRequest, result: AckResult, now_at: float) -> None:
    db.execute(
        "INSERT INTO operator_actions (done_at, action, alarm_id, done_by, note, result)"
        " VALUES (?, 'acknowledge', ?, ?, ?, ?)",
        (now_at, request.alarm_id, request.operator, request.note, result.value),
    )


def vouch(db: sqlite3.Connection, alarm_id: str, staff_id: str, by: str, now_at: float) -> bool:
    """Note that a guard answers for the person of an open alarm; False where none is open."""
    alarm = journal_alarms.alarm_by_id(db, alarm_id)
    if alarm is None or not alarm.is_open:
        return False
    db.execute(
        "INSERT INTO operator_actions (done_at, action, alarm_id, done_by, staff_id, result)"
        " VALUES (?, 'vouch', ?, ?, ?, 'accepted')",
        (now_at, alarm_id, by, staff_id),
    )
    return True


def vouches_after(db: sqlite3.Connection, seq: int) -> tuple[Vouch, ...]:
    """The vouches newer than ``seq`` for open alarms, in order, each with what it is about."""
    rows = db.execute(
        "SELECT o.seq, o.alarm_id, a.incident, a.track_id, o.staff_id, o.done_by, o.done_at"
        " FROM operator_actions o JOIN alarms a USING (alarm_id)"
        " WHERE o.action = 'vouch' AND a.is_open AND o.seq > ? ORDER BY o.seq",
        (seq,),
    ).fetchall()
    return tuple(
        Vouch(
            seq=row["seq"],
            alarm_id=row["alarm_id"],
            incident=row["incident"],
            cameras=journal_alarms.contributors(db, row["alarm_id"]),
            track_id=row["track_id"],
            staff_id=row["staff_id"],
            by=row["done_by"],
            at=row["done_at"],
        )
        for row in rows
    )
