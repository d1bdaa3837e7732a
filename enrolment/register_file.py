"""The register's database file: created whole, private, opened with the same settings by all.

The schema and the connection settings live here; what is stored, and when, does not.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

from enrolment.register_errors import (
    RegisterCorruptError,
    RegisterMissingError,
    RegisterNewerError,
    named_errors,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x42574452  # "BWDR": tells a register from any other SQLite file
BUSY_TIMEOUT_S = 5.0

_SCHEMA = """
CREATE TABLE people (
    staff_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    valid_from REAL,
    valid_to REAL,
    created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE memberships (
    staff_id TEXT NOT NULL REFERENCES people ON DELETE CASCADE,
    group_id TEXT NOT NULL,
    PRIMARY KEY (staff_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE templates (
    template_id INTEGER PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES people ON DELETE CASCADE,
    embedding_id TEXT NOT NULL,
    embedding BLOB NOT NULL,
    quality REAL NOT NULL,
    added_at REAL NOT NULL
) STRICT;
CREATE INDEX templates_by_person ON templates (staff_id);
CREATE INDEX templates_by_embedder ON templates (embedding_id, staff_id);
CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (1, 0);
"""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create_if_missing(path: Path) -> None:
    """Make an empty register at ``path``, mode 0600, unless there is one.

    It is built beside its place and linked there when complete, so that no other process ever
    sees half a schema and a kill in the middle leaves no register at all. A directory that
    has to be made gets mode 0700; one that exists is left as its owner set it.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # left by a killed process that had the same id
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with named_errors(draft), closing(sqlite3.connect(draft, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        with suppress(FileExistsError):  # another process was first: its register is as good
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def connect(path: Path, *, busy_timeout_s: float, read_only: bool) -> sqlite3.Connection:
    """Open an existing register with the settings that every process must share.

    Raises ``RegisterMissingError``, ``RegisterCorruptError`` (not a register),
    ``RegisterNewerError``, ``RegisterLockedError``.
    """
    if not path.is_file():
        raise RegisterMissingError(
            f"register {path} does not exist; enrol somebody, or correct the path"
        )
    if not read_only:  # a reader may run as another user, who cannot and need not do this
        _keep_private(path)
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with named_errors(path):
        db = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None)
        try:
            _check_schema(db, path)
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")
            if read_only:
                db.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
    return db


def _check_schema(db: sqlite3.Connection, path: Path) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    schema = db.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise RegisterCorruptError(
            f"{path} is not a register; correct the path or restore a backup"
        )
    if schema > SCHEMA_VERSION:
        raise RegisterNewerError(
            f"register {path} has schema {schema}, this Bondwatch knows {SCHEMA_VERSION}; "
            "update Bondwatch"
        )


def _keep_private(path: Path) -> None:
    """Take the register from group and others, should a copy or a restore have opened it up."""
    mode = path.stat().st_mode
    if mode & _OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
