"""Notices that the wall clock jumped: pure, fed with both clocks."""

from __future__ import annotations

JUMP_S = 2.0
"""A wall clock that gains or loses more than this between two looks has jumped."""


class ClockWatch:
    """Compares the wall clock with the monotonic one, look by look.

    A clock that is slewed, as NTP does it, moves far less between two looks and is no jump.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def look(self, wall_s: float, monotonic_s: float) -> float | None:
        """Seconds by which the wall clock jumped since the last look; None where it did not.

        Positive where it went forward. Ages are not touched by it, they are monotonic.
        """
        offset_s = wall_s - monotonic_s
        before_s, self._offset_s = self._offset_s, offset_s
        if before_s is None or abs(offset_s - before_s) <= JUMP_S:
            return None
        return offset_s - before_s
