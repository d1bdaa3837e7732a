"""From a stream's timestamps to the two clocks of an Instant. Pure: arrivals come in as values.

What it assumes: a camera's clock runs straight, at nearly the right speed, from an arbitrary
start; what arrives was taken earlier, never later; the monotonic clock is right.

``stream_s`` is the PTS, shifted so that it never goes back within one camera, over jumps and
reconnects alike. It is laid against the monotonic clock by an *anchor*: the moment at which
``stream_s`` 0 was taken. Every arrival says "taken now or earlier", so the earliest
explanation holds: the anchor follows a packet that comes early at once, and late ones only by
``drift`` a second, which is more than cameras' crystals stray and far less than a lag that
matters. How much later than the anchor a packet arrives is its lag. Wall time is added last,
so a jump of the wall clock changes what an hour is called and no age.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.core.values import Instant


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a packet came in: monotonic seconds and POSIX seconds, UTC."""

    mono_s: float
    wall_utc: float


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How much is normal.

    ``reorder_s``: how far PTS may go back because of B-frames; ``jump_s``: how far a packet
    may lie in the future before that is a jump; ``drift``: seconds a second (300 ppm);
    ``wall_jump_s``: a smaller step of the wall clock is followed without being recorded.
    """

    reorder_s: float = 2.0
    jump_s: float = 2.0
    drift: float = 300e-6
    wall_jump_s: float = 1.0


_STEP_S = 0.001
"""The least that a new session or a jump moves on, so that two pictures never share a time."""


class StreamTime:
    """One camera's time, over all its sessions. Not safe to share between threads."""

    def __init__(self, rules: TimeRules = TimeRules()) -> None:
        self._rules = rules
        self._anchor_s: float | None = None
        self._base_s: float | None = None
        self._newest_pts_s = 0.0
        self._newest_s = 0.0
        self._newest_mono_s = 0.0
        self._step_s = _STEP_S
        self._wall_minus_mono_s: float | None = None
        self.jumps = 0
        self.wall_jumps = 0
        self.last_wall_jump_s = 0.0

    def new_session(self) -> None:
        """The next PTS starts anywhere: the camera was connected anew."""
        self._base_s = None

    def stamp(self, pts_s: float | None, arrival: Arrival) -> Instant:
        """The Instant of a packet, and whatever its arrival teaches.

        ``pts_s`` None (cameras leave it out now and then) is taken as "now".
        """
        self._follow_wall(arrival)
        if self._anchor_s is None:
            self._anchor_s = self._newest_mono_s = arrival.mono_s
        if pts_s is None:
            return self._instant(self._guess_s(arrival))
        if self._base_s is None:
            self._start_at(pts_s, self._live_s(arrival), arrival)
        elif self._is_jump(pts_s, arrival):
            self.jumps += 1
            elapsed_s = max(arrival.mono_s - self._newest_mono_s, _STEP_S)
            self._start_at(pts_s, self._newest_s + elapsed_s, arrival)
        elif pts_s > self._newest_pts_s:
            self._advance(pts_s, arrival)
        return self._instant(self._base_s + pts_s if self._base_s is not None else 0.0)

    def lag_s(self) -> float | None:
        """How late the newest picture arrived; None before the first one."""
        if self._anchor_s is None:
            return None
        return max(0.0, self._newest_mono_s - self._anchor_s - self._newest_s)

    def _guess_s(self, arrival: Arrival) -> float:
        """The stream time of a packet that does not say: one step after the one before.

        Not the time since that one came: a guess too late would put the next ones behind it.
        """
        if self._base_s is None:
            return self._live_s(arrival)
        return self._newest_s + self._step_s

    def _live_s(self, arrival: Arrival) -> float:
        """The stream time of a picture that is taken at this moment."""
        now_s = arrival.mono_s - (self._anchor_s or 0.0)
        return max(now_s, self._newest_s + _STEP_S) if self._newest_s else max(now_s, 0.0)

    def _start_at(self, pts_s: float, stream_s: float, arrival: Arrival) -> None:
        self._base_s = stream_s - pts_s
        self._newest_pts_s, self._newest_s = pts_s, stream_s
        self._newest_mono_s = arrival.mono_s

    def _is_jump(self, pts_s: float, arrival: Arrival) -> bool:
        """Back by more than B-frames explain, back for good, or into the future."""
        if pts_s > self._newest_pts_s:
            return self._lead_s(pts_s, arrival) > self._rules.jump_s
        is_far = self._newest_pts_s - pts_s > self._rules.reorder_s
        return is_far or arrival.mono_s - self._newest_mono_s > self._rules.reorder_s

    def _lead_s(self, pts_s: float, arrival: Arrival) -> float:
        """How much earlier a packet arrives than the anchor allows; negative is its lag."""
        stream_s = (self._base_s or 0.0) + pts_s
        return stream_s - (arrival.mono_s - (self._anchor_s or 0.0))

    def _advance(self, pts_s: float, arrival: Arrival) -> None:
        lead_s = self._lead_s(pts_s, arrival)
        elapsed_s = max(0.0, arrival.mono_s - self._newest_mono_s)
        may_drift_s = self._rules.drift * elapsed_s
        self._anchor_s = (self._anchor_s or 0.0) + min(-lead_s, may_drift_s)
        self._step_s = pts_s - self._newest_pts_s
        self._newest_pts_s, self._newest_mono_s = pts_s, arrival.mono_s
        self._newest_s = (self._base_s or 0.0) + pts_s

    def _follow_wall(self, arrival: Arrival) -> None:
        difference_s = arrival.wall_utc - arrival.mono_s
        if self._wall_minus_mono_s is not None:
            step_s = difference_s - self._wall_minus_mono_s
            if abs(step_s) > self._rules.wall_jump_s:
                self.wall_jumps += 1
                self.last_wall_jump_s = step_s
        self._wall_minus_mono_s = difference_s

    def _instant(self, stream_s: float) -> Instant:
        taken_mono_s = (self._anchor_s or 0.0) + stream_s
        return Instant(stream_s, taken_mono_s + (self._wall_minus_mono_s or 0.0))
