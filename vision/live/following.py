"""One watcher's way along a camera's pre-roll ring: from the newest key frame on, and never late.

The ring is the buffer, and its bound its own: a watcher who takes little falls behind, and is
then put forward to the newest key frame. What was left out is told. No socket, no clock.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from vision.evidence.annexb import (
    CODECS,
    NotAnnexbError,
    annexb_of,
    parameter_sets,
    sets_of_format,
)
from vision.ingest.packets import EncodedPacket, StreamFormat
from vision.ingest.ring import PrerollRing
from vision.live.protocol import Dropped, LivePacket, Message, StreamBegins

LATE_S: Final = 2.0
"""A watcher who is further behind than this is put forward."""


class UnsupportedStreamError(Exception):
    """The stream is of a codec that is not passed on; the message names it."""


class Following:
    """Used by one thread, while the session's thread fills the ring."""

    def __init__(self, ring: PrerollRing) -> None:
        self._ring = ring
        self._cursor: int | None = None
        self._format: StreamFormat | None = None
        self._missed = 0

    @property
    def begun(self) -> bool:
        """Whether there has been a packet."""
        return self._format is not None

    def take(self, room_bytes: int) -> list[Message]:
        """What comes next, until the room is full: its last packet may go beyond it.

        Raises:
            UnsupportedStreamError: neither H.264 nor H.265.
        """
        packets = self._read()
        messages: list[Message] = []
        while packets and room_bytes > 0:
            packet = packets.popleft()
            room_bytes -= packet.size_bytes
            messages += self._told(packet)
        if self._cursor is not None:
            self._cursor -= len(packets)
        return messages

    def _read(self) -> deque[EncodedPacket]:
        """What has come and was not taken; the cursor is then after the last of it."""
        newest = self._ring.newest()
        if self._cursor is None:
            if newest is None:
                return deque()
            found = self._ring.follow_from(newest.at.stream_s)
        else:
            found = self._ring.follow(self._cursor)
        self._cursor = found.cursor
        self._missed += found.missed
        packets = deque(found.packets)
        if packets and newest and newest.at.stream_s - packets[0].at.stream_s > LATE_S:
            self._put_forward(packets)
        return packets

    def _put_forward(self, packets: deque[EncodedPacket]) -> None:
        keys = [index for index, packet in enumerate(packets) if packet.is_key]
        for _ in range(keys[-1] if keys else 0):
            packets.popleft()
            self._missed += 1

    def _told(self, packet: EncodedPacket) -> list[Message]:
        """A packet as messages; none where the decoder could do nothing with it."""
        # Each connection to the camera describes its stream anew, in an object of its own.
        is_new = packet.format is not self._format
        if (self._missed or is_new) and not packet.is_key:
            self._missed += 1
            return []
        if packet.format.codec not in CODECS:
            raise UnsupportedStreamError(f"{packet.format.codec} is neither H.264 nor H.265")
        try:
            data = annexb_of(packet)
        except NotAnnexbError:
            self._missed += 1
            return []
        messages: list[Message] = []
        if self._missed:
            messages.append(Dropped(self._missed))
            self._missed = 0
        if is_new:
            self._format = packet.format
            # What decoding begins with: the key frame's own, or the container's.
            own = parameter_sets(packet.format.codec, data)
            messages.append(StreamBegins(packet.format, own or sets_of_format(packet.format)))
        live = LivePacket(data, packet.pts, packet.dts, packet.is_key, packet.at)
        return [*messages, live]
