"""Time stamps as values, and why there is none. Loads nothing native.

The codes are reasons of ``system_degraded``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNREACHABLE: Final = "timestamp_unreachable"
NOT_UNDERSTOOD: Final = "timestamp_not_understood"
HANGS: Final = "timestamp_hangs"
REFUSED: Final = "timestamp_refused"
WRONG: Final = "timestamp_wrong"
UNTRUSTED: Final = "timestamp_untrusted"
ROOTS_UNREADABLE: Final = "timestamp_ca_unreadable"


class TimeStampError(Exception):
    """There is no time stamp, or none that is right; ``reason`` is a stable code."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an authority saw a checkpoint, POSIX seconds, and who it says it is."""

    at: float
    authority: str


@dataclass(frozen=True, slots=True)
class Stamped:
    """How far entries are covered by a time stamp, and when that came, POSIX seconds."""

    size: int
    got_at: float
