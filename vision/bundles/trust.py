"""What an auditor holds from elsewhere, and what it says of a signed head. Pure.

A head is of the auditor's history where both have as many entries and one root, or where a path
proves that one grew out of the other. The bundle may carry such a path from an older checkpoint;
none can lead to a newer one but out of the ledger itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vision.ledger import merkle
from vision.ledger.checkpoints import Checkpoint, Head
from vision.ledger.signed_notes import Verifier
from vision.ledger.verdicts import Finding, State

ProveGrowth = Callable[[int, int], Sequence[bytes] | None]
"""``prove(first, second)``: the path from the root over ``first`` entries to that over
``second``, out of a ledger; None where it has none."""


def no_ledger(_first: int, _second: int) -> None:
    """There is no ledger to ask."""


@dataclass(frozen=True, slots=True)
class Trust:
    """The node's public key, checkpoints that were kept elsewhere, and a ledger to ask."""

    key: Verifier | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    prove: ProveGrowth = no_ledger

    @property
    def is_enough(self) -> bool:
        """Whether it can say more than that things fit together."""
        return self.key is not None and bool(self.checkpoints)


@dataclass(frozen=True, slots=True)
class _Against:
    """One head held against one's trust; ``carried``: paths to it by older sizes."""

    head: Head
    trust: Trust
    carried: Mapping[int, Sequence[bytes]] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        ours = self.trust.checkpoints
        for one in ours:
            if one.head.origin != self.head.origin:
                what = f"the checkpoint is of {one.head.origin}, this is of {self.head.origin}"
                yield Finding(State.FORKED, what)
        of_this = [one for one in ours if one.head.origin == self.head.origin]
        same = [one for one in of_this if one.head.size == self.head.size]
        for one in same or self._nearest(of_this):
            yield from self._judged(one)

    def _nearest(self, ours: Sequence[Checkpoint]) -> list[Checkpoint]:
        """The next older and the next newer one: a history between them leaves no room for two."""
        sizes = sorted({one.head.size for one in ours})
        older = [size for size in sizes if size < self.head.size][-1:]
        newer = [size for size in sizes if size > self.head.size][:1]
        return [one for one in ours if one.head.size in (*older, *newer)]

    def _judged(self, ours: Checkpoint) -> Iterator[Finding]:
        key, size = self.trust.key, ours.head.size
        if key is not None and not ours.note.is_signed_by(key):
            what = f"the checkpoint of {size} entries from elsewhere is not signed by the key"
            yield Finding(State.UNSIGNED, what)
        elif size == self.head.size:
            if ours.head.root != self.head.root:
                yield Finding(State.FORKED, f"the checkpoint has other {size} entries")
        else:
            yield from self._grown(*sorted((ours.head, self.head), key=lambda one: one.size))

    def _grown(self, old: Head, new: Head) -> Iterator[Finding]:
        path = self.carried.get(old.size) if new == self.head else None
        if path is None:
            path = self.trust.prove(old.size, new.size)
        if path is None or not old.size:
            which = "newer" if old == self.head else "older"
            what = f"nothing shows that its {self.head.size} entries and the {which} checkpoint's"
            other = new.size if old == self.head else old.size
            yield Finding(
                State.UNPROVEN,
                f"{what} {other} are of one history; give a checkpoint of {self.head.size}"
                " entries, or the ledger",
            )
        elif not merkle.extends((old.size, old.root), (new.size, new.root), path):
            what = f"the first {old.size} of {new.size} entries are not those that were signed"
            yield Finding(State.FORKED, what)


def against(
    head: Head, trust: Trust, carried: Mapping[int, Sequence[bytes]] | None = None
) -> tuple[Finding, ...]:
    """What is to be said of a head that the key has signed."""
    found = tuple(_Against(head, trust, carried or {}).findings())
    if trust.is_enough:
        return found
    what = "a key and a checkpoint from elsewhere are needed to say more"
    return (*found, Finding(State.UNVERIFIED, what))
