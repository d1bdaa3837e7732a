"""A frame out of the pre-roll ring, decoded when somebody wants it.

For a stream that is kept but not looked at all the time: decoding begins at the key frame
before the wanted moment. Asking again a little later goes on from there, so that frequent
questions cost no more than decoding everything, and no questions cost nothing.
"""

from __future__ import annotations

from collections import deque

from vision.ingest.decoding import Decoder
from vision.ingest.frame import Frame, PictureConverter
from vision.ingest.packets import EncodedPacket
from vision.ingest.ring import PrerollRing

_KEPT_FRAMES = 4


class RingDecoder:
    """Used by one thread, while the session's thread goes on filling the ring."""

    def __init__(self, ring: PrerollRing) -> None:
        self._ring = ring
        self._converter = PictureConverter()
        self._decoder: Decoder | None = None
        self._first: EncodedPacket | None = None
        self._fed = 0
        self._recent: deque[Frame] = deque(maxlen=_KEPT_FRAMES)

    def frame_near(self, wall_utc: float, within_s: float) -> Frame | None:
        """The frame taken nearest to a moment; None where none is ``within_s`` of it.

        Raises StreamFaultError where the codec cannot be decoded.
        """
        newest = self._ring.newest()
        if newest is None:
            return None
        stream_s = newest.at.stream_s - (newest.at.wall_utc - wall_utc)
        packets = self._ring.group_at(stream_s) or self._ring.group_at(stream_s + within_s)
        if packets:
            self._decode_up_to(stream_s, packets)
        near = min(self._recent, key=lambda f: abs(f.at.stream_s - stream_s), default=None)
        if near is None or abs(near.at.stream_s - stream_s) > within_s:
            return None
        return near

    def _decode_up_to(self, stream_s: float, packets: tuple[EncodedPacket, ...]) -> None:
        is_behind = bool(self._recent) and stream_s < self._recent[0].at.stream_s
        if self._decoder is None or self._first is not packets[0] or is_behind:
            self._decoder = Decoder(packets[0].format, self._converter)
            self._first, self._fed = packets[0], 0
            self._recent.clear()
        while self._fed < len(packets) and not self._has_reached(stream_s):
            self._recent.extend(self._decoder.decode(packets[self._fed]).frames)
            self._fed += 1

    def _has_reached(self, stream_s: float) -> bool:
        return bool(self._recent) and self._recent[-1].at.stream_s >= stream_s
