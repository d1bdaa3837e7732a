"""When checkpoints are sent to a time stamp authority, and what is told where that fails.

Nothing waits for it: asking is a thread's, and this is turned by the ledger's loop. There is no
queue, for a stamp over a later checkpoint covers all that an earlier one does: what waits is the
newest checkpoint that was given away, and it waits in the ledger itself, whatever dies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from vision.ledger.checkpoints import Checkpoint
from vision.ledger.ledger import Ledger
from vision.ledger.stamp_values import HANGS, NOT_UNDERSTOOD, UNREACHABLE, TimeStampError

FIRST_RETRY_S: Final = 15.0
LONGEST_RETRY_S: Final = 1800.0
TOLD_AFTER_S: Final = 86_400.0
"""So long an authority may be silent before that is an alarm: evidence is sound without it."""

HANGS_S: Final = 120.0
_PATIENT_WITH = frozenset({UNREACHABLE, NOT_UNDERSTOOD, HANGS})
"""What passes by itself. Anything else is a wrong answer, and told at once."""


class Authority(Protocol):
    """Who stamps; ``time_authority.TimeAuthority`` is one."""

    def stamp(self, checkpoint: Checkpoint) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question: a stamp, or why there is none."""

    checkpoint: Checkpoint
    stamp: bytes | None
    reason: str = ""
    why: str = ""


class AskingThread:
    """Asks for one stamp at a time; a daemon thread, since an answer may never come."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._news = threading.Condition()
        self._asked: Checkpoint | None = None
        self._answer: Answer | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="time-stamps", daemon=True)
        self._thread.start()

    def ask(self, checkpoint: Checkpoint) -> None:
        """Ask about a checkpoint, once the question before is answered."""
        with self._news:
            self._asked = checkpoint
            self._news.notify_all()

    def take(self) -> Answer | None:
        """The answer, once; None while there is none."""
        with self._news:
            answer, self._answer = self._answer, None
            return answer

    def close(self, within_s: float) -> None:
        """End it; an answer that has not come by then is asked for again by the next process."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._thread.join(within_s)

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._asked is not None or self._closed)
                checkpoint, self._asked = self._asked, None
            if checkpoint is None:
                return
            answer = self._stamped(checkpoint)
            with self._news:
                self._answer = answer

    def _stamped(self, checkpoint: Checkpoint) -> Answer:
        try:
            return Answer(checkpoint, self._authority.stamp(checkpoint))
        except TimeStampError as error:
            return Answer(checkpoint, None, error.reason, str(error))
        except BaseException as error:  # noqa: BLE001 -- a panic in the library's Rust is no Exception
            return Answer(checkpoint, None, NOT_UNDERSTOOD, type(error).__name__)


class Stamping:
    """For the ledger's thread. ``log`` hears of each change between failing and well."""

    def __init__(self, ask: AskingThread, every_s: float, log: Callable[..., None]) -> None:
        self._ask = ask
        self._every_s = every_s
        self._log = log
        self._asked_s: float | None = None
        self._next_s = float("-inf")
        self._failures = 0
        self._failing_since_s = 0.0
        self._reason = ""
        self._logged = ""

    def turn(self, ledger: Ledger, now_s: float, now_at: float) -> None:
        """Take in what was answered, and ask where a stamp is due. Raises LedgerError.

        ``now_s`` is monotonic, ``now_at`` POSIX seconds.
        """
        answer = self._ask.take()
        if answer is not None:
            self._asked_s = None
            self._take(ledger, answer, now_s, now_at)
        if self._asked_s is None and now_s >= self._next_s:
            checkpoint = _due(ledger, self._every_s, now_at)
            self._next_s = now_s + FIRST_RETRY_S
            if checkpoint is not None:
                self._asked_s = now_s
                self._ask.ask(checkpoint)

    def problem(self, now_s: float) -> str | None:
        """What is to be told; None where all is well, or has not been bad for long."""
        if self._asked_s is not None and now_s - self._asked_s > HANGS_S:
            return self._told(HANGS, self._asked_s, now_s)
        if not self._failures:
            return None
        return self._told(self._reason, self._failing_since_s, now_s)

    def close(self, within_s: float) -> None:
        self._ask.close(within_s)

    def _told(self, reason: str, since_s: float, now_s: float) -> str | None:
        is_early = now_s - since_s < TOLD_AFTER_S
        return None if is_early and reason in _PATIENT_WITH else reason

    def _take(self, ledger: Ledger, answer: Answer, now_s: float, now_at: float) -> None:
        if answer.stamp is None:
            self._fail(answer, now_s)
            return
        ledger.put_stamp(answer.checkpoint, answer.stamp, now_at)
        if self._failures:
            self._log("timestamps_come_again", after_failures=self._failures)
        self._failures, self._logged = 0, ""

    def _fail(self, answer: Answer, now_s: float) -> None:
        if not self._failures:
            self._failing_since_s = now_s
        self._reason = answer.reason
        wait_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self._failures, 20))
        self._failures += 1
        self._next_s = now_s + wait_s
        if self._logged != answer.reason:
            self._log("timestamp_fails", reason=answer.reason, why=answer.why)
            self._logged = answer.reason


def _due(ledger: Ledger, every_s: float, now_at: float) -> Checkpoint | None:
    """The checkpoint to be stamped now; None where the newest is, or the last is fresh."""
    stamped = ledger.newest_stamp()
    # a clock that was put back must not stop the stamps until it has caught up
    if stamped is not None and 0 <= now_at - stamped.got_at < every_s:
        return None
    newest = ledger.published()
    is_new = newest is not None and (stamped is None or newest.head.size > stamped.size)
    return newest if is_new else None
