"""What waits for the broker: the ordered lane and the state lane, as SQL.

Functions on an open connection; the caller holds the transaction. Topics are below the
site's root.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from vision.outputs import topics
from vision.outputs.journal_values import DeadLetter, OutboxRow, StateRow

ALARM_STATE_EXPIRY_S = 24 * 3600
"""An open alarm stays visible for a day, even when nobody is left to say that it is open."""

LATEST_EXPIRY_S = 300
"""A camera's or zone's state is void when nobody has confirmed it for this long."""


def holds(db: sqlite3.Connection, topic: str, payload: str) -> bool:
    """Whether exactly this message is, or was, in the ordered lane."""
    query = "SELECT 1 FROM outbox WHERE topic = ? AND payload = ?"
    return db.execute(query, (topic, payload)).fetchone() is not None


def append(db: sqlite3.Connection, topic: str, payload: str, now_at: float) -> int:
    """Queue a message in the ordered lane; its sequence number is returned."""
    cursor = db.execute(
        "INSERT INTO outbox (topic, payload, written_at) VALUES (?, ?, ?)",
        (topic, payload, now_at),
    )
    assert cursor.lastrowid is not None  # noqa: S101 -- SQLite always gives one after INSERT
    return cursor.lastrowid


EMPTIED_KEPT_S = 3600.0
"""An emptied topic is emptied again on each connect for so long.

A broker that was killed comes back with what it had saved last, closed alarms among it.
"""


def put_state(db: sqlite3.Connection, row: StateRow, now_at: float) -> None:
    """Set the latest value of a retained topic; its ``version`` is assigned here."""
    db.execute(
        "INSERT INTO states (topic, payload, expiry_s, version, taken_version, written_at)"
        " VALUES (?, ?, ?, 1, 0, ?) ON CONFLICT (topic) DO UPDATE SET payload = excluded.payload,"
        " expiry_s = excluded.expiry_s, written_at = excluded.written_at, version = version + 1",
        (row.topic, row.payload, row.expiry_s, now_at),
    )


def empty_all_but(db: sqlite3.Connection, family: str, kept: Iterable[str], now_at: float) -> None:
    """Empty the topics that begin with ``family`` and are none of ``kept``."""
    keep = frozenset(kept)
    rows = db.execute("SELECT topic, expiry_s FROM states WHERE payload <> ''").fetchall()
    for topic, expiry_s in rows:
        if topic.startswith(family) and topic not in keep:
            put_state(db, StateRow(topic, "", expiry_s), now_at)


def waiting(db: sqlite3.Connection, after_seq: int, limit: int) -> tuple[OutboxRow, ...]:
    """The messages that wait, in order."""
    rows = db.execute(
        "SELECT seq, topic, payload FROM outbox"
        " WHERE taken_at IS NULL AND dead_at IS NULL AND seq > ? ORDER BY seq LIMIT ?",
        (after_seq, limit),
    )
    return tuple(OutboxRow(*row) for row in rows)


def waiting_alarms(db: sqlite3.Connection) -> int:
    """How many revisions of alarms wait."""
    row = db.execute(
        "SELECT count(*) FROM outbox WHERE taken_at IS NULL AND dead_at IS NULL AND topic = ?",
        (topics.ALARM,),
    ).fetchone()
    return int(row[0])


def mark_taken(db: sqlite3.Connection, seqs: Iterable[int], now_at: float) -> None:
    """The broker has these messages."""
    db.executemany("UPDATE outbox SET taken_at = ? WHERE seq = ?", ((now_at, s) for s in seqs))


def mark_dead(db: sqlite3.Connection, seq: int, reason: str, now_at: float) -> None:
    """Put a message aside; the line goes on without it."""
    db.execute(
        "UPDATE outbox SET dead_at = ?, dead_reason = ? WHERE seq = ?", (now_at, reason, seq)
    )


def dead_letters(db: sqlite3.Connection, limit: int) -> tuple[DeadLetter, ...]:
    """The newest dead letters, newest first."""
    rows = db.execute(
        "SELECT seq, topic, payload, dead_reason, dead_at FROM outbox"
        " WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, seq DESC LIMIT ?",
        (limit,),
    )
    return tuple(DeadLetter(*row) for row in rows)


def rearm_dead(db: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """Let messages that were put aside go out once more."""
    db.executemany(
        "UPDATE outbox SET dead_at = NULL, dead_reason = NULL WHERE seq = ?", ((s,) for s in seqs)
    )


def rearm_taken(db: sqlite3.Connection, since_at: float) -> int:
    """Let what was taken at or after ``since_at`` go out once more; how many that are."""
    return db.execute(
        "UPDATE outbox SET taken_at = NULL WHERE taken_at >= ? AND dead_at IS NULL", (since_at,)
    ).rowcount


def rearm_open_alarms(db: sqlite3.Connection) -> int:
    """Let the newest revision of every open alarm go out once more; how many that are."""
    return db.execute(
        "UPDATE outbox SET taken_at = NULL WHERE taken_at IS NOT NULL AND dead_at IS NULL"
        " AND seq IN (SELECT outbox_seq FROM alarms WHERE is_open)"
    ).rowcount


def due_states(db: sqlite3.Connection) -> tuple[StateRow, ...]:
    """The states whose newest value the broker has not taken."""
    rows = db.execute(
        "SELECT topic, payload, expiry_s, version FROM states WHERE taken_version < version"
    )
    return tuple(StateRow(*row) for row in rows)


def all_states(db: sqlite3.Connection) -> tuple[StateRow, ...]:
    """Every retained topic with its newest value."""
    rows = db.execute("SELECT topic, payload, expiry_s, version FROM states")
    return tuple(StateRow(*row) for row in rows)


def mark_states_taken(db: sqlite3.Connection, rows: Iterable[StateRow]) -> None:
    """The broker has these values."""
    db.executemany(
        "UPDATE states SET taken_version = max(taken_version, ?) WHERE topic = ?",
        ((row.version, row.topic) for row in rows),
    )


def tail(db: sqlite3.Connection, after_seq: int, limit: int) -> tuple[OutboxRow, ...]:
    """Revisions of alarms in the order in which they were written, taken or not."""
    rows = db.execute(
        "SELECT seq, topic, payload FROM outbox WHERE topic = ? AND seq > ? ORDER BY seq LIMIT ?",
        (topics.ALARM, after_seq, limit),
    )
    return tuple(OutboxRow(*row) for row in rows)


def latest_revisions(db: sqlite3.Connection, limit: int) -> tuple[OutboxRow, ...]:
    """The last revisions of alarms that were written, in order."""
    rows = db.execute(
        "SELECT seq, topic, payload FROM outbox WHERE topic = ? ORDER BY seq DESC LIMIT ?",
        (topics.ALARM, limit),
    ).fetchall()
    return tuple(OutboxRow(*row) for row in reversed(rows))


def last_seq(db: sqlite3.Connection) -> int:
    """The number of the newest message ever queued; 0 in a new journal."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
    return 0 if row is None else int(row[0])


def forget_emptied(db: sqlite3.Connection, before_at: float) -> None:
    """Forget topics that the broker has emptied, and saved so, long ago."""
    db.execute(
        "DELETE FROM states WHERE payload = '' AND taken_version = version AND written_at < ?",
        (before_at,),
    )


def prune(db: sqlite3.Connection, taken_before_at: float, dead_before_at: float) -> int:
    """Forget old messages, but never the newest revision of an open alarm.

    Where a ledger reads along, nothing goes that it has not read.
    """
    return db.execute(
        "DELETE FROM outbox WHERE (taken_at < ? OR dead_at < ?)"
        " AND seq NOT IN (SELECT outbox_seq FROM alarms WHERE is_open)"
        " AND seq <= coalesce("
        "(SELECT seq FROM ledger_positions WHERE source = 'journal/outbox'), seq)",
        (taken_before_at, dead_before_at),
    ).rowcount
