"""Moments of a scene in the time of the stream that is recorded, which may be another stream."""

from __future__ import annotations

import time

from vision.core.values import Instant
from vision.ingest.packets import EncodedPacket
from vision.ingest.ring import PrerollRing

_PAST_S = 30.0
_FUTURE_S = 600.0
"""Beyond these the wall clock has jumped between picture and packet: then it counts for nothing."""


def moment_in(ring: PrerollRing, at: Instant) -> Instant:
    """When something happened, in the time of the ring's stream; matched by the wall clock."""
    newest = ring.newest()
    if newest is None:
        return at
    ahead_s = at.wall_utc - newest.at.wall_utc
    if not -_PAST_S <= ahead_s <= _FUTURE_S:
        ahead_s = 0.0
    return Instant(newest.at.stream_s + ahead_s, at.wall_utc)


class RingClock:
    """Now in a ring's time, also while nothing comes: for one thread."""

    def __init__(self, ring: PrerollRing) -> None:
        self._ring = ring
        self._newest: EncodedPacket | None = None
        self._seen_s = time.monotonic()

    def now(self) -> Instant:
        """The newest packet's moment and as much more as has passed since it was seen."""
        newest, now_s = self._ring.newest(), time.monotonic()
        if newest is not self._newest:
            self._newest, self._seen_s = newest, now_s
        passed_s = now_s - self._seen_s
        if newest is None:
            return Instant(passed_s, time.time())
        return Instant(newest.at.stream_s + passed_s, newest.at.wall_utc + passed_s)
