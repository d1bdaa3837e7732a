"""What the command line says when it cannot do what it was told, and the exit status for it.

One line on standard error: what is wrong, then what to do about it. Mistakes of the
configuration are one line each. The statuses:

    0    done
    1    refused or failed: the line says why
    2    the command line or the configuration is wrong; nothing was started
    3    something that must be there first is missing: weights, a variable, a package, a key
    4    what was verified fits together, but nothing from elsewhere proves it
    130  interrupted from the keyboard
"""

from __future__ import annotations

import errno
import sys
from enum import IntEnum
from types import MappingProxyType

import typer

from models.errors import ModelError, WeightMissingError
from vision.configuration.problems import ConfigError
from vision.evidence.evidence_errors import EvidenceKeyMissingError, EvidenceUnreadableError
from vision.redaction import redact


class Status(IntEnum):
    """Exit statuses."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    MISSING = 3
    UNVERIFIED = 4
    INTERRUPTED = 130


_OS_REMEDY = "see that it exists and that this user may use it"
_OS_REMEDIES = MappingProxyType(
    {
        errno.EEXIST: "choose another name",
        errno.ENOSPC: "free some space",
        errno.EDQUOT: "free some space",
        errno.EROFS: "mount it writable, or choose another folder",
    }
)


class CommandError(Exception):
    """A command cannot go on. ``what`` and ``remedy`` are told in one line."""

    def __init__(self, what: str, remedy: str, status: Status = Status.FAILED) -> None:
        super().__init__(f"{what}; {remedy}")
        self.status = status


# Typer brings its own copy of Click or uses the installed one, as its version likes; the base
# of its errors is the same class only by this way.
COMMAND_LINE_ERROR: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)


def told(error: Exception) -> Status:
    """Says an error on standard error; its exit status."""
    if isinstance(error, ConfigError):
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        return Status.USAGE
    line, status = _sentence(error)
    if not line:
        return status  # no command was named and the help has been shown
    sys.stderr.write(f"bondwatch: {' '.join(redact(line).split())}\n")
    return status


def _sentence(error: Exception) -> tuple[str, Status]:
    if isinstance(error, CommandError):
        return str(error), error.status
    if isinstance(error, COMMAND_LINE_ERROR):
        return _command_line_fault(error), Status.USAGE
    if isinstance(error, WeightMissingError | EvidenceKeyMissingError):
        return str(error), Status.MISSING
    if isinstance(error, ModelError | EvidenceUnreadableError):
        return str(error), Status.FAILED
    if isinstance(error, OSError):
        return spelt_os_error(error), Status.FAILED
    what = f"unexpected {type(error).__name__}: {error}"
    return f"{what}; run it with BONDWATCH_TRACEBACK=1 and report what it says", Status.FAILED


def spelt_os_error(error: OSError) -> str:
    """What the operating system refused, and the remedy for that: a full disk needs another."""
    where = f"{error.filename}: " if error.filename else ""
    why = error.strerror or type(error).__name__
    return f"{where}{why}; {_OS_REMEDIES.get(error.errno or 0, _OS_REMEDY)}"


def _command_line_fault(error: Exception) -> str:
    message = getattr(error, "format_message", lambda: str(error))()
    return f"{str(message).rstrip('.')}; see --help" if message else ""
