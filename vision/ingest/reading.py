"""One connection's packets on their way: time, ring, decoder, slot, health.

Runs in the session's thread until the connection ends, for whatever reason. Connecting, and
connecting again, is the session's work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vision.ingest.decode_batch import DecodeBatch
from vision.ingest.decode_policy import rule_for
from vision.ingest.decoding import Decoder
from vision.ingest.frame import Frame, PictureConverter
from vision.ingest.health import HealthMeter
from vision.ingest.packets import EncodedPacket
from vision.ingest.reasons import REMEDIES, Reason, StreamFaultError
from vision.ingest.ring import PrerollRing
from vision.ingest.slot import NewestFrameSlot
from vision.ingest.sources import PacketSource, RawPacket
from vision.ingest.stream_time import Arrival, StreamTime
from vision.settings import DecodePolicy

_TELL_EVERY_S = 10.0
_SHED_FROM_S = 1.0
_WAITED_S = 0.002
"""A packet that takes less than this to come was there already."""

_NEVER_WAITED_S = 0.5
"""Whoever has not had to wait for a packet for so long does not keep up."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where a session reads the time."""

    mono_s: Callable[[], float] = time.monotonic
    wall_utc: Callable[[], float] = time.time

    def arrival(self) -> Arrival:
        return Arrival(self.mono_s(), self.wall_utc())


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Something worth a line in the log.

    ``kind``: ``connected``, ``lost``, ``resolution``, ``behind`` (we cannot keep up),
    ``time_jump``, ``wall_jump``. The text holds no credentials.
    """

    kind: str
    reason: Reason
    detail: str


@dataclass(slots=True)
class Lane:
    """What outlives a connection. Only the session's thread writes, but for ``policy``.

    ``wanted_s``: the moment, monotonic, from which on the next picture is wanted.
    """

    ring: PrerollRing
    frames: NewestFrameSlot[Frame]
    meter: HealthMeter
    clocks: Clocks
    emit: Callable[[SessionEvent], None]
    policy: DecodePolicy
    wanted_s: Callable[[], float] = lambda: float("-inf")
    time: StreamTime = field(default_factory=StreamTime)
    converter: PictureConverter = field(default_factory=PictureConverter)
    shown_s: float = float("-inf")
    told_s: dict[str, float] = field(default_factory=dict)


class Reading:
    """``read_timeout_s`` bounds both silence and a run of pictures without a sound one."""

    def __init__(self, lane: Lane, source: PacketSource, read_timeout_s: float) -> None:
        self._lane = lane
        self._source = source
        self._read_timeout_s = read_timeout_s
        self._decoder = Decoder(source.format, lane.converter)
        self._batch = DecodeBatch()
        self._in_step = False
        self._sound_seen = False
        self._damaged = 0
        self._packet_s = self._sound_s = self._done_s = self._waited_s = lane.clocks.mono_s()
        lane.time.new_session()
        lane.meter.connecting()

    def run(self, closing: threading.Event) -> tuple[Reason, str]:
        """Read to the end; why it ended. Raises StreamFaultError where the stream fails."""
        try:
            for raw in self._source.packets():
                if closing.is_set():
                    break
                if raw is not None:
                    self._take(raw)
                self._done_s = self._lane.clocks.mono_s()
                self._judge(self._done_s)
        finally:
            if not closing.is_set():
                self._decode_batch(self._lane.clocks.mono_s())
        if closing.is_set():
            return Reason.CLOSED, ""
        return Reason.ENDED, REMEDIES[Reason.ENDED]

    def _take(self, raw: RawPacket) -> None:
        lane = self._lane
        arrival = lane.clocks.arrival()
        packet = self._stamped(raw, arrival)
        self._packet_s = arrival.mono_s
        if arrival.mono_s - self._done_s >= _WAITED_S:
            self._waited_s = arrival.mono_s
        lane.meter.packet(arrival.mono_s, packet.size_bytes, lane.time.lag_s())
        lane.ring.append(packet)
        self._batch.add(packet)
        may_wait = lane.policy is DecodePolicy.EVERYTHING
        if not may_wait or self._batch.is_due(arrival.mono_s, lane.wanted_s()):
            self._decode_batch(arrival.mono_s)
        undamaged = self._sound_seen and not self._damaged
        if undamaged or lane.policy is DecodePolicy.PACKETS:
            self._usable(arrival.mono_s)

    def _stamped(self, raw: RawPacket, arrival: Arrival) -> EncodedPacket:
        """The packet with its place in time; jumps are reported."""
        times, stream = self._lane.time, self._source.format
        before = (times.jumps, times.wall_jumps)
        base = stream.time_base
        pts_s = None if raw.pts is None else raw.pts * base.numerator / base.denominator
        at = times.stamp(pts_s, arrival)
        if (times.jumps, times.wall_jumps) != before:
            self._lane.meter.set_jumps(times.jumps, times.wall_jumps)
            kind = "time_jump" if times.jumps != before[0] else "wall_jump"
            step = f"{times.last_wall_jump_s:+.1f} s" if kind == "wall_jump" else ""
            self._tell(kind, step, arrival.mono_s)
        return EncodedPacket(raw.data, raw.pts, raw.dts, raw.is_key, at, stream)

    def _decode_batch(self, now_s: float) -> None:
        """Decode what waits; only the newest picture of it is shown."""
        newest: Frame | None = None
        is_short_of_time = self._is_short_of_time(now_s)
        for packet in self._batch.take():
            if is_short_of_time and not packet.is_key:
                self._in_step = False
                self._lane.meter.count(shed=1)
                self._tell("behind", "frames are left out until the next key frame", now_s)
            else:
                newest = self._decode(packet) or newest
        if newest is not None:
            self._lane.frames.put(newest)

    def _is_short_of_time(self, now_s: float) -> bool:
        """Whether packets wait for us all the time, not we for them, and we are late already.

        Then decoding every frame would make each later one later still: only key frames are
        decoded until we have caught up. A feed that is late by itself still has to be waited
        for, and loses nothing.
        """
        late = (self._lane.time.lag_s() or 0.0) > _SHED_FROM_S
        return late and now_s - self._waited_s >= _NEVER_WAITED_S

    def _decode(self, packet: EncodedPacket) -> Frame | None:
        """Feed the decoder what the policy wants, from a key frame on and without gaps.

        The newest picture that came out, where it is newer than all that were shown.
        """
        rule = rule_for(self._lane.policy)
        wanted = rule.wants(packet)
        self._in_step = wanted and (self._in_step or packet.is_key)
        if not self._in_step:
            return None
        decoded = self._decoder.decode(packet, drain=rule.drains)
        self._in_step = not rule.drains
        if decoded.failed:
            self._damaged += 1
            self._lane.meter.count(unreadable=1)
        newest = None
        for frame in decoded.frames:
            newest = frame if self._is_news(frame) else newest
        return newest

    def _is_news(self, frame: Frame) -> bool:
        """Count a picture; whether it is newer than those before it."""
        lane = self._lane
        lane.meter.count(frames=1, corrupt=frame.is_corrupt)
        self._damaged = self._damaged + 1 if frame.is_corrupt else 0
        if not frame.is_corrupt:
            self._sound_s = lane.clocks.mono_s()
            self._sound_seen = True
        if lane.meter.size(frame.size_wh):
            width, height = frame.size_wh
            self._tell("resolution", f"{width}x{height}", lane.clocks.mono_s())
        if frame.at.stream_s <= lane.shown_s:
            lane.meter.count(out_of_order=1)
            return False
        lane.shown_s = frame.at.stream_s
        return True

    def _tell(self, kind: str, detail: str, now_s: float) -> None:
        """Report it, but not more often than a log can bear: the counters have them all."""
        if now_s - self._lane.told_s.get(kind, float("-inf")) >= _TELL_EVERY_S:
            self._lane.told_s[kind] = now_s
            self._lane.emit(SessionEvent(kind, Reason.DELIVERING, detail))

    def _usable(self, now_s: float) -> None:
        if self._lane.meter.usable(now_s):
            self._lane.emit(SessionEvent("connected", Reason.DELIVERING, ""))

    def _judge(self, now_s: float) -> None:
        """End a connection that is silent, or that brings nothing but damage."""
        if now_s - self._packet_s > self._read_timeout_s:
            raise StreamFaultError(Reason.STOPPED_SENDING, REMEDIES[Reason.STOPPED_SENDING])
        if self._damaged and now_s - self._sound_s > self._read_timeout_s:
            raise StreamFaultError(Reason.GARBAGE, REMEDIES[Reason.GARBAGE])
