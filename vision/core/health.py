"""When a camera counts as offline or lagging: pure, fed with what its sessions report.

``seen_s`` and ``now_s`` are monotonic seconds of the worker, not stream time: a camera that
sends nothing has no stream time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant

LAG_RECOVERS_AT = 0.5
"""A lagging camera is well again under this part of its limit, so the alarm does not flicker."""

WELL_REPORTS = 4
"""An offline camera is back after this many good reports in a row: a stream that brings a sound
picture now and then among garbage is not."""


@dataclass(frozen=True, slots=True)
class CameraReport:
    """What is known of a camera at one moment.

    ``silent_s``: seconds since the last usable picture or packet (or since the start).
    ``lag_s``: how far the pictures are behind the wall clock; None while nothing arrives.
    ``reason``: a stable code (``unreachable``, ``wrong_password``, ``stopped_sending``, ...).
    """

    silent_s: float
    lag_s: float | None
    reason: str


class CameraHealth:
    """Turns reports about one camera into ``camera_offline`` and ``camera_lagging``."""

    def __init__(self, camera_id: str, *, offline_after_s: float, lag_limit_s: float) -> None:
        self._camera_id = camera_id
        self._offline_after_s = offline_after_s
        self._lag_limit_s = lag_limit_s
        self._offline_reason: str | None = None
        self._well_reports = 0
        self._lagging = False

    @property
    def online(self) -> bool:
        return self._offline_reason is None

    def resume(self, kind: AlarmKind) -> None:
        """Take up an alarm that was open before a restart, so that it can be cleared."""
        if kind is AlarmKind.CAMERA_OFFLINE:
            self._offline_reason = "resumed"
        elif kind is AlarmKind.CAMERA_LAGGING:
            self._lagging = True

    def observe(self, report: CameraReport, at: Instant) -> Iterator[AlarmDecision]:
        """Say what changed; an offline camera's reason is updated when it becomes another."""
        yield from self._observe_silence(report, at)
        yield from self._observe_lag(report, at)

    def _observe_silence(self, report: CameraReport, at: Instant) -> Iterator[AlarmDecision]:
        kind = AlarmKind.CAMERA_OFFLINE
        is_well = report.silent_s < self._offline_after_s and report.lag_s is not None
        self._well_reports = self._well_reports + 1 if is_well else 0
        if report.silent_s < self._offline_after_s:
            if self._offline_reason is not None and self._well_reports >= WELL_REPORTS:
                self._offline_reason = None
                yield self._decision(kind, Change.CLEARED, "sending_again", at)
            return
        if report.reason != self._offline_reason:
            change = Change.RAISED if self._offline_reason is None else Change.UPDATED
            self._offline_reason = report.reason
            yield self._decision(kind, change, report.reason, at)

    def _observe_lag(self, report: CameraReport, at: Instant) -> Iterator[AlarmDecision]:
        kind = AlarmKind.CAMERA_LAGGING
        lag_s = report.lag_s
        if lag_s is None:
            return
        if not self._lagging and lag_s > self._lag_limit_s:
            self._lagging = True
            detail = (("lag_s", f"{lag_s:.1f}"),)
            yield self._decision(kind, Change.RAISED, "behind_the_clock", at, detail)
        elif self._lagging and lag_s < LAG_RECOVERS_AT * self._lag_limit_s:
            self._lagging = False
            yield self._decision(kind, Change.CLEARED, "caught_up", at)

    def _decision(
        self,
        kind: AlarmKind,
        change: Change,
        reason: str,
        at: Instant,
        detail: tuple[tuple[str, str], ...] = (),
    ) -> AlarmDecision:
        return AlarmDecision(
            incident=f"{kind}/{self._camera_id}",
            change=change,
            kind=kind,
            camera_id=self._camera_id,
            at=at,
            reason=reason,
            detail=detail,
        )
