"""Keeps one child at work: starts it, hears it, kills it when it hangs, starts it again.

The rules are ``lifeline``'s and the alarms ``alarms``'; here they meet the process.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

import structlog

from vision.child_protocol import Assign, Degraded, Ready, Report, Stop
from vision.core.values import AlarmDecision, Instant
from vision.supervision.alarms import Fault, Gap, Parts
from vision.supervision.child import Child, how_it_ended
from vision.supervision.lifeline import Lifeline, Need
from vision.supervision.timings import Timings

_log = structlog.get_logger("supervisor")


class _Aim(Enum):
    RUN = auto()
    REPLACE = auto()
    RETIRE = auto()
    END = auto()


class Keeper:
    """One child, over all its processes. ``spawn`` starts one, or raises OSError.

    ``cameras`` is None for a child that owns none (the publisher). Moments are Instants whose
    ``stream_s`` is the supervisor's monotonic time.
    """

    def __init__(
        self,
        name: str,
        spawn: Callable[[], Child],
        *,
        gap: Gap,
        parts: Parts,
        timings: Timings,
        cameras: tuple[str, ...] | None = None,
    ) -> None:
        self.name = name
        self._spawn = spawn
        self.gap = gap
        self._parts = parts
        self._timings = timings
        self._cameras = cameras
        self._lifeline = Lifeline(timings)
        self._child: Child | None = None
        self._aim = _Aim.RUN
        self._kill_at_s = float("inf")

    @property
    def cameras(self) -> tuple[str, ...]:
        return self._cameras or ()

    @property
    def is_gone(self) -> bool:
        """Whether it is to run no more and no process is left."""
        return self._aim in {_Aim.RETIRE, _Aim.END} and self._child is None

    def forgive(self, gap_s: float) -> None:
        """The supervisor stood still that long."""
        self._lifeline.forgive(gap_s)

    def assign(self, cameras: tuple[str, ...], at: Instant) -> list[AlarmDecision]:
        """Tell the child its cameras, also where they are the same: the file behind changed."""
        self._cameras = cameras
        if self._child is not None:
            self._child.send(Assign(cameras))
        return self.gap.lose(cameras, at)

    def replace(self, now_s: float) -> None:
        """End this process in an orderly way and start the next at once; that is no fault."""
        if self._child is not None and self._aim is _Aim.RUN:
            self._end(_Aim.REPLACE, now_s + self._timings.replace_s)

    def retire(self, now_s: float) -> None:
        """The child is wanted no more: end it in an orderly way, and its alarms with it."""
        self._end(_Aim.RETIRE, now_s + self._timings.replace_s)

    def end(self, kill_at_s: float) -> None:
        """The daemon ends: end the process, by SIGKILL at the given moment. Alarms stay open."""
        self._end(_Aim.END, min(kill_at_s, self._kill_at_s))

    def step(self, now: Instant) -> list[AlarmDecision]:
        """Do what is due; the alarms that follow are returned."""
        decisions: list[AlarmDecision] = []
        if self._child is not None:
            self._child.flush()
            status = self._child.poll()
            if status is not None:
                self._child.close()
            for report in self._child.reports():
                decisions += self._hear(report, now)
            if status is not None:
                decisions += self._ended(self._child, status, now)
        return decisions + self._do_what_is_due(now)

    def _end(self, aim: _Aim, kill_at_s: float) -> None:
        self._aim, self._kill_at_s = aim, kill_at_s
        if self._child is not None:
            self._child.send(Stop())

    def _hear(self, report: Report, now: Instant) -> list[AlarmDecision]:
        self._lifeline.heard(report, now.stream_s)
        if isinstance(report, Ready):
            _log.info("child_ready", child=self.name)
            self.gap.at_work()
        if isinstance(report, Degraded):
            _log.warning("child_degraded", child=self.name, what=report.what, reason=report.reason)
            return self._parts.reported(self.name, report.what, report.reason, now)
        return []

    def _ended(self, child: Child, status: int, now: Instant) -> list[AlarmDecision]:
        how = how_it_ended(status)
        _log.info(
            "child_ended",
            child=self.name,
            child_pid=child.pid,
            how=how,
            garbage=child.garbage_lines,
        )
        self._child = None
        self._parts.process_ended(self.name)
        was_killed = self._lifeline.is_dying
        self._lifeline.ended(now.stream_s, at_once=self._aim is _Aim.REPLACE)
        if self._aim in {_Aim.RETIRE, _Aim.END}:
            return []
        if self._aim is _Aim.REPLACE or was_killed:
            self._aim, self._kill_at_s = _Aim.RUN, float("inf")
            return []
        return self.gap.begin(Fault.CRASHED, self.cameras, now, how)

    def _do_what_is_due(self, now: Instant) -> list[AlarmDecision]:
        if self._aim is not _Aim.RUN:
            return self._make_it_end(now)
        match self._lifeline.judge(now.stream_s):
            case Need.START:
                return self._start(now)
            case Need.TELL_SLOW:
                return self.gap.begin(Fault.SLOW_START, self.cameras, now, "still loading")
            case Need.KILL if self._child is not None:
                return self._kill_hung(self._child, now)
        if self._lifeline.is_steady(now.stream_s):
            return [*self.gap.end(now), *self._parts.settled(self.name, now)]
        return []

    def _make_it_end(self, now: Instant) -> list[AlarmDecision]:
        if self._child is not None and now.stream_s >= self._kill_at_s:
            self._kill(self._child, "ignored the order to end")
            self._kill_at_s = float("inf")
        if self._aim is _Aim.RETIRE and self._child is None:
            return [*self.gap.give_up(now), *self._parts.settled(self.name, now)]
        return []

    def _start(self, now: Instant) -> list[AlarmDecision]:
        try:
            self._child = self._spawn()
        except OSError as error:
            why = error.strerror or type(error).__name__
            _log.exception("child_not_started", child=self.name, why=why)
            self._lifeline.ended(now.stream_s)
            return self.gap.begin(Fault.CRASHED, self.cameras, now, f"cannot be started: {why}")
        _log.info("child_started", child=self.name, child_pid=self._child.pid)
        self._lifeline.started(now.stream_s)
        if self._cameras is not None:
            self._child.send(Assign(self._cameras))
        return []

    def _kill_hung(self, child: Child, now: Instant) -> list[AlarmDecision]:
        silent_s = now.stream_s - self._lifeline.last_heard_s
        self._kill(child, f"silent for {silent_s:.1f} s")
        self._lifeline.killed(now.stream_s)
        return self.gap.begin(Fault.HUNG, self.cameras, now, "no heartbeat")

    def _kill(self, child: Child, why: str) -> None:
        _log.warning("child_killed", child=self.name, child_pid=child.pid, why=why)
        child.kill()
