"""What can be wrong with the journal, each with its remedy, and how SQLite's codes map to it.

Errors only. No SQL and no opening of files.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


class JournalError(Exception):
    """The journal could not do what was asked; nothing of the request was written."""


class JournalTooNewError(JournalError):
    """The file was written by a later version of Bondwatch."""


class JournalLockedError(JournalError):
    """Another process held the write lock longer than the busy time-out."""


class JournalFullError(JournalError):
    """The disk, or the file's page limit, is full, or the file cannot be written."""


class JournalReplacedError(JournalError):
    """The file was removed, or another was put in its place, while it was open."""


class JournalCorruptError(JournalError):
    """The file is not a sound SQLite database."""


_BUSY = (JournalLockedError, "is locked; see which process holds it")
_FULL = (JournalFullError, "cannot grow; free space on its disk")
_UNWRITABLE = (JournalFullError, "cannot be written; see the disk and the file's permissions")
_CORRUPT = (JournalCorruptError, "is damaged; restore a backup (`bondwatch restore`)")
_BY_CODE: dict[int, tuple[type[JournalError], str]] = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _UNWRITABLE,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
}
_PRIMARY_CODE = 0xFF


def named(error: sqlite3.Error, path: Path) -> JournalError:
    """Our error for one of SQLite's; the message names the file and the remedy."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    kind, remedy = _BY_CODE.get(code, (JournalError, "failed; the log has the details"))
    return kind(f"journal {path} {remedy} ({error})")
