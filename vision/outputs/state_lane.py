"""The state lane: only the latest value of each retained topic, confirmed before it expires.

Pure: no socket, no clock, no journal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vision.outputs.journal_values import StateRow
from vision.outputs.ordered_lane import Refusal, RefusalPolicy

WINDOW = 10
"""Values under way at once; only values of different topics, so each topic keeps its order."""

CONFIRMED_PER_EXPIRY = 3


@dataclass(slots=True)
class _Topic:
    """``due_at_s``: when the value is to be sent next, None while that is unknown."""

    row: StateRow
    due_at_s: float
    under_way: bool = False
    tries: int = 0


class StateLane:
    """The retained topics by name."""

    def __init__(self, policy: RefusalPolicy) -> None:
        self._policy = policy
        self._topics: dict[str, _Topic] = {}
        self._flights: dict[int, StateRow] = {}
        self._shut_topics: set[str] = set()

    @property
    def shut_topics(self) -> frozenset[str]:
        """Topics whose last value was given up."""
        return frozenset(self._shut_topics)

    @property
    def mids(self) -> tuple[int, ...]:
        """The packet ids of the values under way."""
        return tuple(self._flights)

    def lost(self) -> None:
        """The connection is gone, and what was under way with it."""
        self._flights.clear()
        for topic in self._topics.values():
            topic.under_way = False

    def put(self, rows: Iterable[StateRow], now_s: float) -> None:
        """Take up values; one that the lane has already is no news."""
        for row in rows:
            known = self._topics.get(row.topic)
            if known is None:
                self._topics[row.topic] = _Topic(row, now_s)
            elif known.row != row:
                known.row = row
                known.due_at_s = now_s
                known.tries = 0

    def restart(self, rows: Iterable[StateRow], now_s: float) -> None:
        """A new connection: everything goes out once more."""
        self._topics.clear()
        self._flights.clear()
        self.put(rows, now_s)

    def next_states(self, now_s: float) -> tuple[StateRow, ...]:
        """The values to send now, as many as the window allows."""
        room = WINDOW - len(self._flights)
        due = (t.row for t in self._topics.values() if not t.under_way and t.due_at_s <= now_s)
        return tuple(row for row, _ in zip(due, range(room), strict=False))

    def sent(self, mid: int, row: StateRow) -> None:
        """A value is under way under the packet id ``mid``."""
        self._flights[mid] = row
        self._topics[row.topic].under_way = True

    def taken(self, mid: int, now_s: float) -> StateRow | None:
        """The broker took a value; None where it is none of this lane's."""
        row = self._flights.pop(mid, None)
        if row is None:
            return None
        topic = self._topics[row.topic]
        topic.under_way = False
        topic.tries = 0
        self._shut_topics.discard(row.topic)
        if topic.row != row:
            return row
        if row.payload:
            topic.due_at_s = now_s + row.expiry_s / CONFIRMED_PER_EXPIRY
        else:
            del self._topics[row.topic]
        return row

    def refused(self, mid: int, now_s: float) -> tuple[StateRow, Refusal] | None:
        """The broker refused a value; one given up is tried now and then, and that is said once."""
        row = self._flights.pop(mid, None)
        if row is None:
            return None
        topic = self._topics[row.topic]
        topic.under_way = False
        topic.tries += 1
        known = row.topic in self._shut_topics
        if topic.tries < self._policy.tries and not known:
            topic.due_at_s = now_s + self._policy.wait_s(topic.tries)
            return row, Refusal.RETRY
        topic.due_at_s = now_s + min(self._policy.probe_s, row.expiry_s / CONFIRMED_PER_EXPIRY)
        self._shut_topics.add(row.topic)
        return row, Refusal.RETRY if known else Refusal.DEAD
