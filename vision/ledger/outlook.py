"""What the world gets to see of the ledger: its checkpoints, and what is held against it.

Here the ledger meets the journal, whose publisher sends the checkpoint on, and the second place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from vision.ledger import second_place
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger
from vision.ledger.ledger_errors import LedgerWentBackError
from vision.ledger.second_place import SecondPlace
from vision.outputs import messages, topics
from vision.outputs.journal import Journal
from vision.outputs.journal_outbox import ALARM_STATE_EXPIRY_S
from vision.outputs.journal_values import LedgerMark, StateRow


@dataclass(frozen=True, slots=True)
class Site:
    """Whose ledger it is, and how old a published checkpoint may get while entries wait."""

    site_id: str
    checkpoint_s: float


class Outlook:
    """Gives checkpoints away. ``place`` None: there is no second place."""

    def __init__(
        self, ledger: Ledger, journal: Journal, place: SecondPlace | None, site: Site
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._place = place
        self._site = site
        self._given_size = -1
        self._given_at_s = float("-inf")

    def turn(self, reached: dict[str, int], now_s: float, now_at: float) -> None:
        """Give the newest checkpoint away where one is due."""
        if now_s - self._given_at_s < self._site.checkpoint_s:
            return
        checkpoint = self._ledger.checkpoint()
        if checkpoint is None or checkpoint.head.size == self._given_size:
            return
        self.give(checkpoint, reached, now_at)
        self._given_size, self._given_at_s = checkpoint.head.size, now_s

    def give(self, checkpoint: Checkpoint, reached: dict[str, int], now_at: float) -> None:
        """Let a checkpoint be known outside. Raises LedgerError, JournalError."""
        self._ledger.given_away(checkpoint)
        if self._place is not None:
            self._place.put(checkpoint)
        head = checkpoint.head
        payload = messages.ledger_checkpoint(str(checkpoint), head.size, self._site.site_id, now_at)
        self._journal.put_ledger_mark(
            LedgerMark(head.origin, head.size, reached),
            StateRow(topics.LEDGER_CHECKPOINT, payload, ALARM_STATE_EXPIRY_S),
        )


def demand_no_step_back(ledger: Ledger, told: LedgerMark | None, kept: Checkpoint | None) -> None:
    """Raises LedgerWentBackError where the file is less than what is known of it outside."""
    known = [kept.head.size] if kept is not None else []
    if told is not None and told.origin == ledger.origin:
        known.append(told.size)
    size = ledger.size
    if max(known, default=0) > size:
        raise LedgerWentBackError(
            f"ledger {ledger.path} has {size} entries, {max(known)} were signed;"
            " put it aside and keep it, a new one begins then"
        )
    if kept is not None and ledger.root(kept.head.size) != kept.head.root:
        raise LedgerWentBackError(
            f"ledger {ledger.path} is not what its checkpoint at the second place says;"
            " put it aside and keep it, a new one begins then"
        )


def begin(ledger: Ledger, told: LedgerMark | None, verifier: str, now_at: float) -> bool:
    """Make the first entry, which says what was before this ledger.

    True where there was one before, which is gone: somebody must hear of that.
    """
    if ledger.size:
        return False
    before = None if told is None else {"origin": told.origin, "size": told.size}
    content = {"origin": ledger.origin, "key": verifier, "before": before}
    text = json.dumps(content, separators=(",", ":"))
    ledger.append([Draft(Kind.LEDGER_BEGUN, str(ledger.origin), now_at, text)])
    return before is not None


def kept_checkpoint(ledger: Ledger, place: SecondPlace | None) -> Checkpoint | None:
    """What lies of this ledger at the second place."""
    folder = None if place is None else place.folder
    return None if folder is None else second_place.kept(folder, ledger.origin or "")
