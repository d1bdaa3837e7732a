"""Telling a message that costs the connection from a connection that was lost anyway.

Pure. A broker may end the connection for a message that it cannot bear, and its reason often
gets lost with the connection; the message would then be sent again for ever, and nothing
else would get through.
"""

from __future__ import annotations

from collections.abc import Sequence

CAREFUL_S = 60.0
"""For so long after a suspicion one message is under way and no more, so that it is known."""

SOON_S = 2.0
STRIKES = 6
"""Losing so many connections in a row, each soon after the connect, is no accident."""


class Suspicion:
    """What is known of the connections lost lately."""

    def __init__(self) -> None:
        self._connected_s = float("-inf")
        self._careful_until_s = float("-inf")
        self._strikes = 0

    def careful(self, now_s: float) -> bool:
        """Whether only one message may be under way."""
        return now_s < self._careful_until_s

    def connected(self, now_s: float) -> None:
        """A connection begins."""
        self._connected_s = now_s

    def taken(self) -> None:
        """The broker took something: it is in good order."""
        self._strikes = 0

    def lost(self, objected: int | None, under_way: Sequence[int], now_s: float) -> str | None:
        """The connection is gone; why the one message under way is to blame, else None."""
        soon = now_s - self._connected_s < SOON_S
        if not under_way or (objected is None and not soon):
            return None
        self._careful_until_s = now_s + CAREFUL_S
        if len(under_way) > 1:
            return None
        self._strikes += 1
        if objected is not None:
            return f"0x{objected:02x}"
        return "connection_lost" if self._strikes > STRIKES else None
