"""Erasing from the ledger what it holds about people whom the register has erased.

The ledger's own process does it, as the ledger has one writer. Entries and proofs stay; contents
and salts go. Whom to forget comes from the register and is asked for again and again, since an
alarm of before may be acknowledged, and so be entered once more, long after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vision.ledger.ledger import Ledger
from vision.ledger.sources import SourceUnreadableError


class Erased(Protocol):
    """Somebody who was erased, until somebody else had the same staff id (POSIX seconds)."""

    @property
    def staff_id(self) -> str: ...
    @property
    def until_at(self) -> float | None: ...


class Erasures(Protocol):
    """Who was erased lately."""

    def erased(self) -> Sequence[Erased]:
        """The same object while nothing has changed. Raises SourceUnreadableError."""
        ...


class Forgetting:
    """Keeps the ledger free of whom it has to forget; ``turn`` after each turn of sources."""

    def __init__(self, ledger: Ledger, erasures: Erasures) -> None:
        self._ledger = ledger
        self._erasures = erasures
        self._seen: tuple[Sequence[Erased], int] | None = None
        self._scrubbed = True

    def turn(self) -> None:
        """Erase what is there; a register that cannot be read is asked in the next turn."""
        try:
            erased = self._erasures.erased()
        except SourceUnreadableError:
            return
        size = self._ledger.size
        if self._seen is None or self._seen[0] is not erased or self._seen[1] != size:
            for one in erased:
                if self._ledger.erase(one.staff_id, one.until_at):
                    self._scrubbed = False
            self._seen = (erased, size)
        if not self._scrubbed:  # a reader may have kept the write-ahead file busy
            self._scrubbed = self._ledger.scrub()
