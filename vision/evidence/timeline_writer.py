"""The timeline of one recording on its way to the disk.

For the evidence thread alone. While the disk refuses, lines wait; when too many wait, frames are
left out and the timeline says how many.
"""

from __future__ import annotations

import time

from vision.core.values import Instant
from vision.evidence import timeline
from vision.evidence.growing_file import GrowingFile
from vision.evidence.place import Place
from vision.evidence.places import FileKind
from vision.evidence.values import Sight, Subject, Versions
from vision.logs import logger

MOST_WAITING_BYTES = 1024 * 1024
WRITE_EVERY_S = 1.0
RETRY_S = 5.0

_log = logger(__name__)


class TimelineWriter:
    """Lines in, a file out; ``finish`` makes it whole."""

    def __init__(self, place: Place, subject: Subject, begin_at: float) -> None:
        self._place = place
        self._file: GrowingFile | None = None
        self._waiting = timeline.head(subject)
        self._versions: Versions | None = None
        self._left_out = 0
        self._due_s = float("-inf")
        self._span_at = (begin_at, begin_at)

    def saw(self, sight: Sight) -> None:
        """One analysed frame."""
        if len(self._waiting) > MOST_WAITING_BYTES:
            self._left_out += 1
            return
        if self._left_out:
            self._waiting += timeline.left_out(self._left_out)
            self._left_out = 0
        if sight.versions != self._versions:
            self._versions = sight.versions
            self._waiting += timeline.versions(sight.versions)
        self._waiting += timeline.sight(sight)
        self._span_at = (min(self._span_at[0], sight.at.wall_utc), sight.at.wall_utc)

    def note(self, line: str) -> None:
        """A line that is never left out."""
        self._waiting += line

    def write(self) -> None:
        """Put on the disk what waits, if it is time."""
        now_s = time.monotonic()
        if not self._waiting or now_s < self._due_s:
            return
        self._due_s = now_s + WRITE_EVERY_S
        self._attempt()

    def finish(self, why: str, now: Instant) -> None:
        """Write the rest and make the file whole."""
        if self._left_out:
            self._waiting += timeline.left_out(self._left_out)
        self._waiting += timeline.end(why)
        if not self._attempt() or self._file is None:
            self._place.tell_gap(self._span_at[0], now.wall_utc, "timeline")
            if self._file is not None:
                self._file.give_up()
            return
        try:
            self._place.keep(self._file, FileKind.TIMELINE, self._span_at, why)
        except OSError as error:
            self._place.health.fail(error)
            self._file.give_up()

    def _attempt(self) -> bool:
        try:
            if self._file is None:
                self._file = self._place.new_file(FileKind.TIMELINE)
            self._place.append(self._file, self._waiting.encode())
        except OSError as error:
            _log.error("timeline_not_written", why=error.strerror or type(error).__name__)
            self._place.health.fail(error)
            self._due_s = time.monotonic() + RETRY_S
            return False
        self._waiting = ""
        return True
