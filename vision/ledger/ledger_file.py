"""The ledger's SQLite file: opening it for writing or reading, transactions, errors by name.

Knows no entry and no hash. For one thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from vision.ledger import ledger_schema
from vision.ledger.ledger_errors import (
    LedgerDamagedError,
    LedgerError,
    LedgerReplacedError,
    LedgerTooNewError,
    named,
)
from vision.sqlite_transactions import file_id, transaction

PRIVATE = 0o600
"""Its contents name staff; only its owner reads it."""

BUSY_S = 2.0


class LedgerFile:
    """An open ledger file. Raises a LedgerError that names the file and the remedy."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self.path = path
        try:
            self._db = connect()
        except sqlite3.Error as error:
            raise named(error, path) from error
        self._id = file_id(path)

    @classmethod
    def for_writing(cls, path: Path, busy_s: float = BUSY_S) -> LedgerFile:
        """Open the file, or create it with the present schema."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=PRIVATE)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise LedgerError(f"ledger {path} cannot be opened: {reason}; see the disk") from error
        return cls(path, lambda: _connect_to_write(path, busy_s))

    @classmethod
    def for_reading(cls, path: Path) -> LedgerFile:
        """Open a file that exists, wherever it lies; nothing in it is changed."""
        if not path.is_file():
            raise LedgerError(f"there is no ledger at {path}; name another file")
        try:
            return cls(path, lambda: _connect_to_read(path, "mode=ro"))
        except LedgerError:
            if path.with_name(path.name + "-wal").exists():
                raise
            # on a read-only medium SQLite cannot lock, and nobody else writes there
            return cls(path, lambda: _connect_to_read(path, "immutable=1"))

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock; all of it is on disk, or none."""
        if file_id(self.path) != self._id:
            raise LedgerReplacedError(
                f"ledger {self.path} was removed or replaced while in use;"
                " end the daemon before you touch it"
            )
        with self.read() as db, transaction(db):
            yield db

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection for reading statements; errors get their names."""
        try:
            yield self._db
        except sqlite3.Error as error:
            raise named(error, self.path) from error

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A reading transaction: everything read in it is of one moment."""
        with self.read() as db:
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()


@contextmanager
def _closed_on_failure(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise


def _connect_to_read(path: Path, how: str) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None)
    with _closed_on_failure(db):
        if _version(db, path) == 0:
            raise LedgerDamagedError(f"{path} is no ledger; name another file")
        # the first look at a table; only now SQLite reads what may be broken
        db.execute("SELECT name FROM names").fetchall()
    return db


def _connect_to_write(path: Path, busy_s: float) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
    with _closed_on_failure(db):
        mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            raise LedgerError(f"ledger {path} needs a local disk (WAL refused: {mode})")
        db.execute("PRAGMA synchronous=FULL")
        # what is erased must not be found in the file
        db.execute("PRAGMA secure_delete=ON")
        _ensure_schema(db, path)
    return db


def _ensure_schema(db: sqlite3.Connection, path: Path) -> None:
    if _version(db, path) == ledger_schema.VERSION:
        return
    with transaction(db):
        for version in range(_version(db, path) + 1, ledger_schema.VERSION + 1):
            for statement in ledger_schema.STEPS[version]:
                db.execute(statement)
        db.execute(f"PRAGMA user_version={ledger_schema.VERSION:d}")


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > ledger_schema.VERSION:
        raise LedgerTooNewError(
            f"ledger {path} has schema {version}, this Bondwatch knows {ledger_schema.VERSION};"
            " run the newer Bondwatch that wrote it"
        )
    return version
