"""Carries out one clip's plan: packets into parts on the disk, and gaps told.

For the evidence thread alone. A disk that fails ends the part; the next key frame after a while
begins another, and what lies between is a gap that is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from vision.core.values import Change, Instant
from vision.evidence import timeline
from vision.evidence.clip_plan import ClipPlan, ClipRules, Move, PartEnd
from vision.evidence.fragment_muxer import FragmentMuxer, UnmuxableError
from vision.evidence.growing_file import GrowingFile
from vision.evidence.key_stock import is_for_want_of_a_key
from vision.evidence.packet_facts import FactsReader
from vision.evidence.place import UNMUXABLE, Place
from vision.evidence.places import FileKind
from vision.ingest.packets import EncodedPacket
from vision.logs import logger

RETRY_S = 5.0
"""How long a disk that failed is left alone."""

TOLD_FROM_S = 0.5
"""A shorter span without packets is no gap: a picture is not missing in it."""

_log = logger(__name__)


class _Part:
    """A part that is being written. ``safe``: the newest picture that is on the disk."""

    def __init__(self, place: Place, first: EncodedPacket) -> None:
        self.muxer = FragmentMuxer(first)
        self.file: GrowingFile = place.new_file(FileKind.CLIP)
        self.begin = self.end = self.safe = first.at


class ClipWriter:
    """The clip of one alarm; ``note`` takes the timeline's lines about its parts.

    ``alarm_at``: the alarm's moment in the time of the recorded stream.
    """

    def __init__(
        self, place: Place, rules: ClipRules, alarm_at: Instant, note: Callable[[str], None]
    ) -> None:
        self._place = place
        self._plan = ClipPlan(rules, alarm_at.stream_s)
        self._facts = FactsReader()
        self._note = note
        self._part: _Part | None = None
        self._retry_s = float("-inf")
        # Until a part begins, what belongs to the clip is missing from the alarm on.
        self._missing_from: Instant | None = alarm_at
        self._missing_why = PartEnd.CAMERA_LOST
        self._newest: Instant | None = None

    @property
    def over(self) -> bool:
        return self._plan.over

    def hear(self, change: Change, at_s: float) -> None:
        """The alarm changed."""
        self._plan.hear(change, at_s)

    def take(self, packet: EncodedPacket, *, missed: bool = False) -> None:
        """The next packet of the camera; ``missed``: others before it were dropped unread."""
        facts = self._facts.read(packet, missed=missed)
        if time.monotonic() < self._retry_s:
            self._lose(packet.at, self._missing_why)
            return
        move = self._plan.take(facts)
        self._end(move)
        if self._plan.over:
            self._close_gap(packet.at)
            return
        self._newest = packet.at
        if move.begin:
            self._begin(packet)
        if move.write and self._part is not None:
            self._write(self._part, packet)
        elif not move.write:
            self._lose(packet.at, PartEnd.MISSED)

    def pass_time(self, now: Instant) -> None:
        """No packet has come until now."""
        self._end(self._plan.pass_time(now.stream_s))
        if self._plan.over:
            self._close_gap(now)

    def stop(self, why: PartEnd = PartEnd.STOPPED) -> None:
        """End it as it is."""
        self._end(self._plan.stop(why))
        if self._newest is not None:
            self._close_gap(self._newest)

    def _begin(self, packet: EncodedPacket) -> None:
        try:
            self._part = _Part(self._place, packet)
        except UnmuxableError as error:
            _log.error("clip_not_begun", why=str(error))
            self._place.health.problem = UNMUXABLE
            self._interrupt(packet.at, PartEnd.UNMUXABLE)
        except OSError as error:
            self._fail(error, packet.at)
        else:
            self._place.health.problem = None
            self._close_gap(packet.at)
            part = self._part
            self._note(timeline.part_begins(part.file.name, packet.at, part.muxer.size_wh))

    def _write(self, part: _Part, packet: EncodedPacket) -> None:
        try:
            data = part.muxer.add(packet)
        except UnmuxableError as error:
            _log.warning("packet_not_kept", why=str(error))
            at = packet.at.wall_utc
            self._place.tell_gap(at, at, PartEnd.UNMUXABLE)
            return
        try:
            self._place.append(part.file, data)
        except OSError as error:
            self._fail(error, packet.at)
        else:
            # What came out ends before this packet, which begins the next fragment.
            part.safe = part.end if data else part.safe
            part.end = max(part.end, packet.at)

    def _fail(self, error: OSError, at: Instant) -> None:
        """The disk refused, or there is no key to seal with: leave it alone for a while."""
        _log.error("clip_not_written", why=error.strerror or type(error).__name__)
        self._place.health.fail(error)
        self._retry_s = time.monotonic() + RETRY_S
        self._interrupt(at, PartEnd.KEY if is_for_want_of_a_key(error) else PartEnd.DISK)

    def _interrupt(self, at: Instant, why: PartEnd) -> None:
        self._plan.interrupt(why)
        if self._part is None and self._missing_from is not None:
            # It could not begin, or not go on: that is why it is missing, its pre-roll too.
            self._missing_from = min(self._missing_from, at, key=lambda one: one.stream_s)
            self._missing_why = why
        self._end(Move(why))
        self._lose(at, why)

    def _end(self, move: Move) -> None:
        part, self._part = self._part, None if move.end else self._part
        if move.end is None or part is None:
            return
        self._finish(part, move.end)
        self._note(timeline.part_ends(part.file.name, part.end, move.end))
        self._missing_from, self._missing_why = part.end, move.end

    def _finish(self, part: _Part, why: PartEnd) -> None:
        rest = part.muxer.finish()
        if why is PartEnd.DISK:
            part.end = part.safe
        span_at = (part.begin.wall_utc, part.end.wall_utc)
        try:
            if why is not PartEnd.DISK:
                part.file.append(rest)
            self._place.keep(part.file, FileKind.CLIP, span_at, why)
        except OSError as error:
            # It stays as a growing file, and is made whole by whoever looks for leftovers.
            self._place.health.fail(error)
            part.file.give_up()

    def _lose(self, at: Instant, why: PartEnd) -> None:
        """A packet that belongs to the clip is not kept."""
        self._newest = at
        if self._missing_from is None and self._part is None:
            self._missing_from, self._missing_why = at, why

    def _close_gap(self, to: Instant) -> None:
        missing, self._missing_from = self._missing_from, None
        if missing is None or self._missing_why in {PartEnd.POST_ROLL, PartEnd.LONGEST}:
            return
        if to.wall_utc - missing.wall_utc > TOLD_FROM_S:
            self._place.tell_gap(missing.wall_utc, to.wall_utc, self._missing_why)
