"""The publisher's paperwork: all it writes into the journal, later where it cannot do so now.

No socket. What the broker has taken is written down in batches: after a crash a few messages
go out twice, which is allowed, and the workers' commits need not wait for one sync each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from vision.core.values import AlarmDecision
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.outputs.journal_latest import PUBLISHER
from vision.outputs.journal_values import AckRequest, AckResult, CommitContext, HandedOver, StateRow

FLUSH_AFTER_S = 0.2
FLUSH_AT = 50
BEAT_EVERY_S = 2.0
PRUNE_EVERY_S = 3600.0
RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Dead:
    seq: int
    reason: str
    decisions: tuple[AlarmDecision, ...]


@dataclass(frozen=True, slots=True)
class _Ack:
    request: AckRequest
    done: Callable[[AckResult], None]


class Desk:
    """What is to be written, oldest first of its sort."""

    def __init__(self, journal: Journal, context: CommitContext) -> None:
        self.journal = journal
        self._context = context
        self._taken: list[int] = []
        self._states: list[StateRow] = []
        self._flush_at_s: float | None = None
        self._dead: deque[_Dead] = deque()
        self._acks: deque[_Ack] = deque()
        self._handed: dict[str, tuple[HandedOver, bool]] = {}
        self._decisions: deque[AlarmDecision] = deque()
        self._beat_at_s = float("-inf")
        self._prune_at_s = float("-inf")
        self._retry_at_s = float("-inf")
        self.failing_since_s: float | None = None
        self.failure = ""

    def taken(self, seq: int, now_s: float) -> None:
        """The broker has a message of the ordered lane."""
        self._taken.append(seq)
        self._flush_soon(now_s)

    def state_taken(self, row: StateRow, now_s: float) -> None:
        """The broker has a value of the state lane."""
        self._states.append(row)
        self._flush_soon(now_s)

    def dead(self, seq: int, reason: str, decisions: tuple[AlarmDecision, ...]) -> None:
        """A message is given up, and this is what must be said about it."""
        self._dead.append(_Dead(seq, reason, decisions))

    def acknowledged(self, request: AckRequest, done: Callable[[AckResult], None]) -> None:
        """A console acknowledges; ``done`` is called once it is in the journal."""
        self._acks.append(_Ack(request, done))

    def connection_lost(self) -> None:
        """The broker will deliver again what we have not acknowledged to it."""
        self._acks.clear()

    def handed_over(self, handed: HandedOver, *, taken: bool) -> None:
        """An alarm is to be journalled that is going, or went, out undurably."""
        self._handed[handed.alarm_id] = (handed, taken)

    def decided(self, decision: AlarmDecision) -> None:
        """The publisher itself has something to say."""
        self._decisions.append(decision)

    def unwritten(self) -> frozenset[int]:
        """Messages that are dealt with, though the journal does not know it yet."""
        return frozenset(self._taken) | {dead.seq for dead in self._dead}

    def work(self, now_s: float, *, all_of_it: bool = False) -> bool:
        """Write what is due; whether new messages came of it.

        A journal that cannot be written is tried again by and by.
        """
        if now_s < self._retry_at_s and not all_of_it:
            return False
        speaks = bool(self._acks or self._dead or self._handed or self._decisions)
        try:
            self._write(now_s, all_of_it=all_of_it)
        except JournalError as error:
            self._retry_at_s = now_s + RETRY_S
            self.failure = str(error)
            if self.failing_since_s is None:
                self.failing_since_s = now_s
        else:
            self.failing_since_s = None
        return speaks

    def _write(self, now_s: float, *, all_of_it: bool) -> None:
        self._write_acks()
        self._write_dead()
        self._write_handed()
        while self._decisions:
            self.journal.commit([self._decisions[0]], self._context)
            self._decisions.popleft()
        self._write_taken(now_s, all_of_it=all_of_it)
        if now_s >= self._beat_at_s:
            self.journal.beat(PUBLISHER)
            self._beat_at_s = now_s + BEAT_EVERY_S
        if now_s >= self._prune_at_s:
            self.journal.prune()
            self._prune_at_s = now_s + PRUNE_EVERY_S

    def _write_acks(self) -> None:
        while self._acks:
            result = self.journal.acknowledge(self._acks[0].request)
            self._acks.popleft().done(result)

    def _write_dead(self) -> None:
        while self._dead:
            dead = self._dead[0]
            self.journal.mark_dead(dead.seq, dead.reason, dead.decisions, self._context)
            self._dead.popleft()

    def _write_handed(self) -> None:
        for alarm_id, (handed, taken) in list(self._handed.items()):
            self.journal.adopt(handed, taken=taken)
            del self._handed[alarm_id]

    def _write_taken(self, now_s: float, *, all_of_it: bool) -> None:
        if self._flush_at_s is None:
            return
        enough = len(self._taken) + len(self._states) >= FLUSH_AT
        if all_of_it or enough or now_s >= self._flush_at_s:
            self.journal.mark_taken(self._taken, self._states)
            self._taken.clear()
            self._states.clear()
            self._flush_at_s = None

    def _flush_soon(self, now_s: float) -> None:
        if self._flush_at_s is None:
            self._flush_at_s = now_s + FLUSH_AFTER_S
