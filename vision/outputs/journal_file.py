"""The journal's SQLite file: opening it, its transactions, its errors by name.

Knows no alarm and no topic. One ``JournalFile`` may serve several threads; they take turns.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vision.outputs import journal_schema
from vision.outputs.journal_errors import (
    JournalError,
    JournalLockedError,
    JournalReplacedError,
    JournalTooNewError,
    named,
)
from vision.sqlite_transactions import file_id, transaction

PRIVATE = 0o600
"""The journal names staff; only its owner reads it."""

_OPEN_TRIES = 20


class JournalFile:
    """An open database with short write transactions.

    Raises a ``JournalError`` that names the file and the remedy, whatever goes wrong. A file
    that was removed under it can be written for ever, but nobody who opens the journal later
    sees any of that: so it is refused, and whoever has it open is to open it anew.
    """

    def __init__(self, path: Path, busy_s: float) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._db = _connect(path, busy_s)
        self._id = file_id(path)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock; all of it is on disk, or none."""
        with self.read() as db, transaction(db):
            yield db

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection for single statements; each sees a consistent state of its own."""
        with self._turn:
            self.demand_in_place()
            try:
                yield self._db
            except sqlite3.Error as error:
                raise named(error, self.path) from error

    def demand_in_place(self) -> None:
        """Raises JournalReplacedError where the open file is not the one at the path."""
        if file_id(self.path) != self._id:
            raise JournalReplacedError(
                f"journal {self.path} was removed or replaced while in use;"
                " end the daemon before you touch it"
            )

    def close(self) -> None:
        with self._turn:
            self._db.close()


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=PRIVATE)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(f"journal {path} cannot be opened: {reason}") from error
    db = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    try:
        db.row_factory = sqlite3.Row
        _use_wal(db, path)
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        _ensure_schema(db, path)
    except sqlite3.Error as error:
        db.close()
        raise named(error, path) from error
    except JournalError:
        db.close()
        raise
    return db


def _use_wal(db: sqlite3.Connection, path: Path) -> None:
    # Changing the journal mode ignores the busy time-out, and two processes may start at once.
    for _ in range(_OPEN_TRIES):
        try:
            mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not isinstance(named(error, path), JournalLockedError):
                raise
            time.sleep(0.05)
        else:
            if mode != "wal":
                raise JournalError(f"journal {path} needs a local disk (WAL refused: {mode})")
            return
    raise JournalLockedError(f"journal {path} is locked; see which process holds it")


def _ensure_schema(db: sqlite3.Connection, path: Path) -> None:
    if _version(db, path) == journal_schema.VERSION:
        return
    with transaction(db):
        # Another process may have been quicker: what is left to do is found with the lock held.
        for step in journal_schema.STEPS[_version(db, path) :]:
            for statement in _statements(step):
                db.execute(statement)
        db.execute(f"PRAGMA user_version={journal_schema.VERSION:d}")


def _statements(script: str) -> Iterator[str]:
    # ``executescript`` would commit behind our back; no statement holds a semicolon inside.
    lines = (line for line in script.splitlines() if not line.startswith("--"))
    yield from filter(str.strip, "\n".join(lines).split(";"))


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > journal_schema.VERSION:
        raise JournalTooNewError(
            f"journal {path} has schema {version}, this Bondwatch knows {journal_schema.VERSION};"
            " run the newer Bondwatch that wrote it"
        )
    return version
