"""What can be wrong with the ledger, each with a stable code and its remedy. Errors only."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class LedgerError(Exception):
    """The ledger could not do what was asked; nothing of the request was written.

    ``code`` is the reason of the alarm that follows.
    """

    code = "ledger_failed"


class LedgerFullError(LedgerError):
    """The disk is full, or the file cannot be written."""

    code = "ledger_unwritable"


class LedgerLockedError(LedgerError):
    """Another process holds the file longer than the busy time-out."""

    code = "ledger_locked"


class LedgerDamagedError(LedgerError):
    """The file is no sound ledger."""

    code = "ledger_damaged"


class LedgerReplacedError(LedgerError):
    """The file was removed, or another was put in its place, while it was open."""

    code = "ledger_replaced"


class LedgerWentBackError(LedgerError):
    """The file has less than a checkpoint of it that was given away, or something else."""

    code = "ledger_went_back"


class LedgerTooNewError(LedgerError):
    """The file was written by a later version of Bondwatch."""

    code = "ledger_too_new"


class KeyUnusableError(LedgerError):
    """The node's key cannot be read or made."""

    code = "ledger_key_unusable"


_LOCKED = (LedgerLockedError, "is locked; see which process holds it")
_FULL = (LedgerFullError, "cannot grow; free space on its disk")
_UNWRITABLE = (LedgerFullError, "cannot be written; see the disk and the file's permissions")
_DAMAGED = (LedgerDamagedError, "is damaged; put it aside and keep it, a new one begins then")
_BY_CODE: dict[int, tuple[type[LedgerError], str]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _UNWRITABLE,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_PRIMARY_CODE = 0xFF


def named(error: sqlite3.Error, path: Path) -> LedgerError:
    """Our error for one of SQLite's; the message names the file and the remedy."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    kind, remedy = _BY_CODE.get(code, (LedgerError, "failed; the log has the details"))
    return kind(f"ledger {path} {remedy} ({error})")
