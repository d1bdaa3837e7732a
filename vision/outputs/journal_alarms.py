"""An alarm's life inside the journal's transaction, and the messages that go with it.

One incident is one alarm; each change of it is the next revision.

Functions on an open connection; the caller holds the write transaction.
"""

from __future__ import annotations

import sqlite3
import uuid
from dataclasses import dataclass

from vision.core.values import AlarmDecision, AlarmKind, Change
from vision.outputs import journal_outbox, messages, topics
from vision.outputs.journal_values import (
    Acknowledgement,
    AlarmRecord,
    CommitContext,
    Committed,
    StateRow,
)

NO_CAMERA = ""
"""The contributor that stands for a part of the system that is no camera."""

_NOT_OPEN = {Change.RAISED: Change.RAISED, Change.UPDATED: Change.RAISED, Change.CLEARED: None}


@dataclass(frozen=True, slots=True)
class Writing:
    """What one transaction writes with."""

    db: sqlite3.Connection
    context: CommitContext
    now_at: float


def write(writing: Writing, decision: AlarmDecision) -> Committed | None:
    """Raise, update or clear the decision's incident; None where that changes nothing.

    A change of an incident that is not open raises it, so nothing is lost when a worker and
    the journal disagree; clearing one that is not open is nothing.
    """
    alarm = open_alarm(writing.db, decision.incident)
    if alarm is None:
        change = _NOT_OPEN[decision.change]
        return None if change is None else _raise(writing, decision)
    return _change(writing, decision, alarm)


def _raise(writing: Writing, decision: AlarmDecision) -> Committed:
    already_out = writing.context.alarm_ids.get(decision.incident)
    revision = messages.Revision(
        alarm_id=already_out or str(uuid.uuid4()),
        # revision 1 of an alarm that went out undurably is that message
        number=1 if already_out is None else 2,
        change=Change.RAISED,
        raised_at=decision.at.wall_utc,
        written_at=writing.now_at,
        cameras=_named(() if decision.camera_id is None else (decision.camera_id,)),
    )
    payload = messages.alarm(decision, revision, writing.context)
    insert(writing.db, decision, revision, payload)
    return _published(writing, decision, revision, payload)


def insert(
    db: sqlite3.Connection, decision: AlarmDecision, revision: messages.Revision, payload: str
) -> None:
    """A new alarm with its first contributor; the outbox row follows."""
    db.execute(
        "INSERT INTO alarms (alarm_id, incident, kind, is_open, revision, raised_at,"
        " updated_at, zone_id, track_id, payload, outbox_seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            revision.alarm_id,
            decision.incident,
            decision.kind.value,
            revision.change is not Change.CLEARED,
            revision.number,
            revision.raised_at,
            revision.written_at,
            decision.zone_id,
            decision.track_id,
            payload,
        ),
    )
    _join(db, revision.alarm_id, decision.camera_id)


def _change(writing: Writing, decision: AlarmDecision, alarm: AlarmRecord) -> Committed | None:
    change = _effective(writing.db, decision, alarm)
    if change is None:
        return None
    revision = messages.Revision(
        alarm_id=alarm.alarm_id,
        number=alarm.revision + 1,
        change=change,
        raised_at=alarm.raised_at,
        written_at=writing.now_at,
        cameras=contributors(writing.db, alarm.alarm_id) or alarm.cameras,
        acknowledgement=alarm.acknowledgement,
    )
    payload = messages.alarm(decision, revision, writing.context)
    _update(writing, decision, revision, payload)
    return _published(writing, decision, revision, payload)


def _effective(
    db: sqlite3.Connection, decision: AlarmDecision, alarm: AlarmRecord
) -> Change | None:
    """Join or leave the alarm, and say what that makes of it."""
    if decision.change is not Change.CLEARED:
        _join(db, alarm.alarm_id, decision.camera_id)
        return Change.UPDATED
    if decision.camera_id is None:
        # no camera but the system itself says that it is over: that holds for all of them
        db.execute("DELETE FROM contributors WHERE alarm_id = ?", (alarm.alarm_id,))
        return Change.CLEARED
    left = db.execute(
        "DELETE FROM contributors WHERE alarm_id = ? AND camera_id = ?",
        (alarm.alarm_id, decision.camera_id),
    ).rowcount
    if not _held(db, alarm.alarm_id):
        return Change.CLEARED
    return Change.UPDATED if left else None


def _update(
    writing: Writing, decision: AlarmDecision, revision: messages.Revision, payload: str
) -> None:
    cleared = revision.change is Change.CLEARED
    writing.db.execute(
        "UPDATE alarms SET kind = ?, is_open = ?, revision = ?, updated_at = ?, cleared_at = ?,"
        " zone_id = ?, track_id = coalesce(?, track_id), payload = ? WHERE alarm_id = ?",
        (
            decision.kind.value,
            not cleared,
            revision.number,
            writing.now_at,
            decision.at.wall_utc if cleared else None,
            decision.zone_id,
            decision.track_id,
            payload,
            revision.alarm_id,
        ),
    )


def _published(
    writing: Writing, decision: AlarmDecision, revision: messages.Revision, payload: str
) -> Committed:
    publish(writing.db, revision, payload, is_open=revision.change is not Change.CLEARED)
    return Committed(
        revision.alarm_id,
        revision.number,
        decision.incident,
        revision.change,
        decision.kind,
        revision.raised_at,
    )


def publish(
    db: sqlite3.Connection, revision: messages.Revision, payload: str, *, is_open: bool
) -> None:
    """Queue a revision, and set or empty the alarm's retained state."""
    seq = journal_outbox.append(db, topics.ALARM, payload, revision.written_at)
    db.execute("UPDATE alarms SET outbox_seq = ? WHERE alarm_id = ?", (seq, revision.alarm_id))
    topic = topics.alarm_state(revision.alarm_id)
    expiry_s = journal_outbox.ALARM_STATE_EXPIRY_S
    state = StateRow(topic, payload if is_open else "", expiry_s)
    journal_outbox.put_state(db, state, revision.written_at)


def _join(db: sqlite3.Connection, alarm_id: str, camera_id: str | None) -> None:
    db.execute(
        "INSERT OR IGNORE INTO contributors VALUES (?, ?)", (alarm_id, camera_id or NO_CAMERA)
    )


def _held(db: sqlite3.Connection, alarm_id: str) -> bool:
    query = "SELECT 1 FROM contributors WHERE alarm_id = ? LIMIT 1"
    return db.execute(query, (alarm_id,)).fetchone() is not None


def contributors(db: sqlite3.Connection, alarm_id: str) -> tuple[str, ...]:
    """The cameras that hold an alarm open, by name."""
    rows = db.execute("SELECT camera_id FROM contributors WHERE alarm_id = ?", (alarm_id,))
    return _named(tuple(row[0] for row in rows))


def _named(cameras: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(camera for camera in cameras if camera != NO_CAMERA))


def open_alarm(db: sqlite3.Connection, incident: str) -> AlarmRecord | None:
    """The open alarm of an incident."""
    query = "SELECT * FROM alarms WHERE incident = ? AND is_open"
    return _one(db, db.execute(query, (incident,)).fetchone())


def alarm_by_id(db: sqlite3.Connection, alarm_id: str) -> AlarmRecord | None:
    """An alarm, open or not."""
    query = "SELECT * FROM alarms WHERE alarm_id = ?"
    return _one(db, db.execute(query, (alarm_id,)).fetchone())


def open_alarms(db: sqlite3.Connection, camera_id: str | None) -> tuple[AlarmRecord, ...]:
    """The open alarms that a camera contributes to; of all where it is None."""
    rows = db.execute(
        "SELECT * FROM alarms WHERE is_open AND (?1 IS NULL OR alarm_id IN"
        " (SELECT alarm_id FROM contributors WHERE camera_id = ?1)) ORDER BY raised_at",
        (camera_id,),
    )
    return tuple(record(db, row) for row in rows)


def newest(db: sqlite3.Connection, limit: int) -> tuple[AlarmRecord, ...]:
    """Alarms, open or not, the latest first."""
    rows = db.execute("SELECT * FROM alarms ORDER BY raised_at DESC LIMIT ?", (limit,))
    return tuple(record(db, row) for row in rows)


def ids_beginning(db: sqlite3.Connection, start: str) -> tuple[str, ...]:
    """The ids that begin with ``start``, at most ten."""
    query = "SELECT alarm_id FROM alarms WHERE substr(alarm_id, 1, ?) = ? LIMIT 10"
    return tuple(row[0] for row in db.execute(query, (len(start), start)))


def _one(db: sqlite3.Connection, row: sqlite3.Row | None) -> AlarmRecord | None:
    return None if row is None else record(db, row)


def record(db: sqlite3.Connection, row: sqlite3.Row) -> AlarmRecord:
    """A row of ``alarms`` as a value."""
    seen = None
    if row["acknowledged_by"] is not None:
        seen = Acknowledgement(
            row["acknowledged_by"], row["acknowledged_at"], row["acknowledged_note"]
        )
    return AlarmRecord(
        alarm_id=row["alarm_id"],
        incident=row["incident"],
        kind=AlarmKind(row["kind"]),
        is_open=bool(row["is_open"]),
        revision=row["revision"],
        raised_at=row["raised_at"],
        updated_at=row["updated_at"],
        cleared_at=row["cleared_at"],
        zone_id=row["zone_id"],
        track_id=row["track_id"],
        cameras=contributors(db, row["alarm_id"]),
        acknowledgement=seen,
        payload=row["payload"],
    )
