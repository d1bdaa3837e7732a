"""Offers the broker once more what it refused: the journal's side of `second_chance`.

No socket. What the desk has not written yet is written first, or it would not be found.
"""

from __future__ import annotations

from vision.outputs.publisher_desk import Desk
from vision.outputs.second_chance import MOST, Offer, SecondChance, passing


class OfferingAgain:
    """What one publisher knows of the messages that were put aside."""

    def __init__(self, desk: Desk, probe_s: float) -> None:
        self._desk = desk
        self._chance = SecondChance(probe_s)
        self._offer = Offer()
        self._offered_of_before = False

    def gave_up(self, seq: int) -> bool:
        """A message is put aside; False where it was before, and was only offered again."""
        return self._chance.gave_up(seq)

    def of_before(self) -> int:
        """Rearm, once, what earlier publishers put aside; how many that are.

        Raises:
            JournalError: it is tried again with the next call.
        """
        if self._offered_of_before:
            return 0
        journal = self._desk.journal
        letters = passing(journal.dead_letters(MOST))
        journal.rearm_dead(letter.seq for letter in letters)
        self._offered_of_before = True
        return len(letters)

    def due(self, shut: frozenset[str], now_s: float) -> int:
        """Rearm what is due while these topics are shut; how many messages that are.

        Raises:
            JournalError: it is tried again with the next call.
        """
        self._offer |= self._chance.due(shut, now_s)
        if not self._offer:
            return 0
        self._desk.work(now_s, all_of_it=True)
        dead = self._desk.journal.dead_letters(MOST)
        chosen = self._chance.chosen(self._offer, dead)
        self._desk.journal.rearm_dead(chosen)
        self._chance.made(self._offer, dead)
        self._offer = Offer()
        return len(chosen)
