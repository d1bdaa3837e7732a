"""What can go wrong with the register's database, each with its remedy in the sentence.

Only the error types and the translation of SQLite's own codes live here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RegisterError(Exception):
    """Base of all errors of the register; the text names the file or person and the remedy."""


class RegisterMissingError(RegisterError):
    """There is no database at the path."""


class RegisterLockedError(RegisterError):
    """Another process held the database for longer than the busy time-out."""


class RegisterFullError(RegisterError):
    """The disk is full; the transaction was rolled back and nothing was lost."""


class RegisterCorruptError(RegisterError):
    """The file is not a register, or is damaged."""


class RegisterNewerError(RegisterError):
    """The database was written by a newer Bondwatch."""


class PersonExistsError(RegisterError):
    """The staff id is taken."""


class UnknownPersonError(RegisterError):
    """Nobody has this staff id."""


_BY_CODE: dict[int, tuple[type[RegisterError], str]] = {
    sqlite3.SQLITE_BUSY: (RegisterLockedError, "is locked by another process; try again"),
    sqlite3.SQLITE_LOCKED: (RegisterLockedError, "is locked by another process; try again"),
    sqlite3.SQLITE_FULL: (RegisterFullError, "could not grow: the disk is full; free some space"),
    sqlite3.SQLITE_CORRUPT: (RegisterCorruptError, "is damaged; restore it from a backup"),
    sqlite3.SQLITE_NOTADB: (RegisterCorruptError, "is not a register; restore it from a backup"),
    sqlite3.SQLITE_CANTOPEN: (RegisterMissingError, "cannot be opened; check path and permissions"),
    sqlite3.SQLITE_PERM: (RegisterMissingError, "cannot be opened; check path and permissions"),
    sqlite3.SQLITE_READONLY: (RegisterError, "cannot be written; check its permissions"),
    sqlite3.SQLITE_IOERR: (RegisterError, "could not be read or written; check the disk"),
}
_PRIMARY = 0xFF
"""Extended result codes carry the primary code in their lowest byte."""


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the register's own, which name the file and the remedy."""
    try:
        yield
    except sqlite3.Error as exc:
        code = getattr(exc, "sqlite_errorcode", 0) & _PRIMARY
        kind, sentence = _BY_CODE.get(code, (RegisterError, f"failed ({type(exc).__name__})"))
        raise kind(f"register {path} {sentence}") from exc
