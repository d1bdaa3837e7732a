"""Writes the supervisor's alarms into the journal, in a thread of its own.

A disk that is slow or full stops this thread and never the supervisor's loop. What cannot be
journalled goes to the publisher at once, undurably, and is journalled later under the same id.
The ballast and the look at the free space live here too: they wait for the same disk.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from vision.core.values import AlarmDecision, AlarmKind, Change
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError, JournalFullError, JournalReplacedError
from vision.outputs.journal_latest import PUBLISHER
from vision.outputs.journal_values import AlarmRecord, CameraState, CommitContext
from vision.supervision.ballast import SIZE_BYTES, Ballast
from vision.supervision.disk_watch import LOW_BYTES, DiskLevel, disk_level
from vision.supervision.timings import Timings

_log = structlog.get_logger("supervisor")

MOST_PENDING = 10_000
"""Entries kept while the journal cannot be written; the oldest go first, and are counted."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What to write together. ``processes``: the only ones whose beats are to be kept."""

    site: str
    decisions: tuple[AlarmDecision, ...] = ()
    processes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DiskState:
    """How the journal's disk does, as the thread last saw it."""

    level: DiskLevel = DiskLevel.WELL
    unwritable: bool = False


class Publisher(Protocol):
    """The way to the publisher that does not lead over the disk; it never waits."""

    def hand_over(self, decision: AlarmDecision, site: str) -> str | None:
        """Send an alarm undurably; the id it went out under, None where nobody took it."""

    def wake(self) -> None:
        """There is something new in the journal."""


class Recorder:
    """The thread, its queue, and what it found. Methods may be called from the loop only."""

    def __init__(
        self, data_dir: Path, journal_path: Path, publisher: Publisher, timings: Timings
    ) -> None:
        self._data_dir = data_dir
        self._journal_path = journal_path
        self._publisher = publisher
        self._timings = timings
        self._ballast = Ballast(data_dir)
        self._journal: Journal | None = None
        self._news = threading.Condition()
        self._pending: deque[_Entry] = deque()
        self._closing = False
        self._busy_since_s: float | None = None
        self._gone_out: dict[str, str] = {}
        self._open_alarms: tuple[AlarmRecord, ...] | None = None
        self._resumed = False
        self._dropped = 0
        self.disk = DiskState()
        self._thread = threading.Thread(target=self._run, name="recorder")
        self._thread.start()

    def record(self, decisions: Sequence[AlarmDecision], site: str) -> None:
        """Queue alarms; they are committed in order."""
        if decisions:
            self._queue(_Entry(site, tuple(decisions)))

    def keep_beats_of(self, processes: Iterable[str], site: str) -> None:
        """These workers are wanted; nobody is to miss the heartbeats of others."""
        self._queue(_Entry(site, processes=frozenset((*processes, PUBLISHER))))

    def take_open_alarms(self) -> tuple[AlarmRecord, ...] | None:
        """The alarms that were open when the journal was first read; given once, then None."""
        with self._news:
            found, self._open_alarms = self._open_alarms, None
            return found

    def is_slow(self, now_s: float) -> bool:
        """Whether one write takes so long that people must know; call it in every turn.

        Alarms that have waited for it beyond patience are handed over.
        """
        with self._news:
            since_s = self._busy_since_s
            busy_s = 0.0 if since_s is None else now_s - since_s
            if busy_s > self._timings.patience_s:
                self._hand_over()
            return busy_s > self._timings.slow_write_s

    def close(self, timeout_s: float) -> bool:
        """Write what is left and end the thread; False where the disk does not let it end."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            with self._news:
                self._hand_over()
            return False
        return True

    # the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        disk_due_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            if now_s >= disk_due_s:
                self._working(self._look_at_disk)
                disk_due_s = now_s + self._timings.disk_every_s
            wrote = self._working(self._write_pending)
            with self._news:
                if self._closing and (not self._pending or not wrote):
                    break
                wait_s = disk_due_s - time.monotonic()
                if not wrote:
                    self._news.wait_for(lambda: self._closing, self._timings.retry_s)
                else:
                    self._news.wait_for(lambda: self._closing or self._pending, max(0.0, wait_s))
        self._drop_journal()

    def _drop_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _working(self, work: Callable[[], bool]) -> bool:
        """Do something that may wait for the disk; the loop sees since when."""
        self._busy_since_s = time.monotonic()
        try:
            return work()
        finally:
            self._busy_since_s = None

    def _write_pending(self) -> bool:
        """Write everything that waits; False where the journal does not take it."""
        try:
            journal = self._opened()
            while self._pending:
                self._write(journal, self._pending[0])
                with self._news:
                    self._pending.popleft()
        except (JournalError, sqlite3.Error, OSError) as error:
            self._failed(error)
            return False
        except Exception:  # noqa: BLE001 -- our own mistake about one alarm must not cost the others
            _log.exception("alarm_not_writable")
            with self._news:
                if self._pending:
                    self._pending.popleft()
            return False
        if self.disk.unwritable:
            _log.info("journal_writable_again")
            self.disk = DiskState(self.disk.level, unwritable=False)
        return True

    def _opened(self) -> Journal:
        if self._journal is None:
            self._journal = Journal.open(self._journal_path)
        if not self._resumed:
            found = self._journal.open_alarms()
            with self._news:
                self._open_alarms, self._resumed = found, True
        return self._journal

    def _write(self, journal: Journal, entry: _Entry) -> None:
        if entry.processes is not None:
            for process in journal.beat_ages_s().keys() - entry.processes:
                journal.forget_beat(process)
        if not entry.decisions:
            return
        with self._news:
            alarm_ids = dict(self._gone_out)
        journal.commit(entry.decisions, CommitContext(entry.site, alarm_ids=alarm_ids))
        with self._news:
            for decision in entry.decisions:
                self._gone_out.pop(decision.incident, None)
        self._publisher.wake()
        for decision in entry.decisions:
            if decision.kind is AlarmKind.CAMERA_OFFLINE and decision.camera_id is not None:
                # Its retained state must not say online while nobody watches it.
                state = CameraState(online=False, why=decision.reason)
                journal.put_camera_state(decision.camera_id, state, entry.site)

    def _failed(self, error: Exception) -> None:
        if not self.disk.unwritable:
            _log.error("journal_unwritable", why=str(error))
            self.disk = DiskState(self.disk.level, unwritable=True)
        if isinstance(error, JournalReplacedError):
            self._drop_journal()
        if isinstance(error, JournalFullError):
            self._drop_ballast()
        with self._news:
            self._hand_over()

    def _hand_over(self) -> None:
        """Send what waits to the publisher, an incident once; the caller holds ``_news``."""
        for entry in self._pending:
            for decision in entry.decisions:
                if decision.change is Change.CLEARED or decision.incident in self._gone_out:
                    continue
                alarm_id = self._publisher.hand_over(decision, entry.site)
                if alarm_id is not None:
                    self._gone_out[decision.incident] = alarm_id

    def _look_at_disk(self) -> bool:
        try:
            stats = os.statvfs(self._data_dir)
            free_bytes = stats.f_bavail * stats.f_frsize
            level = disk_level(self.disk.level, free_bytes)
            if level is not self.disk.level:
                _log.warning("disk_level", level=level, free_bytes=free_bytes)
            self.disk = DiskState(level, self.disk.unwritable)
            if level is DiskLevel.FULL:
                self._drop_ballast()
            elif free_bytes > LOW_BYTES + SIZE_BYTES and self._ballast.load():
                _log.info("ballast_loaded", size_bytes=SIZE_BYTES)
        except OSError as error:
            _log.warning("disk_not_seen", why=error.strerror or type(error).__name__)
            return False
        return True

    def _drop_ballast(self) -> None:
        try:
            if self._ballast.drop():
                _log.warning("ballast_dropped", size_bytes=SIZE_BYTES)
        except OSError as error:
            _log.warning("ballast_not_dropped", why=error.strerror or type(error).__name__)

    def _queue(self, entry: _Entry) -> None:
        with self._news:
            if len(self._pending) >= MOST_PENDING:
                # The second, as the first may be in the hands of the thread right now.
                del self._pending[1]
                self._dropped += 1
                _log.error("alarm_dropped", dropped=self._dropped)
            self._pending.append(entry)
            self._news.notify_all()
