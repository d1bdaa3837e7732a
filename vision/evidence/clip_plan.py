"""What of a camera's packets belongs to one alarm's clip, and where the clip is in parts. Pure.

Facts about packets and about the alarm go in, moves come out; carrying them out (muxing, disks,
the journal) is for others. Times are seconds of the stream that is recorded. A clip is one file
as long as nothing breaks it: each part starts at a key frame, and each says why it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vision.core.values import Change


class PartEnd(StrEnum):
    """Why a part of a clip ended; also why packets are missing where a gap is recorded."""

    POST_ROLL = "post_roll"
    LONGEST = "longest"
    CAMERA_LOST = "camera_lost"
    NEW_PICTURE = "new_picture"
    TIME_JUMP = "time_jump"
    MISSED = "missed"
    DISK = "disk"
    KEY = "key"
    UNMUXABLE = "unmuxable"
    STOPPED = "stopped"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class ClipRules:
    """How much of a stream is evidence, in seconds.

    From ``pre_s`` before the alarm to ``post_s`` after its end, but no longer than ``longest_s``
    after its beginning. A camera that sends nothing for ``loss_s`` is lost.
    """

    pre_s: float = 10.0
    post_s: float = 15.0
    longest_s: float = 300.0
    loss_s: float = 3.0


@dataclass(frozen=True, slots=True)
class PacketFacts:
    """What decides about a packet.

    ``break_before``: what came between the packet before and this one, None where nothing did.
    """

    stream_s: float
    is_key: bool
    break_before: PartEnd | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What to do, in this order: end the part, begin another, write the packet."""

    end: PartEnd | None = None
    begin: bool = False
    write: bool = False


STAY = Move()


class ClipPlan:
    """The clip of one alarm by one camera, from ``alarm_s`` on; packets come in their order."""

    def __init__(self, rules: ClipRules, alarm_s: float) -> None:
        self._rules = rules
        self._until_s = float("inf")
        self._longest_until_s = alarm_s + rules.longest_s
        self._last_s: float | None = None
        self._in_part = False
        self.over = False

    def hear(self, change: Change, at_s: float) -> None:
        """Follow the alarm: while it lives the clip goes on, after its end for the post-roll."""
        cleared = change is Change.CLEARED
        self._until_s = at_s + self._rules.post_s if cleared else float("inf")

    def take(self, packet: PacketFacts) -> Move:
        """What becomes of the next packet."""
        if self.over:
            return STAY
        ended = self._why_over(packet.stream_s)
        if ended is not None:
            return self._finish(ended)
        broken = self._break(packet)
        self._last_s = packet.stream_s
        if self._in_part and broken is None:
            return Move(write=True)
        end = broken if self._in_part else None
        self._in_part = packet.is_key
        return Move(end, begin=packet.is_key, write=packet.is_key)

    def pass_time(self, now_s: float) -> Move:
        """What follows from no packet having come until now."""
        if self.over:
            return STAY
        ended = self._why_over(now_s)
        if ended is not None:
            return self._finish(ended)
        if self._in_part and self._last_s is not None and self._is_lost(now_s):
            return self.interrupt(PartEnd.CAMERA_LOST)
        return STAY

    def interrupt(self, why: PartEnd) -> Move:
        """End the part that is being written; the next key frame begins another."""
        end = why if self._in_part else None
        self._in_part = False
        return Move(end)

    def stop(self, why: PartEnd = PartEnd.STOPPED) -> Move:
        """End the clip, whatever the alarm does."""
        return STAY if self.over else self._finish(why)

    def _why_over(self, now_s: float) -> PartEnd | None:
        if now_s > self._longest_until_s:
            return PartEnd.LONGEST
        return PartEnd.POST_ROLL if now_s > self._until_s else None

    def _finish(self, why: PartEnd) -> Move:
        self.over = True
        return self.interrupt(why)

    def _break(self, packet: PacketFacts) -> PartEnd | None:
        if packet.break_before is not None:
            return packet.break_before
        return PartEnd.CAMERA_LOST if self._is_lost(packet.stream_s) else None

    def _is_lost(self, now_s: float) -> bool:
        return self._last_s is not None and now_s - self._last_s > self._rules.loss_s
