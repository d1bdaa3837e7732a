"""A worker's own thread for the journal, so that a slow or full disk never stops the eyes.

Decisions are written down in order. An alarm that cannot be written, or not in time, is handed
to the publisher at once, marked as not durable, and written down later under the same id.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Final, Self

from vision.core.values import AlarmDecision, Change, Decision
from vision.logs import logger
from vision.outputs.handing_over import handed_over
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.outputs.journal_values import CameraState, CommitContext, HandedOver, Vouch
from vision.outputs.nudge import Nudge

RETRY_S: Final = 1.0
"""Between two attempts at a journal that refused."""

PATIENCE_S: Final = 2.0
"""How long an alarm may wait for the disk before it goes out without it."""

MOST_WAITING: Final = 10_000
"""Batches kept while the disk refuses. The oldest go first: their alarms were handed over."""

LAST_CHANCE_S: Final = 2.0
"""How long closing goes on trying to write what is left."""

POLL_S: Final = 1.0
"""How often guards' vouches are looked for and the beat is written."""

_log = logger(__name__)


@dataclass(slots=True, eq=False)
class _Batch:
    decisions: tuple[Decision, ...]
    context: CommitContext
    since_s: float
    handed: dict[str, HandedOver]
    told: bool = False


class JournalWriter:
    """Writes for one process; ``with`` starts its thread and, at the end, joins it.

    ``submit``, ``put_state``, ``rescue`` and ``take_vouches`` are for the analysing thread and
    return at once. ``site`` and ``process_id``: as in messages and in the journal's beats.
    """

    def __init__(
        self,
        open_journal: Callable[[], Journal],
        nudge: Nudge,
        *,
        site: str,
        process_id: str,
    ) -> None:
        self._open_journal = open_journal
        self._nudge = nudge
        self._site = site
        self._process_id = process_id
        self._news = threading.Condition()
        self._batches: deque[_Batch] = deque()
        self._states: dict[str, CameraState] = {}
        self._vouches: list[Vouch] = []
        self._vouch_seq: int | None = None
        self._closing_s: float | None = None
        self._problem: str | None = None
        self._journal: Journal | None = None
        self._thread = threading.Thread(target=self._run, name="journal")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left, for a bounded time, and end."""
        with self._news:
            self._closing_s = time.monotonic()
            self._news.notify()
        self._thread.join()

    @property
    def problem(self) -> str | None:
        """Why the journal cannot be written at present; None where it can."""
        return self._problem

    def submit(self, decisions: Sequence[Decision], context: CommitContext) -> None:
        """Leave decisions to be written down, after all that were left before."""
        if not decisions:
            return
        batch = _Batch(tuple(decisions), context, time.monotonic(), {})
        with self._news:
            if len(self._batches) >= MOST_WAITING:
                lost = self._batches.popleft()
                _log.error("journal_backlog_full", decisions_lost=len(lost.decisions))
            self._batches.append(batch)
            self._news.notify()

    def put_state(self, camera_id: str, state: CameraState) -> None:
        """Leave a camera's latest state to be written down."""
        with self._news:
            self._states[camera_id] = state

    def take_vouches(self) -> tuple[Vouch, ...]:
        """Take the vouches given since the last call."""
        with self._news:
            vouches, self._vouches = tuple(self._vouches), []
        return vouches

    def rescue(self) -> None:
        """Hand over the alarms that have waited for too long; call it in every turn."""
        overdue_s = time.monotonic() - PATIENCE_S
        with self._news:
            late = [b for b in self._batches if not b.told and b.since_s <= overdue_s]
        for batch in late:
            self._hand_over(batch)

    def _hand_over(self, batch: _Batch) -> None:
        """Give the publisher the alarms that a batch raises; tried again until it has them."""
        raised = [
            d for d in batch.decisions if isinstance(d, AlarmDecision) and d.change is Change.RAISED
        ]
        for decision in raised:
            handed = batch.handed.get(decision.incident)
            if handed is None:
                handed = handed_over(decision, batch.context, time.time())
                batch.handed[decision.incident] = handed
        taken = [self._nudge.hand_over(handed) for handed in batch.handed.values()]
        batch.told = all(taken)
        if raised:
            _log.error("alarms_handed_over_undurably", alarms=len(raised), taken=batch.told)

    # The thread's own side.

    def _run(self) -> None:
        polled_s = float("-inf")
        while not self._is_done():
            self._wait()
            if self._write() and time.monotonic() - polled_s >= POLL_S:
                polled_s = time.monotonic()
                self._attempt(self._poll)
        self._drop_journal()
        if self._batches:
            _log.error("journal_never_written", batches=len(self._batches))

    def _is_done(self) -> bool:
        with self._news:
            if self._closing_s is None:
                return False
            late = time.monotonic() - self._closing_s > LAST_CHANCE_S
            return late or not self._batches

    def _wait(self) -> None:
        """Wait for work; after a refusal, for a while in any case."""
        with self._news:
            if self._problem is not None:
                self._news.wait(RETRY_S)
            elif not self._batches and self._closing_s is None:
                self._news.wait(POLL_S)

    def _write(self) -> bool:
        """Write the waiting batches in order; False at the first that is refused."""
        while True:
            with self._news:
                batch = self._batches[0] if self._batches else None
            if batch is None:
                return True
            if not self._attempt(partial(self._commit, batch)):
                self._hand_over_all()
                return False

    def _commit(self, batch: _Batch, journal: Journal) -> None:
        ids = {incident: handed.alarm_id for incident, handed in batch.handed.items()}
        journal.commit(batch.decisions, replace(batch.context, alarm_ids=ids))
        with self._news:
            if self._batches and self._batches[0] is batch:
                self._batches.popleft()
        self._nudge.wake()

    def _hand_over_all(self) -> None:
        with self._news:
            waiting = [batch for batch in self._batches if not batch.told]
        for batch in waiting:
            self._hand_over(batch)

    def _poll(self, journal: Journal) -> None:
        """What is done once in a while: the beat, the cameras' states, the guards' vouches."""
        journal.beat(self._process_id)
        with self._news:
            states, self._states = self._states, {}
        for camera_id, state in states.items():
            journal.put_camera_state(camera_id, state, self._site)
        if states:
            self._nudge.wake()
        # Vouches from before this process began were about tracks that are gone.
        if self._vouch_seq is None:
            self._vouch_seq = max((v.seq for v in journal.vouches_after(0)), default=0)
        new = journal.vouches_after(self._vouch_seq)
        if new:
            self._vouch_seq = new[-1].seq
            with self._news:
                self._vouches.extend(new)

    def _attempt(self, work: Callable[[Journal], None]) -> bool:
        """Do something with the journal; False, and the reason is kept, where it refuses."""
        try:
            if self._journal is None:
                self._journal = self._open_journal()
            work(self._journal)
        except JournalError as error:
            if self._problem is None:
                _log.error("journal_refused", why=str(error))
            self._problem = str(error)
            self._drop_journal()
            return False
        if self._problem is not None:
            _log.info("journal_writable_again")
        self._problem = None
        return True

    def _drop_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
