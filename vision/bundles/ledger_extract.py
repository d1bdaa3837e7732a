"""What the ledger has about one alarm, with proofs under one signed head.

Reads the ledger and writes nothing. The head is one that was published, where that covers
everything about the alarm: then whoever kept it needs no proof of growth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from vision.bundles import evidence_proofs
from vision.bundles.proofs import Growth, Proven
from vision.ledger import merkle
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.entries import Entry, Kind
from vision.ledger.ledger import LedgerReader
from vision.ledger.ledger_errors import LedgerError
from vision.outputs.messages import iso

DECIDED_WITHIN_S = 15 * 60.0
"""A passage is told once its identity is known; that is no later than this."""


class HistoryError(Exception):
    """A checkpoint that was kept elsewhere is none of this ledger's past; the message says why."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when an alarm was: cameras, and a span in POSIX seconds."""

    cameras: Collection[str]
    from_at: float
    to_at: float


@dataclass(frozen=True, slots=True)
class Extract:
    """Entries about an alarm under one head; ``growth`` leads to it from older ones."""

    head: Checkpoint
    proven: tuple[Proven, ...]
    growth: tuple[Growth, ...] = ()


def extract(
    ledger: LedgerReader, alarm_id: str, scene: Scene, held: Sequence[Checkpoint] = ()
) -> Extract:
    """Everything about an alarm, in the ledger's order.

    ``held``: checkpoints that an auditor has, from which growth is to be proven. Raises
    LedgerError, HistoryError.
    """
    about = ledger.entries_about(alarm_id)
    head = _head(ledger, max((one.number for one in about), default=-1), held)
    growth = tuple(_growth(ledger, head, held))
    proven = [_proven(ledger, one, head) for one in about if one.number < head.head.size]
    return Extract(
        head, tuple(sorted((*proven, *_around(ledger, head, scene)), key=_number)), growth
    )


def without_people(found: Extract) -> Extract:
    """The same, with no content but digests of files: all other entries stay, and are proven."""
    proven = (
        one if one.entry.kind in evidence_proofs.FILE_KINDS else Proven(one.entry, one.path, None)
        for one in found.proven
    )
    return Extract(found.head, tuple(proven), found.growth)


def _head(ledger: LedgerReader, newest: int, held: Sequence[Checkpoint]) -> Checkpoint:
    needed = max([newest + 1, *(one.head.size for one in held)])
    published = ledger.published()
    if published is not None and published.head.size >= needed:
        return published
    head = ledger.checkpoint()
    if head is None:
        raise LedgerError(f"ledger {ledger.path} is empty; run 'bondwatch run' first")
    return head


def _growth(ledger: LedgerReader, head: Checkpoint, held: Sequence[Checkpoint]) -> Iterator[Growth]:
    for one in held:
        old, new = one.head, head.head
        if old.origin != new.origin:
            raise HistoryError(f"the checkpoint is of {old.origin}, the ledger is {new.origin}")
        if not 0 < old.size <= new.size:
            raise HistoryError(f"the checkpoint has {old.size} entries, the ledger {new.size}")
        path = ledger.prove_growth(old.size, new.size)
        if not merkle.extends((old.size, old.root), (new.size, new.root), path):
            raise HistoryError(f"the ledger's first {old.size} entries are not the checkpoint's")
        if path:
            yield Growth(old.size, path)


def _proven(ledger: LedgerReader, entry: Entry, head: Checkpoint) -> Proven:
    path = ledger.inclusion(entry.number, head.head.size)
    return Proven(entry, path, ledger.content(entry.number))


def _around(ledger: LedgerReader, head: Checkpoint, scene: Scene) -> Iterator[Proven]:
    """Passages before the alarm's cameras, and what was in force: that as a digest alone."""
    size = head.head.size
    for kind in (Kind.CONFIGURATION, Kind.MODELS):
        for entry in ledger.entries_of_kind(kind, 0.0, scene.to_at)[-1:]:
            if entry.number < size:
                yield Proven(entry, ledger.inclusion(entry.number, size), None)
    until_at = scene.to_at + DECIDED_WITHIN_S
    for entry in ledger.entries_of_kind(Kind.PASSAGE, scene.from_at, until_at):
        if entry.number < size:
            found = _proven(ledger, entry, head)
            if _is_within(found, scene):
                yield found


def _is_within(found: Proven, scene: Scene) -> bool:
    message = evidence_proofs.fields(found)
    times = message.get("times")
    wall = times.get("wall") if isinstance(times, dict) else None
    if not isinstance(wall, str) or message.get("camera") not in scene.cameras:
        return False
    return iso(scene.from_at) <= wall <= iso(scene.to_at)


def _number(one: Proven) -> int:
    return one.entry.number
