"""Database files: created whole, private, opened with the same settings by every process.

The file and the connection's settings live here; what is stored in it, and when, does not.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from enrolment.databases import Database, begin_by_hand
from enrolment.register_errors import (
    RegisterCorruptError,
    RegisterMissingError,
    RegisterNewerError,
    named_errors,
)

BUSY_TIMEOUT_S = 5.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is: its name in sentences, SQLite's ``application_id``, the newest schema.

    ``journal``: WAL lets readers go on while one writes; DELETE lets a file be read where
    nothing may be written.
    """

    what: str
    application_id: int
    schema: int
    journal: str = "WAL"


def create_if_missing(path: Path, kind: FileKind, build: Callable[[Connection], None]) -> None:
    """Make an empty database at ``path``, mode 0600, unless there is a file.

    It is built beside its place and linked there when complete, so that no other process ever
    sees half a schema and a kill in the middle leaves no file at all. A directory that has to
    be made gets mode 0700; one that exists is left as its owner set it.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # left by a killed process that had the same id
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(_opened(draft, kind, BUSY_TIMEOUT_S)) as database:
            pragma(database, f"journal_mode = {kind.journal}")
            with database.changing() as connection:
                build(connection)
            pragma(database, f"application_id = {kind.application_id}")
            pragma(database, f"user_version = {kind.schema}")
        with suppress(FileExistsError):  # another process was first: its file is as good
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def connect(path: Path, kind: FileKind, *, busy_timeout_s: float, read_only: bool) -> Database:
    """Open an existing file with the settings that every process must share.

    Raises ``RegisterMissingError``, ``RegisterCorruptError`` (another file),
    ``RegisterNewerError``, ``RegisterLockedError``. An older schema is the caller's to see to.
    """
    if not path.is_file():
        raise RegisterMissingError(
            f"{kind.what} {path} does not exist; enrol somebody, or correct the path"
        )
    if not read_only:  # a reader may run as another user, who cannot and need not do this
        _keep_private(path)
    database = _opened(path, kind, busy_timeout_s)
    try:
        _check(database, path, kind)
        if read_only:
            pragma(database, "query_only = ON")
    except BaseException:
        database.close()
        raise
    return database


def pragma(database: Database, text: str) -> object:
    """Run one PRAGMA outside a transaction, where most of them want to be; its first value."""
    with named_errors(database.name):
        driver = database.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - only files come here
        try:
            found = driver.execute(f"PRAGMA {text}").fetchone()
        except sqlite3.Error as exc:
            raise _wrapped(exc) from exc
    return None if found is None else found[0]


def _wrapped(exc: sqlite3.Error) -> Exception:
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - for this alone

    return DBAPIError("PRAGMA", None, exc)


def _opened(path: Path, kind: FileKind, busy_timeout_s: float) -> Database:
    uri = f"{path.absolute().as_uri()}?mode=rw"

    def connection() -> sqlite3.Connection:
        db = sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None)
        try:
            for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                db.execute(f"PRAGMA {setting}")
        except BaseException:
            db.close()
            raise
        return db

    engine = create_engine(
        "sqlite://", creator=connection, poolclass=NullPool, hide_parameters=True
    )
    begin_by_hand(engine)
    name = f"{kind.what} {path}"
    with named_errors(name):
        return Database(engine.connect(), name)


def _check(database: Database, path: Path, kind: FileKind) -> None:
    if pragma(database, "application_id") != kind.application_id:
        raise RegisterCorruptError(
            f"{path} is not a {kind.what}; correct the path or restore a backup"
        )
    schema = schema_of(database)
    if schema > kind.schema:
        raise RegisterNewerError(
            f"{kind.what} {path} has schema {schema}, this Bondwatch knows {kind.schema}; "
            "update Bondwatch"
        )


def schema_of(database: Database) -> int:
    """The number of the schema that a file has."""
    return int(str(pragma(database, "user_version")))


def _keep_private(path: Path) -> None:
    """Take the file from group and others, should a copy or a restore have opened it up."""
    mode = path.stat().st_mode
    if mode & _OTHERS:
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
