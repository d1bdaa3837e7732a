"""The ordered lane: alarms and passages leave one by one, each only after the one before.

Pure: no socket, no clock, no journal. The caller sends what ``next_letter`` gives, and tells
the lane what the broker said. One message in flight, because a window could not keep the
order: a refused message would have to be sent again behind those that were taken after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from vision.outputs.journal_values import OutboxRow


@dataclass(frozen=True, slots=True)
class RefusalPolicy:
    """How often a refused message is offered: waits double from ``first_s`` to ``cap_s``.

    Six tries last 7.75 s, well within the 60 s after which somebody must know. A topic that is
    shut is tried every ``probe_s`` with one message.
    """

    tries: int = 6
    first_s: float = 0.25
    cap_s: float = 4.0
    probe_s: float = 30.0

    def wait_s(self, tries: int) -> float:
        """How long to wait after so many tries."""
        return min(self.cap_s, self.first_s * 2.0 ** (tries - 1))


class Refusal(Enum):
    """What becomes of a refused message."""

    RETRY = "retry"
    DEAD = "dead"


class OrderedLane:
    """The messages that wait, and the one that is under way."""

    def __init__(self, policy: RefusalPolicy) -> None:
        self._policy = policy
        self._queue: deque[OutboxRow] = deque()
        self._mid: int | None = None
        self._tries = 0
        self._retry_at_s = float("-inf")
        self._shut_topics: set[str] = set()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def shut_topics(self) -> frozenset[str]:
        """Topics whose last message was given up."""
        return frozenset(self._shut_topics)

    @property
    def mid(self) -> int | None:
        """The packet id of the message under way."""
        return self._mid

    def feed(self, rows: Iterable[OutboxRow]) -> None:
        """Queue messages behind the others."""
        self._queue.extend(rows)

    def feed_first(self, row: OutboxRow) -> None:
        """Queue a message that cannot wait, behind only the one under way."""
        if self._mid is None:
            self._queue.appendleft(row)
            self._start_over()
        else:
            self._queue.insert(1, row)

    def read_anew(self) -> None:
        """Forget what waits in the journal, which is read anew; a negative ``seq`` is not there."""
        self._queue = deque(row for row in self._queue if row.seq < 0)
        self._start_over()

    def next_letter(self, now_s: float) -> OutboxRow | None:
        """What to send now; None while one is under way, or a refused one waits."""
        if self._mid is not None or not self._queue or now_s < self._retry_at_s:
            return None
        return self._queue[0]

    def sent(self, mid: int) -> None:
        """The next letter is under way under the packet id ``mid``."""
        self._mid = mid

    def lost(self) -> None:
        """The connection is gone, and the message that was under way with it: send it again."""
        self._mid = None
        self._retry_at_s = float("-inf")

    def taken(self, mid: int) -> OutboxRow | None:
        """The broker took a message: the one under way, or none of this lane's."""
        if mid != self._mid:
            return None
        row = self._queue.popleft()
        self._shut_topics.discard(row.topic)
        self._start_over()
        return row

    def refused(self, mid: int, now_s: float) -> tuple[OutboxRow, Refusal] | None:
        """The broker refused a message; None where it is none of this lane's.

        Once a message of a topic was given up, later ones of it get a single try until one
        is taken, so that a topic that is shut does not hold up the others.
        """
        if mid != self._mid:
            return None
        self._mid = None
        self._tries += 1
        row = self._queue[0]
        if self._tries < self._policy.tries and row.topic not in self._shut_topics:
            self._retry_at_s = now_s + self._policy.wait_s(self._tries)
            return row, Refusal.RETRY
        self._queue.popleft()
        self._shut_topics.add(row.topic)
        self._start_over()
        return row, Refusal.DEAD

    def _start_over(self) -> None:
        self._mid = None
        self._tries = 0
        self._retry_at_s = float("-inf")
