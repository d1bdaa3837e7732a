"""Packets that wait until a picture is wanted, to be decoded together. Pure.

Pictures that are decoded one right after the other cost less than the same pictures each by
itself: in between, the decoder's data leaves the processor's caches. Nothing is decoded less.
"""

from __future__ import annotations

from vision.ingest.packets import EncodedPacket

MOST_S = 1.0
"""So much of a stream waits at most, whoever wants a picture: damage must be found out."""

MOST_PACKETS = 128


class DecodeBatch:
    """What came in since the last picture that was wanted, in decoding order."""

    def __init__(self) -> None:
        self._packets: list[EncodedPacket] = []
        self._last_s: float | None = None
        self._apart_s = 0.0

    def add(self, packet: EncodedPacket) -> None:
        """One more packet waits."""
        at_s = packet.at.stream_s
        if self._last_s is not None:
            self._apart_s = min(max(0.0, at_s - self._last_s), MOST_S)
        self._last_s = at_s
        self._packets.append(packet)

    def is_due(self, now_s: float, wanted_s: float) -> bool:
        """Whether a picture is wanted now, or so soon that the next packet would be later by more.

        Both are seconds of one clock.
        """
        if not self._packets:
            return False
        span_s = self._packets[-1].at.stream_s - self._packets[0].at.stream_s
        is_full = len(self._packets) >= MOST_PACKETS or not 0.0 <= span_s < MOST_S
        return is_full or wanted_s - now_s <= self._apart_s / 2

    def take(self) -> tuple[EncodedPacket, ...]:
        """All that waits; afterwards nothing does."""
        taken = tuple(self._packets)
        self._packets.clear()
        return taken
