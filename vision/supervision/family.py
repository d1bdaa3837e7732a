"""All the children: who there is, who is to go, and in which order they end."""

from __future__ import annotations

import itertools
import selectors
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vision.core.values import AlarmDecision, Instant
from vision.supervision.alarms import LEDGER, PUBLISHER, WORKER_PREFIX, Gap, Parts
from vision.supervision.assignment import Assignment
from vision.supervision.child import Child
from vision.supervision.keeper import Keeper
from vision.supervision.timings import Timings

_DYING_S = 0.15


@dataclass(frozen=True, slots=True)
class Commands:
    """How children are started; a worker's command gets ``--worker ID`` added.

    ``ledger`` None: nobody keeps a ledger.
    """

    worker: tuple[str, ...]
    publisher: tuple[str, ...]
    ledger: tuple[str, ...] | None = None


class Family:
    """The workers by id, the publisher, the ledger's writer, and workers on their way out.

    ``kept_fds`` are inherited by every child (the lock of the data directory).
    """

    def __init__(
        self,
        commands: Commands,
        selector: selectors.BaseSelector,
        timings: Timings,
        kept_fds: tuple[int, ...] = (),
    ) -> None:
        self._commands = commands
        self._selector = selector
        self._timings = timings
        self._kept_fds = kept_fds
        self._leaving: list[Keeper] = []
        self.parts = Parts()
        self.workers: dict[str, Keeper] = {}
        self.publisher = self._keeper("publisher", commands.publisher, Gap("publisher", PUBLISHER))
        self.ledger: Keeper | None = None
        if commands.ledger is not None:
            self.ledger = self._keeper("ledger", commands.ledger, Gap("ledger", LEDGER))

    @property
    def assignment(self) -> Assignment:
        return {name: keeper.cameras for name, keeper in self.workers.items()}

    @property
    def workers_are_gone(self) -> bool:
        return all(keeper.is_gone for keeper in (*self.workers.values(), *self._leaving))

    @property
    def readers(self) -> tuple[Keeper, ...]:
        """Those that take up what the workers have written down, and so outlive them."""
        return (self.publisher,) if self.ledger is None else (self.ledger, self.publisher)

    @property
    def is_gone(self) -> bool:
        return self.workers_are_gone and all(keeper.is_gone for keeper in self.readers)

    def assign(self, assignment: Assignment, at: Instant) -> list[AlarmDecision]:
        """Give the workers their cameras, start new ones, let those without a camera go."""
        decisions = []
        for name in [name for name in self.workers if name not in assignment]:
            leaving = self.workers.pop(name)
            leaving.retire(at.stream_s)
            self._leaving.append(leaving)
        for name, cameras in assignment.items():
            if name not in self.workers:
                self.workers[name] = self._worker(name)
            decisions += self.workers[name].assign(cameras, at)
        return decisions

    def step(self, now: Instant) -> list[AlarmDecision]:
        """Let every keeper do what is due."""
        decisions = [decision for keeper in self._all() for decision in keeper.step(now)]
        self._leaving = [keeper for keeper in self._leaving if not keeper.is_gone]
        return decisions

    def forgive(self, gap_s: float) -> None:
        """The supervisor stood still that long."""
        for keeper in self._all():
            keeper.forgive(gap_s)

    def end_workers(self, kill_at_s: float) -> None:
        for keeper in (*self.workers.values(), *self._leaving):
            keeper.end(kill_at_s)

    def _all(self) -> Iterator[Keeper]:
        return itertools.chain(self.workers.values(), self._leaving, self.readers)

    def _worker(self, name: str) -> Keeper:
        command = (*self._commands.worker, "--worker", name)
        return self._keeper(name, command, Gap("worker", WORKER_PREFIX + name))

    def _keeper(self, name: str, command: Sequence[str], gap: Gap) -> Keeper:
        return Keeper(
            name,
            lambda: Child(command, self._selector, self._kept_fds),
            gap=gap,
            parts=self.parts,
            timings=self._timings,
        )


class Ending:
    """The daemon's end: workers, ledger, publisher.

    So the ledger enters the workers' last alarms, and the publisher sends its last checkpoint.
    """

    def __init__(self, family: Family, timings: Timings, now_s: float) -> None:
        self._family = family
        self._latest_s = now_s + timings.workers_end_s
        self._kill_at_s = now_s + timings.all_end_s
        self._told: set[str] = set()
        family.end_workers(self._kill_at_s)

    def step(self, now_s: float) -> bool:
        """Call it in every turn, after the family's; whether it is over.

        Over it is when everybody is gone, or soon after SIGKILL even so: a process that the
        kernel cannot end (it waits for a dead disk) must not keep the daemon.
        """
        due = self._family.workers_are_gone or now_s >= self._latest_s
        for keeper in self._family.readers:
            # the ledger is first: the publisher is to send its last checkpoint
            if due and keeper.name not in self._told:
                self._told.add(keeper.name)
                keeper.end(self._kill_at_s)
            due = due and (keeper.is_gone or now_s >= self._latest_s)
        return self._family.is_gone or now_s >= self._kill_at_s + _DYING_S
