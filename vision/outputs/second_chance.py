"""When messages that the broker would not take are offered to it once more.

Pure. A broker refuses a topic for as long as its own settings are wrong, and nobody tells us when
they are mended: so one message of a topic that is shut is offered now and then, and once the
broker takes one, all that were put aside are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from vision.outputs.journal_values import DeadLetter

PASSING = ("0x80", "0x83", "0x87", "0x97")
"""Reason codes of MQTT 5 that tell of the broker and not of the message: unspecified, the broker's
own, not authorised, quota exceeded."""

MOST = 10_000
"""The newest of what was put aside; older ones stay aside."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Topics of which everything is to be offered once more, and of which one message is."""

    whole: frozenset[str] = frozenset()
    probes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.whole or self.probes)

    def __or__(self, other: Offer) -> Offer:
        return Offer(self.whole | other.whole, self.probes | other.probes)


class SecondChance:
    """What was given up, and which topics were shut when last looked."""

    def __init__(self, probe_s: float) -> None:
        self._probe_s = probe_s
        self._given_up: set[int] = set()
        self._offered: set[int] = set()
        self._shut: frozenset[str] = frozenset()
        self._probe_at_s = inf

    def gave_up(self, seq: int) -> bool:
        """A message is put aside; False where it was before, and was only offered again."""
        first = seq not in self._given_up
        self._given_up.add(seq)
        return first

    def due(self, shut: frozenset[str], now_s: float) -> Offer:
        """What to offer now that these topics are shut. No offer is made twice."""
        opened, self._shut = self._shut - shut, shut
        if not shut:
            self._probe_at_s = inf
        elif self._probe_at_s == inf:
            self._probe_at_s = now_s + self._probe_s
        elif now_s >= self._probe_at_s:
            self._probe_at_s = now_s + self._probe_s
            return Offer(opened, shut)
        return Offer(opened)

    def chosen(self, offer: Offer, dead: Sequence[DeadLetter]) -> tuple[int, ...]:
        """The messages of an offer, in order; ``dead``: all that were put aside, newest first.

        When its topic opens a message goes out once: refused for itself, it would go round for
        ever.
        """
        letters = passing(dead)
        whole = {one.seq for one in letters if one.topic in offer.whole} - self._offered
        newest = {one.topic: one.seq for one in reversed(letters) if one.topic in offer.probes}
        return tuple(sorted(whole | set(newest.values())))

    def made(self, offer: Offer, dead: Sequence[DeadLetter]) -> None:
        """An offer was made."""
        self._offered.update(letter.seq for letter in dead if letter.topic in offer.whole)


def passing(dead: Iterable[DeadLetter]) -> tuple[DeadLetter, ...]:
    """Those that were put aside for the broker's sake, and not for their own."""
    return tuple(letter for letter in dead if letter.reason in PASSING)
