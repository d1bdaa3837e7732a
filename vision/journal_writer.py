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
from vision.outputs.journal_values import (
    CameraState,
    CommitContext,
    Committed,
    HandedOver,
    Vouch,
)
from vision.outputs.nudge import Nudge

RETRY_S: Final = 1.0
"""Between two attempts at a journal that refused."""

PATIENCE_S: Final = 2.0
"""How long an alarm may wait for the disk before it goes out without it."""

MOST_WAITING: Final = 10_000
"""Batches kept while the disk refuses; the oldest whose alarms are out go first."""

LAST_CHANCE_S: Final = 2.0
"""How long closing goes on trying to write what is left."""

END_WITHIN_S: Final = 2.5
"""How long closing waits for the thread, which may hang in a write that never ends."""

_LAST_RETRY_S: Final = 0.2
_CLOSING_TURN_S: Final = 0.1

POLL_S: Final = 1.0
"""How often guards' vouches are looked for and the beat is written."""

OnTold = Callable[[AlarmDecision, str, float], None]
"""Told of a decision, its alarm's id, and when that was raised, POSIX seconds."""

_log = logger(__name__)


class WriterDiedError(Exception):
    """The journal's thread met what it was not made for; the process must be started anew."""


@dataclass(slots=True, eq=False)
class _Batch:
    """Decisions that wait. ``told``: no alarm in it is one that nobody has heard of yet.

    ``alarm_ids`` is also the context's: an alarm that is handed over while the transaction
    waits for its turn is still written under the id it went out under.
    """

    decisions: tuple[Decision, ...]
    context: CommitContext
    since_s: float
    alarm_ids: dict[str, str]
    told: bool
    unsent: list[HandedOver] | None = None
    try_at_s: float = float("-inf")


class JournalWriter:
    """Writes for one process; ``with`` starts its thread and, at the end, joins it.

    ``submit``, ``put_state``, ``rescue`` and ``take_vouches`` are for the analysing thread and
    return at once. ``process_id``: as in the journal's beats. ``on_told`` is called as soon as
    an alarm has an id, from whichever thread gave it one; it must return at once.
    """

    def __init__(
        self,
        open_journal: Callable[[], Journal],
        nudge: Nudge,
        *,
        process_id: str,
        on_told: OnTold | None = None,
    ) -> None:
        self._on_told = on_told or _nobody_asks
        self._open_journal = open_journal
        self._nudge = nudge
        self._process_id = process_id
        self._news = threading.Condition()
        self._handing = threading.Lock()
        self._batches: deque[_Batch] = deque()
        self._untold: list[_Batch] = []
        self._lost = 0
        self._states: dict[str, tuple[CameraState, str]] = {}
        self._vouches: list[Vouch] = []
        self._vouch_seq = 0
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
        """Write what is left, for a bounded time; what cannot be written is handed over."""
        with self._news:
            closing_s = self._closing_s = time.monotonic()
            self._news.notify()
        while self._thread.is_alive() and time.monotonic() < closing_s + END_WITHIN_S:
            self._thread.join(_CLOSING_TURN_S)
            self._hand_over(self._patience_s)
        self._hand_over(0.0)
        if self._batches:
            _log.error("journal_never_written", batches=len(self._batches))

    @property
    def ended(self) -> bool:
        """Whether the thread has ended; after closing, only a write that hangs keeps it."""
        return not self._thread.is_alive()

    @property
    def problem(self) -> str | None:
        """Why the journal cannot be written at present; None where it can."""
        if self._problem is not None:
            return self._problem
        with self._news:
            since_s = self._batches[0].since_s if self._batches else float("inf")
        slow = time.monotonic() - since_s >= PATIENCE_S
        return "the journal takes long to write; see its disk" if slow else None

    def submit(self, decisions: Sequence[Decision], context: CommitContext) -> None:
        """Leave decisions to be written down, after all that were left before."""
        if not decisions:
            return
        alarm_ids: dict[str, str] = {}
        batch = _Batch(
            tuple(decisions),
            replace(context, alarm_ids=alarm_ids),
            time.monotonic(),
            alarm_ids,
            told=not _raised(decisions),
        )
        with self._news:
            self._make_room()
            self._batches.append(batch)
            if not batch.told:
                self._untold.append(batch)
            self._news.notify()

    def put_state(self, camera_id: str, state: CameraState, site: str) -> None:
        """Leave a camera's latest state to be written down."""
        with self._news:
            self._states[camera_id] = (state, site)

    def take_vouches(self) -> tuple[Vouch, ...]:
        """Take the vouches given since the last call."""
        with self._news:
            vouches, self._vouches = tuple(self._vouches), []
        return vouches

    def rescue(self) -> None:
        """Hand over the alarms that have waited for too long; call it in every turn.

        Raises:
            WriterDiedError: nothing will ever be written again.
        """
        self._hand_over(self._patience_s)
        if self.ended:
            raise WriterDiedError("the journal's thread has died; the log says of what")

    @property
    def _patience_s(self) -> float:
        """Once the journal is known to refuse, no alarm has to wait for it."""
        return PATIENCE_S if self.problem is None else 0.0

    def _make_room(self) -> None:
        """Lose the oldest batch that may be lost, where there are too many."""
        if len(self._batches) < MOST_WAITING:
            return
        lost = next((batch for batch in self._batches if batch.told), self._batches[0])
        self._batches.remove(lost)
        lost.told = True
        if not self._lost:
            _log.error("journal_backlog_full", batches=len(self._batches))
        self._lost += len(lost.decisions)

    def _hand_over(self, patience_s: float) -> None:
        """Give the publisher the alarms that have waited so long; until it has them."""
        now_s = time.monotonic()
        with self._handing:  # both threads come here, and an alarm has one id
            with self._news:
                self._untold = [batch for batch in self._untold if not batch.told]
                late = [
                    batch
                    for batch in self._untold
                    if now_s - batch.since_s >= patience_s and now_s >= batch.try_at_s
                ]
            for batch in late:
                batch.try_at_s = now_s + RETRY_S
                self._tell(batch)

    def _tell(self, batch: _Batch) -> None:
        waiting = batch.unsent
        if waiting is None:
            raised = _raised(batch.decisions)
            waiting = [handed_over(d, batch.context, time.time()) for d in raised]
            _log.error("alarms_handed_over_undurably", alarms=len(waiting))
        batch.unsent = [handed for handed in waiting if not self._send(batch, handed)]
        batch.told = not batch.unsent

    def _send(self, batch: _Batch, handed: HandedOver) -> bool:
        batch.alarm_ids[handed.incident] = handed.alarm_id
        if self._nudge.hand_over(handed):
            for decision in _raised(batch.decisions):
                if decision.incident == handed.incident:
                    self._on_told(decision, handed.alarm_id, decision.at.wall_utc)
            return True
        del batch.alarm_ids[handed.incident]
        return False

    # The thread's own side.

    def _run(self) -> None:
        try:
            self._write_until_closed()
        except Exception:  # noqa: BLE001 -- whatever it is, the owner hears of it in ``rescue``
            _log.exception("journal_thread_died")
        finally:
            self._drop_journal()

    def _write_until_closed(self) -> None:
        polled_s = float("-inf")
        while not self._is_done():
            self._wait()
            if self._write() and time.monotonic() - polled_s >= POLL_S:
                polled_s = time.monotonic()
                self._attempt(self._poll)

    def _is_done(self) -> bool:
        with self._news:
            if self._closing_s is None:
                return False
            late = time.monotonic() - self._closing_s > LAST_CHANCE_S
            return late or not self._batches

    def _wait(self) -> None:
        """Wait for work; after a refusal, for a while in any case."""
        with self._news:
            closing = self._closing_s is not None
            if self._problem is not None:
                pause_s = _LAST_RETRY_S if closing else RETRY_S
                self._news.wait_for(lambda: (self._closing_s is not None) is not closing, pause_s)
            elif not self._batches and not closing:
                self._news.wait(POLL_S)

    def _write(self) -> bool:
        """Write the waiting batches in order; False at the first that is refused."""
        while True:
            with self._news:
                batch = self._batches[0] if self._batches else None
            if batch is None:
                return True
            if not self._attempt(partial(self._commit, batch)):
                self._hand_over(0.0)
                return False

    def _commit(self, batch: _Batch, journal: Journal) -> None:
        committed = journal.commit(batch.decisions, batch.context)
        self._tell_ids(batch.decisions, committed)
        with self._news:
            batch.told = True
            if self._batches and self._batches[0] is batch:
                self._batches.popleft()
        self._nudge.wake()

    def _tell_ids(self, decisions: Sequence[Decision], committed: Sequence[Committed]) -> None:
        """Say which alarm each decision is about; one that changed nothing is about none."""
        alarms = iter([d for d in decisions if isinstance(d, AlarmDecision)])
        for one in committed:
            decision = next((d for d in alarms if d.incident == one.incident), None)
            if decision is not None:
                self._on_told(decision, one.alarm_id, one.raised_at)

    def _poll(self, journal: Journal) -> None:
        """What is done once in a while: the beat, the cameras' states, the guards' vouches."""
        journal.beat(self._process_id)
        with self._news:
            states, self._states = self._states, {}
        for camera_id, (state, site) in states.items():
            journal.put_camera_state(camera_id, state, site)
        if states:
            self._nudge.wake()
        # Also what was said before this process began: the alarms that are open go on in it.
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
            _log.info("journal_writable_again", decisions_lost=self._lost)
            self._lost = 0
        self._problem = None
        return True

    def _drop_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _nobody_asks(_decision: AlarmDecision, _alarm_id: str, _raised_at: float) -> None:
    """Nobody has to know the alarms' ids."""


def _raised(decisions: Sequence[Decision]) -> list[AlarmDecision]:
    """The alarms among them that nobody can have heard of yet."""
    return [d for d in decisions if isinstance(d, AlarmDecision) and d.change is Change.RAISED]
