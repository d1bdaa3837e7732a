"""The alarms that the supervisor itself raises: pure.

What happened comes in, decisions for the journal go out. Whether a child lives, how full the
disk is and what time it is, others find out.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant

_DEGRADED = AlarmKind.SYSTEM_DEGRADED
WORKER_PREFIX = f"{_DEGRADED}/worker/"
PART_PREFIX = f"{_DEGRADED}/part/"
PUBLISHER = f"{_DEGRADED}/publisher"
LEDGER = f"{_DEGRADED}/ledger"
DISK = f"{_DEGRADED}/disk"
CLOCK = f"{_DEGRADED}/clock"


class Fault(StrEnum):
    """What is the matter with a child."""

    CRASHED = "crashed"
    HUNG = "hung"
    SLOW_START = "slow_start"


def degraded(
    incident: str, change: Change, reason: str, at: Instant, **detail: str
) -> AlarmDecision:
    """A part of the system fails, or works again."""
    return AlarmDecision(
        incident, change, _DEGRADED, None, at, reason, detail=tuple(detail.items())
    )


def camera_decision(
    kind: AlarmKind, camera_id: str, change: Change, reason: str, at: Instant
) -> AlarmDecision:
    """A camera is not watched; the incident is the one of the worker's own camera health."""
    return AlarmDecision(f"{kind}/{camera_id}", change, kind, camera_id, at, reason)


def camera_removed(camera_id: str, at: Instant) -> list[AlarmDecision]:
    """A camera is configured no more, so nobody else would end the alarms about it."""
    kinds = (AlarmKind.CAMERA_OFFLINE, AlarmKind.CAMERA_LAGGING)
    return [
        camera_decision(kind, camera_id, Change.CLEARED, "camera_removed", at) for kind in kinds
    ]


class Alarm:
    """One incident of the system: raised, updated when its reason becomes another, cleared."""

    def __init__(self, incident: str) -> None:
        self.incident = incident
        self._reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self._reason is not None

    def resume(self) -> None:
        """It was open before a restart, so it can be cleared."""
        self._reason = self._reason or "resumed"

    def raise_(self, reason: str, at: Instant, **detail: str) -> list[AlarmDecision]:
        """Raise it; nothing where it is open for the same reason."""
        return [] if reason == self._reason else self.say(reason, at, **detail)

    def say(self, reason: str, at: Instant, **detail: str) -> list[AlarmDecision]:
        """Raise it, or say that there is one more of what it is open for."""
        change = Change.RAISED if self._reason is None else Change.UPDATED
        self._reason = reason
        return [degraded(self.incident, change, reason, at, **detail)]

    def clear(self, reason: str, at: Instant) -> list[AlarmDecision]:
        """End it; nothing where it is not open."""
        if self._reason is None:
            return []
        self._reason = None
        return [degraded(self.incident, Change.CLEARED, reason, at)]


class Gap:
    """The time in which a child does not do its work, and the cameras nobody watches then.

    ``role`` (``worker``, ``publisher``) begins the reasons. A camera's alarm is raised here and
    cleared by the worker, with the camera's first picture.
    """

    def __init__(self, role: str, incident: str) -> None:
        self._role = role
        self._alarm = Alarm(incident)
        self._offline: dict[str, str] = {}
        self._reason: str | None = None

    def resume(self) -> None:
        self._alarm.resume()

    def begin(
        self, fault: Fault, cameras: Iterable[str], at: Instant, how: str
    ) -> list[AlarmDecision]:
        """The child has a fault; ``how`` says it for people (``exit status 1``, ``SIGSEGV``)."""
        self._reason = f"{self._role}_{fault}"
        return [*self._alarm.raise_(self._reason, at, how=how), *self.lose(cameras, at)]

    def lose(self, cameras: Iterable[str], at: Instant) -> list[AlarmDecision]:
        """These cameras are the child's; during a fault nobody watches them."""
        if self._reason is None:
            return []
        return [
            self._offline_decision(camera, self._reason, at)
            for camera in cameras
            if self._offline.get(camera) != self._reason
        ]

    def at_work(self) -> None:
        """The child is ready: from now on it says itself how its cameras do."""
        self._reason = None
        self._offline.clear()

    def end(self, at: Instant) -> list[AlarmDecision]:
        """The child was at work for long enough."""
        return self._alarm.clear(f"{self._role}_well", at)

    def give_up(self, at: Instant) -> list[AlarmDecision]:
        """The child is wanted no more."""
        return self._alarm.clear(f"{self._role}_removed", at)

    def _offline_decision(self, camera: str, reason: str, at: Instant) -> AlarmDecision:
        change = Change.UPDATED if camera in self._offline else Change.RAISED
        self._offline[camera] = reason
        return camera_decision(AlarmKind.CAMERA_OFFLINE, camera, change, reason, at)


class Parts:
    """What children report as not working: one alarm a part, whoever reports it.

    A report of a process that ended holds until its successor has settled without it.
    """

    def __init__(self) -> None:
        self._alarms: dict[str, Alarm] = {}
        self._reporters: dict[str, set[str]] = {}
        self._doubtful: dict[str, set[str]] = {}

    def resume(self, what: str, child: str) -> None:
        """The alarm was open before a restart; it holds until ``child`` has settled."""
        self._alarm(what).resume()
        self._reporters.setdefault(what, set()).add(child)
        self._doubtful.setdefault(child, set()).add(what)

    def reported(
        self, child: str, what: str, reason: str | None, at: Instant
    ) -> list[AlarmDecision]:
        """A child says that a part fails, or with ``reason`` None that it works again."""
        self._doubtful.get(child, set()).discard(what)
        if reason is None:
            return self._withdraw(child, what, at)
        self._reporters.setdefault(what, set()).add(child)
        return self._alarm(what).raise_(reason, at)

    def process_ended(self, child: str) -> None:
        held = {what for what, children in self._reporters.items() if child in children}
        self._doubtful.setdefault(child, set()).update(held)

    def settled(self, child: str, at: Instant) -> list[AlarmDecision]:
        """The child's new process is at work, or the child is no more: old reports are void."""
        void = sorted(self._doubtful.pop(child, set()))
        return [decision for what in void for decision in self._withdraw(child, what, at)]

    def _withdraw(self, child: str, what: str, at: Instant) -> list[AlarmDecision]:
        reporters = self._reporters.get(what, set())
        reporters.discard(child)
        return [] if reporters else self._alarm(what).clear("works_again", at)

    def _alarm(self, what: str) -> Alarm:
        return self._alarms.setdefault(what, Alarm(PART_PREFIX + what))
