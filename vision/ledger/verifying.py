"""Verifying a ledger: offline, against a key and a checkpoint that came from elsewhere.

The file is not trusted in anything. What it says of itself must fit together; that it is the
right ledger, and all of it, only key and checkpoint can tell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vision.ledger import ledger_rows, walking
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.ledger_file import LedgerFile
from vision.ledger.signed_notes import NoteError, Verifier
from vision.ledger.stamp_values import UNTRUSTED, Stamp, TimeStampError
from vision.ledger.verdicts import Finding, Report, StampsFound, State, spans
from vision.ledger.walking import MOST_TOLD, Walked

DemandStamp = Callable[[bytes, Checkpoint], Stamp]


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor holds: the node's public key, and a checkpoint kept elsewhere.

    ``demand_stamp`` tells a time stamp's answer about a checkpoint, and raises TimeStampError
    where it is not right; None where nobody wants to know.
    """

    key: Verifier | None = None
    checkpoint: Checkpoint | None = None
    demand_stamp: DemandStamp | None = None


def verify(file: LedgerFile, trust: Trust) -> Report:
    """Check a ledger from its first entry to its last. LedgerError where it cannot be read."""
    with file.snapshot() as db:
        return _Verification(db, trust).report()


class _Verification:
    """One verification; findings gather in the order in which they are made."""

    def __init__(self, db: sqlite3.Connection, trust: Trust) -> None:
        self._db = db
        self._trust = trust
        self._found: list[Finding] = []
        self._origin = ledger_rows.name(db, ledger_rows.ORIGIN) or ""
        self._key = trust.key or self._own_key()

    def report(self) -> Report:
        heads = self._signed_heads()
        outside = self._trust.checkpoint
        sizes = {head.head.size for head in heads}
        walked = walking.walk(self._db, sizes | ({outside.head.size} if outside else set()))
        self._judge_entries(walked, heads)
        signed_size = self._judge_heads(walked, heads)
        if outside is not None:
            self._judge_outside(walked, outside, signed_size)
        self._judge_upper_tiles()
        stamps = self._judge_stamps(
            {h.head.size: h for h in heads if walked.fits(h.head.size, h.head.root)}
        )
        erased = self._judge_contents(walked)
        if self._trust.key is None or outside is None:
            self._tell(
                State.UNVERIFIED, "a key and a checkpoint from elsewhere are needed to say more"
            )
        return Report(self._origin, walked.size, signed_size, erased, tuple(self._found), stamps)

    def _tell(self, state: State, what: str) -> None:
        self._found.append(Finding(state, what))

    def _own_key(self) -> Verifier | None:
        """The key that the ledger itself names; good enough to find damage, no more."""
        try:
            return Verifier.parse(ledger_rows.name(self._db, ledger_rows.VERIFIER) or "")
        except NoteError:
            self._tell(State.ALTERED, "the public key that the ledger names is none")
            return None

    def _signed_heads(self) -> list[Checkpoint]:
        """The heads in the file that the key has signed for this ledger, the smallest first."""
        heads = []
        for size, note in ledger_rows.heads(self._db):
            try:
                head = Checkpoint.parse(note)
            except NoteError:
                self._tell(State.ALTERED, f"the signed head over {size} entries is damaged")
                continue
            if head.head.size != size or head.head.origin != self._origin:
                self._tell(
                    State.ALTERED, f"the signed head over {size} entries is of something else"
                )
            elif self._key is None or not head.note.is_signed_by(self._key):
                self._tell(State.UNSIGNED, f"the head over {size} entries is not signed by the key")
            else:
                heads.append(head)
        return heads

    def _judge_entries(self, walked: Walked, heads: list[Checkpoint]) -> None:
        proven = [head.head for head in heads if walked.fits(head.head.size, head.head.root)]
        by_entries = [h for h in proven if walked.roots[h.size][0] == h.root]
        sound_to = max((head.size for head in by_entries), default=0)
        altered = [number for number in walked.differ if number >= sound_to]
        touched = [number for number in walked.differ if number < sound_to]
        for span in spans(altered):
            self._tell(State.ALTERED, f"entry {span}")
        for span in spans(touched):
            self._tell(State.ALTERED, f"the stored hash of entry {span}; the entry is right")
        for span in spans(walked.missing):
            self._tell(State.MISSING, f"entry {span}")
        for number in walked.strange:
            self._tell(State.ALTERED, f"there is an entry {number}, which cannot be")
        if len(walked.differ) >= MOST_TOLD:
            self._tell(State.ALTERED, f"more than {MOST_TOLD} entries; the rest is not listed")
        if walked.stored > walked.size:
            first, last = walked.size, walked.stored - 1
            self._tell(State.CUT_OFF, f"entries {first} to {last} were there once")

    def _judge_heads(self, walked: Walked, heads: list[Checkpoint]) -> int:
        """How many entries the newest head that fits covers."""
        fitting = 0
        for head in (one.head for one in heads):
            if walked.fits(head.size, head.root):
                fitting = head.size
            elif head.size > max(walked.size, walked.stored):
                self._tell(
                    State.CUT_OFF, f"{head.size} entries were signed, {walked.size} are there"
                )
            else:
                self._tell(
                    State.ALTERED,
                    f"something among entries {fitting} to {head.size - 1}: the root does not fit",
                )
        if walked.size > fitting:
            self._tell(State.UNSIGNED, f"entries {fitting} to {walked.size - 1}")
        return fitting

    def _judge_outside(self, walked: Walked, outside: Checkpoint, signed_size: int) -> None:
        head = outside.head
        if self._trust.key is not None and not outside.note.is_signed_by(self._trust.key):
            self._tell(State.UNSIGNED, "the checkpoint from elsewhere is not signed by the key")
        elif head.origin != self._origin:
            self._tell(State.FORKED, f"the checkpoint is of {head.origin}, this is {self._origin}")
        elif head.size > max(walked.size, walked.stored):
            self._tell(
                State.CUT_OFF, f"the checkpoint has {head.size} entries, here are {walked.size}"
            )
        elif not walked.fits(head.size, head.root):
            # what was signed here fits what is here, so the key has signed two histories
            state = State.FORKED if signed_size >= head.size else State.ALTERED
            self._tell(state, f"the first {head.size} entries are not those of the checkpoint")

    def _judge_upper_tiles(self) -> None:
        if not walking.upper_tiles_fit(self._db):
            self._tell(State.ALTERED, "the stored hashes do not fit together; proofs may fail")

    def _judge_stamps(self, heads: Mapping[int, Checkpoint]) -> StampsFound:
        """What time stamps are worth, where that is asked; ``heads`` are those that fit."""
        demand, found = self._trust.demand_stamp, StampsFound()
        for size, _, answer in ledger_rows.stamps(self._db):
            found = replace(found, kept=found.kept + 1)
            if demand is None:
                continue
            stamp = self._stamp(demand, size, answer, heads.get(size))
            if stamp is not None:
                found = replace(found, right=found.right + 1, newest_size=size, newest=stamp)
        if demand is not None and not found.kept:
            self._tell(State.MISSING, "there is no time stamp")
        return found

    def _stamp(
        self, demand: DemandStamp, size: int, answer: bytes, head: Checkpoint | None
    ) -> Stamp | None:
        """One time stamp, where it is right; otherwise that is told."""
        what = f"the time stamp over {size} entries"
        if head is None:
            self._tell(State.ALTERED, f"{what}: the checkpoint that it is of is gone, or wrong")
            return None
        try:
            return demand(answer, head)
        except TimeStampError as error:
            state = State.UNSIGNED if error.reason == UNTRUSTED else State.ALTERED
            self._tell(state, f"{what}: {error}")
            return None

    def _judge_contents(self, walked: Walked) -> int:
        """How many contents were erased; those that are there must be what was entered."""
        kept = 0
        wrong: list[int] = []
        for number, content, digest in ledger_rows.contents(self._db):
            kept += 1
            if digest != content.digest and len(wrong) < MOST_TOLD:
                wrong.append(number)
        for span in spans(wrong):
            self._tell(State.ALTERED, f"the content of entry {span}")
        return max(0, walked.size - len(walked.missing) - kept)
