"""The pre-roll: the last seconds of a stream, as packets, cut at key frames.

Invariants, after every call:
- the oldest packet is a key frame, so whatever is read can be decoded;
- whole groups of pictures are dropped, oldest first, never a part of one;
- a group is dropped as soon as the groups after it span ``max_s`` by themselves, so at least
  ``max_s`` is kept once it has come in, and at most one group more;
- the bytes are at most ``max_bytes``, whatever else that costs: a newest group that is too
  big by itself is dropped too, and the ring waits for the next key frame.
Appending costs amortised O(1), reading O(groups + packets read). Pure but for its lock.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from vision.ingest.packets import EncodedPacket


@dataclass(slots=True)
class _Group:
    """A key frame and what depends on it; ``first``: how many packets came in before it."""

    first: int
    packets: list[EncodedPacket] = field(default_factory=list)
    size_bytes: int = 0

    @property
    def start_s(self) -> float:
        return self.packets[0].at.stream_s


@dataclass(frozen=True, slots=True)
class Followed:
    """Packets in the order in which they came in, and where to go on reading.

    ``missed``: how many were dropped before they were read; the first is then a key frame.
    """

    packets: tuple[EncodedPacket, ...]
    cursor: int
    missed: int = 0


@dataclass(frozen=True, slots=True)
class RingCounts:
    """What the ring holds and what it let go; ``waiting``: dropped before a key frame came."""

    packets: int
    size_bytes: int
    span_s: float
    dropped_groups: int
    dropped_packets: int
    waiting: int


class PrerollRing:
    """Appended to by the session's thread, read from any."""

    def __init__(self, max_s: float, max_bytes: int) -> None:
        self._max_s = max_s
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._groups: deque[_Group] = deque()
        self._size_bytes = 0
        self._appended = 0
        self._newest_s = 0.0
        self._dropped_groups = 0
        self._dropped_packets = 0
        self._waiting = 0

    def append(self, packet: EncodedPacket) -> None:
        """Take a packet in, and drop from the front what is no longer needed."""
        with self._lock:
            if packet.is_key:
                self._groups.append(_Group(self._appended))
            self._appended += 1
            if not self._groups:
                self._waiting += 1
                return
            group = self._groups[-1]
            group.packets.append(packet)
            group.size_bytes += packet.size_bytes
            self._size_bytes += packet.size_bytes
            self._newest_s = max(self._newest_s, packet.at.stream_s)
            self._trim()

    def since(self, stream_s: float) -> tuple[EncodedPacket, ...]:
        """Everything from the last key frame at or before the moment on, in decoding order.

        Where the moment is older than the ring, everything there is.
        """
        return self.follow_from(stream_s).packets

    def follow_from(self, stream_s: float) -> Followed:
        """As ``since``, with the cursor from which ``follow`` goes on."""
        with self._lock:
            groups = list(self._groups)
            later = [index for index, group in enumerate(groups) if group.start_s <= stream_s]
            first = later[-1] if later else 0
            found = tuple(packet for group in groups[first:] for packet in group.packets)
            return Followed(found, self._appended)

    def follow(self, cursor: int) -> Followed:
        """What has come in since an earlier reading, in decoding order."""
        with self._lock:
            held = self._groups[0].first if self._groups else self._appended
            start = max(cursor, held)
            found = tuple(
                packet
                for group in self._groups
                if group.first + len(group.packets) > start
                for packet in group.packets[max(0, start - group.first) :]
            )
            return Followed(found, self._appended, self._appended - cursor - len(found))

    def group_at(self, stream_s: float) -> tuple[EncodedPacket, ...]:
        """The group of pictures that the moment falls into; empty where it is too old."""
        with self._lock:
            for group in reversed(self._groups):
                if group.start_s <= stream_s:
                    return tuple(group.packets)
            return ()

    def newest(self) -> EncodedPacket | None:
        """The packet that came in last; None while the ring is empty."""
        with self._lock:
            return self._groups[-1].packets[-1] if self._groups else None

    def counts(self) -> RingCounts:
        """A snapshot of what is held and what was dropped."""
        with self._lock:
            return RingCounts(
                packets=sum(len(group.packets) for group in self._groups),
                size_bytes=self._size_bytes,
                span_s=self._newest_s - self._groups[0].start_s if self._groups else 0.0,
                dropped_groups=self._dropped_groups,
                dropped_packets=self._dropped_packets,
                waiting=self._waiting,
            )

    def _trim(self) -> None:
        while self._groups and (self._size_bytes > self._max_bytes or self._first_is_spare()):
            self._drop_first()

    def _first_is_spare(self) -> bool:
        return len(self._groups) > 1 and self._newest_s - self._groups[1].start_s >= self._max_s

    def _drop_first(self) -> None:
        group = self._groups.popleft()
        self._size_bytes -= group.size_bytes
        self._dropped_groups += 1
        self._dropped_packets += len(group.packets)
