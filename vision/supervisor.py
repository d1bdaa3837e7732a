"""The supervisor: one loop in one thread that keeps the children at work.

Nothing native is imported here or below ``vision.supervision``, and nothing in the loop waits
for a disk: so it outlives whatever a stream, a model or a full disk does to the others. What it
does about children, disk, clock and end stands in ``vision.supervision``; here it is put
together and turned.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from vision import kept_config
from vision.config_reader import ConfigError
from vision.core.values import AlarmDecision, Instant
from vision.kept_config import KeptConfig
from vision.outputs.journal_values import AlarmRecord
from vision.settings import Settings
from vision.supervision import resuming
from vision.supervision.alarms import camera_removed
from vision.supervision.assignment import Assignment, assign, worker_count
from vision.supervision.data_dir import DataDirLock
from vision.supervision.family import Commands, Ending, Family
from vision.supervision.publisher_line import PublisherLine
from vision.supervision.recorder import Recorder
from vision.supervision.reloading import ConfigReading, difference
from vision.supervision.service_manager import ServiceManager
from vision.supervision.signals import SignalInbox
from vision.supervision.system_watch import SystemWatch, disk_reason
from vision.supervision.timings import DAEMON, Timings

_log = structlog.get_logger("supervisor")

_LAST_WRITES_S = 0.3
"""What remains of the 5 s of the end for the journal, once all children are gone."""


class Supervisor:
    """The daemon's first process; ``run`` it in the main thread, once.

    ``lock`` is held by whoever made it, for as long as this runs.
    """

    def __init__(
        self,
        config_path: Path,
        settings: Settings,
        commands: Commands,
        lock: DataDirLock,
        timings: Timings = DAEMON,
    ) -> None:
        settings.run_dir.mkdir(mode=0o700, exist_ok=True)
        self._config = KeptConfig(config_path, settings.run_dir / kept_config.NAME)
        self._config.keep()
        self._settings = settings
        self._timings = timings
        self._selector = selectors.DefaultSelector()
        self._signals = SignalInbox(self._selector)
        self._manager = ServiceManager()
        self._family = Family(commands, self._selector, timings, (lock.fd,))
        self._watch = SystemWatch(timings)
        self._line = PublisherLine(settings.run_dir)
        self._recorder = Recorder(settings.data_dir, settings.journal_path, self._line, timings)
        self._reading: ConfigReading | None = None
        self._read_again = False
        self._ending: Ending | None = None
        self._turned_s = time.monotonic()

    def run(self) -> bool:
        """Work until SIGTERM or SIGINT; False where the disk kept the last write waiting."""
        _log.info("supervisor_started", cameras=len(self._settings.cameras))
        try:
            self._record(self._assign(_now()))
            self._manager.ready()
            while not self._turn():
                pass
        finally:
            written = self._close()
        _log.info("supervisor_ended", written=written)
        return written

    def _turn(self) -> bool:
        """One turn of the loop; whether it was the last."""
        events = self._selector.select(self._timings.tick_s)
        now = _now()
        gap_s = now.stream_s - self._turned_s
        self._turned_s = now.stream_s
        if gap_s > self._timings.stall_s:
            _log.warning("supervisor_stood_still", gap_s=round(gap_s, 1))
            self._family.forgive(gap_s)
        for key, _ in events:
            key.data()
        for number in self._signals.take():
            self._handle(number, now)
        self._record(self._decide(now))
        self._manager.loop_turns(now.stream_s)
        return self._ending is not None and self._ending.step(now.stream_s)

    def _decide(self, now: Instant) -> list[AlarmDecision]:
        resumed = self._recorder.take_open_alarms()
        disk = self._recorder.disk
        slow = self._recorder.is_slow(now.stream_s)
        reason = disk_reason(disk.level, unwritable=disk.unwritable, slow=slow)
        return [
            *(self._resume(resumed, now) if resumed else ()),
            *self._reload(now),
            *self._family.step(now),
            *self._watch.look_at_disk(reason, now),
            *self._watch.look_at_clock(now),
        ]

    def _handle(self, number: signal.Signals, now: Instant) -> None:
        if number in {signal.SIGTERM, signal.SIGINT} and self._ending is None:
            _log.info("ending", signal=number.name)
            self._manager.stopping()
            self._ending = Ending(self._family, self._timings, now.stream_s)
        elif number is signal.SIGHUP and self._ending is None:
            if self._reading is None:
                self._manager.reloading()
                self._read_config()
            else:
                self._read_again = True

    def _read_config(self) -> None:
        self._reading = ConfigReading(self._config, self._settings, self._signals.wake)

    def _reload(self, now: Instant) -> list[AlarmDecision]:
        outcome = None if self._reading is None else self._reading.take()
        if outcome is None:
            return []
        self._reading = None
        if self._read_again:
            self._read_again = False
            self._read_config()
            return []
        if self._ending is not None:
            return []
        self._manager.ready()
        if isinstance(outcome, ConfigError):
            for problem in outcome.problems:
                _log.error("configuration_refused", problem=str(problem))
            return []
        return self._apply(outcome, now)

    def _apply(self, new: Settings, now: Instant) -> list[AlarmDecision]:
        """Take up a configuration that is right, unless it needs another daemon."""
        changes = difference(self._settings, new)
        if changes.fixed:
            _log.error(
                "configuration_refused",
                problem=f"{', '.join(changes.fixed)} changed; restart the daemon for that",
            )
            return []
        self._settings = new
        if changes.publisher:
            self._family.publisher.replace(now.stream_s)
        if changes.ledger and self._family.ledger is not None:
            self._family.ledger.replace(now.stream_s)
        decisions = [d for camera in changes.removed_cameras for d in camera_removed(camera, now)]
        decisions += self._assign(now)
        _log.info("configuration_taken_up", cameras=len(new.cameras), publisher=changes.publisher)
        return decisions

    def _assign(self, now: Instant) -> list[AlarmDecision]:
        assignment = _assignment(self._settings, self._family.assignment)
        self._recorder.keep_beats_of(assignment, self._settings.site_id)
        return self._family.assign(assignment, now)

    def _resume(self, alarms: Sequence[AlarmRecord], now: Instant) -> list[AlarmDecision]:
        cameras = {camera.camera_id for camera in self._settings.cameras}
        return resuming.resume(alarms, cameras, self._family, self._watch, now)

    def _record(self, decisions: Sequence[AlarmDecision]) -> None:
        for decision in decisions:
            _log.warning(
                "alarm",
                incident=decision.incident,
                change=decision.change.value,
                reason=decision.reason,
            )
        self._recorder.record(decisions, self._settings.site_id)

    def _close(self) -> bool:
        """Let go of everything. A child that is left sees the end of its stdin, and ends."""
        if self._reading is not None:
            self._reading.close()
        written = self._recorder.close(_LAST_WRITES_S)
        self._line.close()
        self._manager.close()
        self._signals.close()
        self._selector.close()
        return written


def _assignment(settings: Settings, before: Assignment) -> Assignment:
    cameras = [camera.camera_id for camera in settings.cameras]
    cores = len(os.sched_getaffinity(0))
    return assign(cameras, worker_count(settings.workers, cores, len(cameras)), before)


def _now() -> Instant:
    """The moment in the supervisor's two clocks."""
    return Instant(time.monotonic(), time.time())
