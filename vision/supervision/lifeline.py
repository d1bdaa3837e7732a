"""What to do about one child, from what was heard of it and when: pure.

No process and no clock here: moments are monotonic seconds, passed in.
"""

from __future__ import annotations

from enum import Enum, auto

from vision.child_protocol import Ready, Report
from vision.supervision.timings import Timings


class Need(Enum):
    """What the child needs now."""

    NOTHING = auto()
    START = auto()
    TELL_SLOW = auto()
    KILL = auto()


class RestartDelay:
    """How long a child waits for its next start: doubling, anew after it was well for long."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._next_s = timings.first_restart_s

    def after(self, well_s: float) -> float:
        """Seconds to wait, for a child that was at work for ``well_s`` before it ended."""
        if well_s >= self._timings.healthy_s:
            self._next_s = self._timings.first_restart_s
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, self._timings.longest_restart_s)
        return wait_s


class _Phase(Enum):
    WAITING = auto()
    STARTING = auto()
    READY = auto()
    DYING = auto()


class Lifeline:
    """One child from start to start. Its first start is due at once."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._delay = RestartDelay(timings)
        self._phase = _Phase.WAITING
        self._since_s = float("-inf")
        self._heard_s = float("-inf")
        self._told_slow = False

    @property
    def last_heard_s(self) -> float:
        """When the child was started or last heard of."""
        return self._heard_s

    @property
    def is_dying(self) -> bool:
        return self._phase is _Phase.DYING

    def started(self, now_s: float) -> None:
        self._enter(_Phase.STARTING, now_s)
        self._heard_s = now_s
        self._told_slow = False

    def heard(self, report: Report, now_s: float) -> None:
        """Any report is a sign of life; ``Ready`` also begins the time at work."""
        if self._phase is _Phase.STARTING and isinstance(report, Ready):
            self._enter(_Phase.READY, now_s)
        self._heard_s = now_s

    def ended(self, now_s: float, *, at_once: bool = False) -> None:
        """The process is gone; its next start is due after the delay, or ``at_once``."""
        well_s = now_s - self._since_s if self._phase is _Phase.READY else 0.0
        wait_s = 0.0 if at_once else self._delay.after(well_s)
        self._enter(_Phase.WAITING, now_s + wait_s)

    def killed(self, now_s: float) -> None:
        """It was sent SIGKILL and is gone as soon as the kernel can."""
        self._enter(_Phase.DYING, now_s)

    def forgive(self, gap_s: float) -> None:
        """The supervisor itself stood still: that much silence was not the child's."""
        self._heard_s += gap_s
        if self._phase is _Phase.STARTING:
            self._since_s += gap_s

    def is_steady(self, now_s: float) -> bool:
        """Whether it is at work, and was all through ``steady_s``."""
        return self._phase is _Phase.READY and now_s - self._since_s >= self._timings.steady_s

    def judge(self, now_s: float) -> Need:
        """What is due now. ``TELL_SLOW`` comes once a start."""
        if self._phase is _Phase.WAITING:
            return Need.START if now_s >= self._since_s else Need.NOTHING
        if self._phase is _Phase.READY:
            silent_s = now_s - self._heard_s
            return Need.KILL if silent_s > self._timings.hang_after_s else Need.NOTHING
        if self._phase is _Phase.STARTING:
            return self._judge_start(now_s - self._since_s)
        return Need.NOTHING

    def _judge_start(self, starting_s: float) -> Need:
        if starting_s > self._timings.start_grace_s:
            return Need.KILL
        if starting_s > self._timings.slow_start_s and not self._told_slow:
            self._told_slow = True
            return Need.TELL_SLOW
        return Need.NOTHING

    def _enter(self, phase: _Phase, since_s: float) -> None:
        self._phase, self._since_s = phase, since_s
