"""What the journal holds for the ledger: rows to enter, and how far they have been entered.

Functions on an open connection; the caller holds the transaction where one is needed. Three
sources feed the ledger: the outbox (alarms, passages), the operators' actions, and whatever
else writers put into ``ledger_outbox`` in the transaction of what it is about (clips,
deletions). Positions here may lag behind the ledger's own, never run ahead.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from vision.outputs import topics
from vision.outputs.journal_values import LedgerMark, LedgerNote, LedgerRow

OUTBOX = "journal/outbox"
ACTIONS = "journal/operator_actions"
NOTES = "journal/ledger_outbox"
SOURCES = (OUTBOX, ACTIONS, NOTES)
"""The sources by the names under which the ledger knows them."""


def submit(db: sqlite3.Connection, note: LedgerNote, now_at: float) -> None:
    """Let something enter the ledger; call it in the transaction of what the note is about."""
    db.execute(
        "INSERT INTO ledger_outbox (kind, ref, content, subject, written_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (note.kind, note.ref, note.content, note.subject, now_at),
    )


def rows(db: sqlite3.Connection, source: str, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
    """What a source has after a number, in order."""
    return _READERS[source](db, after_seq, limit)


def _messages(db: sqlite3.Connection, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
    found = db.execute(
        "SELECT seq, topic, payload, written_at FROM outbox"
        " WHERE seq > ? AND topic IN (?, ?) ORDER BY seq LIMIT ?",
        (after_seq, topics.ALARM, topics.PASSAGE, limit),
    )
    return tuple(_message(*row) for row in found)


def _message(seq: int, topic: str, payload: str, written_at: float) -> LedgerRow:
    kind = "passage" if topic == topics.PASSAGE else "alarm_revision"
    try:
        message = json.loads(payload)
        ref = _ref(kind, message)
        subject = (message["identity"] or {}).get("staff_id")
    except (ValueError, KeyError, TypeError):
        # it went out as it is, and so it is entered
        ref, subject = f"unreadable/{seq}", None
    return LedgerRow(seq, kind, ref, payload, subject, written_at)


def _ref(kind: str, message: Mapping[str, Any]) -> str:
    if kind == "passage":
        return str(message["passage_id"])
    return f"{message['alarm_id']}/{message['revision']}"


def _actions(db: sqlite3.Connection, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
    found = db.execute(
        "SELECT seq, done_at, action, alarm_id, done_by, staff_id, note, result"
        " FROM operator_actions WHERE seq > ? ORDER BY seq LIMIT ?",
        (after_seq, limit),
    )
    return tuple(_action(row) for row in found)


def _action(row: sqlite3.Row) -> LedgerRow:
    content = json.dumps(dict(row), separators=(",", ":"), ensure_ascii=False)
    ref = f"{row['alarm_id']}/{row['action']}"
    return LedgerRow(row["seq"], "operator_action", ref, content, row["staff_id"], row["done_at"])


def _notes(db: sqlite3.Connection, after_seq: int, limit: int) -> tuple[LedgerRow, ...]:
    found = db.execute(
        "SELECT seq, kind, ref, content, subject, written_at FROM ledger_outbox"
        " WHERE seq > ? ORDER BY seq LIMIT ?",
        (after_seq, limit),
    )
    return tuple(LedgerRow(*row) for row in found)


_READERS = {OUTBOX: _messages, ACTIONS: _actions, NOTES: _notes}


def mark(db: sqlite3.Connection) -> LedgerMark | None:
    """What a ledger has told of itself; None where none ever has."""
    row = db.execute("SELECT origin, size FROM ledger_mark").fetchone()
    if row is None:
        return None
    positions = db.execute("SELECT source, seq FROM ledger_positions")
    return LedgerMark(row["origin"], row["size"], {found[0]: found[1] for found in positions})


def put_mark(db: sqlite3.Connection, told: LedgerMark) -> None:
    """A ledger tells how far it is, and forgets notes that it has entered."""
    db.execute(
        "INSERT OR REPLACE INTO ledger_mark (only_row, origin, size) VALUES (1, ?, ?)",
        (told.origin, told.size),
    )
    db.execute("DELETE FROM ledger_positions")
    _put_positions(db, told.positions)
    db.execute("DELETE FROM ledger_outbox WHERE seq < ?", (told.positions.get(NOTES, 0),))


def _put_positions(db: sqlite3.Connection, positions: Mapping[str, int]) -> None:
    db.executemany("INSERT INTO ledger_positions (source, seq) VALUES (?, ?)", positions.items())
