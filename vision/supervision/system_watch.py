"""Watches what belongs to no child: the disk and the clock. Pure; alarms come out."""

from __future__ import annotations

from vision.core.values import AlarmDecision, Instant
from vision.supervision.alarms import CLOCK, DISK, Alarm
from vision.supervision.clock_watch import ClockWatch
from vision.supervision.disk_watch import DiskLevel
from vision.supervision.timings import Timings


def disk_reason(level: DiskLevel, *, unwritable: bool, slow: bool) -> str | None:
    """The worst that is wrong with the disk, as a reason code; None where nothing is."""
    if unwritable:
        return "journal_unwritable"
    if level is DiskLevel.FULL:
        return level.value
    if slow:
        return "disk_slow"
    return level.value if level is DiskLevel.LOW else None


class SystemWatch:
    """``system_degraded`` about disk and clock, ended only after some time without cause."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._clock = ClockWatch()
        self._disk_alarm, self._clock_alarm = Alarm(DISK), Alarm(CLOCK)
        self._disk_bad_s = self._jumped_s = float("-inf")

    def resume(self, incident: str) -> None:
        """An alarm of this watch was open before a restart."""
        for alarm in (self._disk_alarm, self._clock_alarm):
            if alarm.incident == incident:
                alarm.resume()

    def look_at_disk(self, reason: str | None, now: Instant) -> list[AlarmDecision]:
        """``reason`` from ``disk_reason``."""
        if reason is not None:
            self._disk_bad_s = now.stream_s
            return self._disk_alarm.raise_(reason, now)
        if now.stream_s - self._disk_bad_s < self._timings.steady_s:
            return []
        return self._disk_alarm.clear("disk_well", now)

    def look_at_clock(self, now: Instant) -> list[AlarmDecision]:
        """``now`` holds both clocks; a jump is an alarm of its own, however soon the next."""
        jump_s = self._clock.look(now.wall_utc, now.stream_s)
        if jump_s is not None:
            self._jumped_s = now.stream_s
            direction = "forward" if jump_s > 0 else "back"
            reason = f"clock_jumped_{direction}"
            return self._clock_alarm.say(reason, now, jump_s=f"{jump_s:+.1f}")
        if now.stream_s - self._jumped_s < self._timings.clock_steady_s:
            return []
        return self._clock_alarm.clear("clock_steady", now)
