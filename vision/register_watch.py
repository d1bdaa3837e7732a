"""What a worker knows of the register: an immutable view, swapped whole after each change.

Polling the register and translating its values into the core's live here. A register that
cannot be read is reported beside the last good view, never raised into the pipeline: people
known a moment ago stay known, and somebody hears of the fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType, TracebackType
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from enrolment.gallery import Gallery, Likeness, Searchable
from enrolment.people import Person
from enrolment.pgvector_gallery import PgvectorReader
from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import RegisterError, RegisterLockedError
from enrolment.register_reading import RegisterSnapshot
from vision.core.policy import ALWAYS
from vision.core.values import Candidate, StaffFacts
from vision.scene_policies import AHEAD_S, BACK_S
from vision.schedules import expand
from vision.settings import WeeklyHours

POLL_EVERY_S = 0.5
STALE_AFTER_S = 10.0
_EXPAND_EVERY_S = 3600.0
"""How often people's own hours are expanded anew."""

_BUSY_TIMEOUT_S = 0.2
"""Readers never wait for writers in WAL mode; only a restore or a repair holds one up."""


@dataclass(frozen=True, slots=True, eq=False)
class RegisterView:
    """The register at one version: facts for verdicts, and the gallery for looks.

    ``foreign_templates``: templates of people who have only those of other embedders, so that
    nobody recognises them.
    ``without_key``: staff ids whose templates cannot be opened.
    """

    version: int
    staff: Mapping[str, StaffFacts]
    gallery: Searchable
    foreign_templates: int
    without_key: tuple[str, ...] = ()

    def candidates(self, probe: NDArray[Any]) -> tuple[Candidate | None, Candidate | None]:
        """Return the two people most similar to a ``(D,)`` unit probe; errors as ``match``."""
        match = self.gallery.match(probe)
        return _candidate(match.best), _candidate(match.runner_up)


@dataclass(frozen=True, slots=True, eq=False)
class RegisterStatus:
    """The last good view, and what keeps it from being renewed (None: nothing does).

    Before the first good reading the view is empty, of version 0.
    """

    view: RegisterView
    problem: str | None


class Followed(Protocol):
    """What is watched: ``Register`` with its gallery in memory, or ``PgvectorReader``."""

    @property
    def version(self) -> int: ...

    @property
    def replaced(self) -> bool: ...

    def snapshot(self, embedding_id: str) -> RegisterSnapshot[Any]: ...

    def refreshed(self, old: RegisterSnapshot[Any]) -> RegisterSnapshot[Any]: ...

    def wait(self, timeout_s: float) -> bool: ...

    def close(self) -> None: ...


class RegisterWatch:
    """Reads the register again when it has changed; for one thread.

    ``by_pgvector``: leave templates on the register's server, and search them there. ``clock``:
    POSIX seconds; people's own hours are expanded around what it says.
    """

    def __init__(
        self,
        place: Path | RegisterPlace,
        embedding_id: str,
        time_zone: str = "UTC",
        *,
        by_pgvector: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._place = place
        self._clock = clock
        self._by_pgvector = by_pgvector
        self._time_zone = time_zone
        self._expires_s = float("inf")
        self._embedding_id = embedding_id
        self._register: Followed | None = None
        self._snapshot: RegisterSnapshot[Any] | None = None
        self._status = RegisterStatus(_empty_view(embedding_id), None)

    @property
    def status(self) -> RegisterStatus:
        return self._status

    def poll(self) -> RegisterStatus:
        """Look once. The same object comes back until the view or the problem changes."""
        try:
            view, problem = self._current_view(), None
        except (RegisterError, OSError) as exc:
            if not isinstance(exc, RegisterLockedError):  # that is over in a moment
                self.close()
            view, problem = self._status.view, f"{type(exc).__name__}: {exc}"
        if view is not self._status.view or problem != self._status.problem:
            self._status = RegisterStatus(view, problem)
        return self._status

    def close(self) -> None:
        """Let go of the database; a later ``poll`` opens it again."""
        if self._register is not None:
            self._register.close()
            self._register = None

    def _current_view(self) -> RegisterView:
        register = self._register
        if register is not None and self._snapshot is not None and not register.replaced:
            fresh = time.monotonic() < self._expires_s
            if fresh and register.version == self._status.view.version:
                return self._status.view
            return self._viewed(register.refreshed(self._snapshot))
        # A file put in this one's place may have any version: it is read whatever it says.
        self.close()
        kind = PgvectorReader if self._by_pgvector else Register
        register = self._register = kind.open_for_reading(
            self._place, busy_timeout_s=_BUSY_TIMEOUT_S
        )
        return self._viewed(register.snapshot(self._embedding_id))

    def wait(self, timeout_s: float) -> bool:
        """Wait for news where the register's server tells them; false where it does not."""
        try:
            return self._register is not None and self._register.wait(timeout_s)
        except RegisterError:
            self.close()  # the next poll says what is wrong
            return False

    def _viewed(self, snapshot: RegisterSnapshot[Any]) -> RegisterView:
        now, before = self._clock(), self._status.view.staff
        unchanged: frozenset[int] = frozenset()
        if self._snapshot is not None and time.monotonic() < self._expires_s:
            unchanged = frozenset(map(id, self._snapshot.people))  # a delta keeps their objects
        staff = {
            p.staff_id: before[p.staff_id]
            if id(p) in unchanged
            else staff_facts(p, self._time_zone, now)
            for p in snapshot.people
        }
        self._snapshot = snapshot
        has_hours = any(person.permits for person in snapshot.people)
        self._expires_s = time.monotonic() + _EXPAND_EVERY_S if has_hours else float("inf")
        return RegisterView(
            snapshot.version,
            MappingProxyType(staff),
            snapshot.gallery,
            snapshot.foreign_templates,
            snapshot.without_key,
        )


class RegisterPolling:
    """A thread that polls, so that reading a large register never holds up a picture.

    Use it as a context manager: the first reading is done when the block is entered, the
    thread is joined when it is left.
    """

    def __init__(
        self,
        place: Path | RegisterPlace,
        embedding_id: str,
        time_zone: str = "UTC",
        *,
        by_pgvector: bool = False,
        poll_every_s: float = POLL_EVERY_S,
        stale_after_s: float = STALE_AFTER_S,
    ) -> None:
        self._watch = RegisterWatch(place, embedding_id, time_zone, by_pgvector=by_pgvector)
        self._poll_every_s = poll_every_s
        self._stale_after_s = stale_after_s
        self._polled_s = time.monotonic()
        self._ending = Event()
        self._read_once = Event()
        self._thread = Thread(target=self._run, name="register")

    def __enter__(self) -> Self:
        self._thread.start()
        self._read_once.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()

    @property
    def status(self) -> RegisterStatus:
        """The latest reading; safe from any thread.

        A reading that hangs, or a thread that died, shows as a problem: a suspension that
        cannot arrive must be heard of. So does a gallery that did not answer a moment ago.
        """
        status = self._watch.status
        if time.monotonic() - self._polled_s < self._stale_after_s:
            problem = status.problem or status.view.gallery.problem
            return status if problem == status.problem else RegisterStatus(status.view, problem)
        return RegisterStatus(status.view, "reading the register hangs; check its disk")

    def _run(self) -> None:
        try:
            while True:
                self._watch.poll()
                self._polled_s = time.monotonic()
                self._read_once.set()
                heard = self._watch.wait(self._poll_every_s)
                if self._ending.wait(0 if heard else self._poll_every_s):
                    return
        finally:
            self._read_once.set()
            self._watch.close()


def staff_facts(person: Person, time_zone: str = "UTC", now_utc: float = 0.0) -> StaffFacts:
    """Translate a person of the register into what a verdict needs to know.

    Hours of their own are expanded on the site's clock from a day before ``now_utc`` to eight
    days after; beyond that they are closed.
    """
    start = person.valid_from.timestamp() if person.valid_from else float("-inf")
    end = person.valid_to.timestamp() if person.valid_to else float("inf")
    permits = None
    if person.permits is not None:
        within = (now_utc - BACK_S, now_utc + AHEAD_S)
        permits = tuple(
            (own.zone_id, ALWAYS)
            if own.spans is None
            else (own.zone_id, expand(WeeklyHours(own.spans), time_zone, within))
            for own in person.permits
        )
    return StaffFacts(
        person.staff_id,
        person.groups,
        person.active,
        ((start, end),),
        "suspended" if person.active else person.state.value,
        permits,
        person.watchlisted,
    )


def _candidate(likeness: Likeness | None) -> Candidate | None:
    return None if likeness is None else Candidate(likeness.staff_id, likeness.similarity)


def _empty_view(embedding_id: str) -> RegisterView:
    return RegisterView(0, MappingProxyType({}), Gallery.of_nobody(embedding_id), 0)
