"""What can go wrong with the register's database, each with its remedy in the sentence.

Only the error types and the translation of the databases' own codes live here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError


class RegisterError(Exception):
    """Base of all errors of the register; the text names the place or person and the remedy."""


class RegisterMissingError(RegisterError):
    """There is no database at the place, or its server cannot be reached."""


class RegisterLockedError(RegisterError):
    """Another process held the database for longer than the busy time-out."""


class RegisterFullError(RegisterError):
    """The disk is full; the transaction was rolled back and nothing was lost."""


class RegisterCorruptError(RegisterError):
    """What is there is not a register, or is damaged."""


class RegisterNewerError(RegisterError):
    """The database was written by a newer Bondwatch."""


class GallerySearchError(RegisterError):
    """A gallery on a server cannot be asked, or did not answer in time; nobody is recognised."""


class PersonExistsError(RegisterError):
    """The staff id is taken, letter case aside."""

    @classmethod
    def by(cls, staff_id: str) -> PersonExistsError:
        """The error that names who has it."""
        return cls(f"staff id {staff_id} is taken; choose another")


class UnknownPersonError(RegisterError):
    """Nobody has this staff id."""


class PersonChangedError(RegisterError):
    """Somebody else changed the record since it was looked at; nothing was overwritten."""


class NotAllowedError(RegisterError):
    """The record's state, or the two-person rule, does not allow it."""


_Named = tuple[type[RegisterError], str]
_LOCKED: _Named = (RegisterLockedError, "is locked by another process; try again")
_FULL: _Named = (RegisterFullError, "could not grow: the disk is full; free some space")
_BAD_DISK: _Named = (
    RegisterError,
    "could not be read or written; check the disk, and that it is not full",
)
_FILE_CLOSED: _Named = (
    RegisterMissingError,
    "cannot be opened; check path and permissions, and that the disk is not mounted read-only",
)
_READ_ONLY: _Named = (RegisterError, "cannot be written; check its permissions")
_FILE_READ_ONLY: _Named = (
    RegisterError,
    "cannot be written, or a file that SQLite keeps beside it; check the permissions of the folder"
    " and of these files (-wal, -shm too), and that the disk is not mounted read-only",
)
_DAMAGED: _Named = (RegisterCorruptError, "is damaged; restore it from a backup")
_UNREACHABLE: _Named = (RegisterMissingError, "cannot be reached; see that its server runs")
_REFUSED: _Named = (RegisterMissingError, "let us not in; check user name, password and database")

_BY_SQLITE_CODE: dict[int, _Named] = {
    3: _FILE_CLOSED,  # SQLITE_PERM
    5: _LOCKED,  # SQLITE_BUSY
    6: _LOCKED,  # SQLITE_LOCKED
    8: _FILE_READ_ONLY,  # SQLITE_READONLY
    10: _BAD_DISK,  # SQLITE_IOERR, of a full disk too where a file beside it must grow
    11: _DAMAGED,  # SQLITE_CORRUPT
    13: _FULL,  # SQLITE_FULL
    14: _FILE_CLOSED,  # SQLITE_CANTOPEN
    26: (RegisterCorruptError, "is not a register; restore it from a backup"),  # SQLITE_NOTADB
}
_REFUSALS = ("authentication", "does not exist", "pg_hba.conf", "permission denied for database")
"""What a server says that was reached and lets somebody not in; it gives no code for that."""

_PRIMARY = 0xFF
"""Extended result codes carry the primary code in their lowest byte."""

_BY_SQLSTATE: dict[str, _Named] = {
    "55P03": _LOCKED,  # a lock was not to be had in time
    "57014": _LOCKED,  # a statement took too long
    "40001": _LOCKED,  # a serialisation failure
    "40P01": _LOCKED,  # a deadlock
    "53100": _FULL,  # the server's disk is full
    "25006": _READ_ONLY,
    "42501": (RegisterError, "does not let this user do that; grant it the tables"),
    "28": _REFUSED,  # invalid authorisation
    "3D": _REFUSED,  # no such database
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,  # shutting down
    "XX": _DAMAGED,
}


@contextmanager
def named_errors(name: str) -> Iterator[None]:
    """Turn a database's errors into the register's own, which say its name and the remedy.

    ``name``: ``register /path``. The database's own text is left out: it could quote a row.
    """
    try:
        yield
    except DBAPIError as exc:
        kind, sentence = _named(exc)
        raise kind(f"{name} {sentence}") from exc


def _named(exc: DBAPIError) -> _Named:
    code = getattr(exc.orig, "sqlite_errorcode", None)
    if code is not None:
        found = _BY_SQLITE_CODE.get(code & _PRIMARY)
    else:
        state = getattr(exc.orig, "sqlstate", None)
        if state is None:  # the connection itself failed
            said = str(exc.orig)
            return _REFUSED if any(word in said for word in _REFUSALS) else _UNREACHABLE
        prefixes = (state, state[:3], state[:2])
        found = next((_BY_SQLSTATE[p] for p in prefixes if p in _BY_SQLSTATE), None)
    return found or (RegisterError, f"failed ({type(exc.orig).__name__})")
