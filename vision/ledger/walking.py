"""One pass over a ledger: the entries and the stored hashes side by side.

Two trees grow in step, one out of the entries and one out of the hashes that were stored when
they were written; where a signed root fits one of them, that one is right and the other was
touched. Memory stays bounded, however long the ledger is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from vision.ledger import ledger_rows, tiles
from vision.ledger.entries import Entry
from vision.ledger.merkle import HASH_BYTES, Growing

_EVERYTHING = -1
MOST_TOLD = 1000
_TILE_BYTES = tiles.WIDTH * HASH_BYTES


@dataclass(slots=True)
class Walked:
    """What the pass has seen.

    ``size``: where the entries end. ``stored``: how many hashes of entries are stored.
    ``roots``: for each size asked for and reached, the roots out of entries and out of hashes.
    ``differ``, ``missing``: numbers of entries that are not what was hashed, or not there though
    later ones are; ``strange``: rows whose number cannot be.
    """

    size: int = 0
    stored: int = 0
    roots: dict[int, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    differ: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)

    def fits(self, size: int, root: bytes) -> bool:
        """Whether a root is that of the entries, or of the hashes."""
        return root in self.roots.get(size, ())


def walk(db: sqlite3.Connection, sizes: Iterable[int]) -> Walked:
    """Go through everything once; ``sizes`` are those at which roots are wanted."""
    walked, wanted = Walked(), frozenset(sizes)
    by_entries, by_hashes = Growing(), Growing()
    gap: list[int] = []
    pairs = zip_longest(_in_their_places(db, walked), _stored_hashes(db))
    _note_roots(walked, 0, wanted, by_entries, by_hashes)
    for number, (entry, stored) in enumerate(pairs):
        if entry is None:
            gap.append(number)
        else:
            _tell(walked.missing, gap)
            walked.size, gap = number + 1, []
            leaf = entry.leaf_hash
            if by_entries.size == number:
                by_entries.add(leaf)
            if leaf != stored:
                _tell(walked.differ, [number])
        if stored is not None and by_hashes.size == number:
            by_hashes.add(stored)
        _note_roots(walked, number + 1, wanted, by_entries, by_hashes)
    walked.stored = by_hashes.size
    return walked


def _tell(told: list[int], numbers: list[int]) -> None:
    told.extend(numbers[: max(0, MOST_TOLD - len(told))])


def _note_roots(
    walked: Walked, size: int, wanted: frozenset[int], by_entries: Growing, by_hashes: Growing
) -> None:
    if size in wanted:
        walked.roots[size] = (
            by_entries.root if by_entries.size == size else None,
            by_hashes.root if by_hashes.size == size else None,
        )


def _in_their_places(db: sqlite3.Connection, walked: Walked) -> Iterator[Entry | None]:
    """The entries, and None for each number between them that is not there."""
    expected = 0
    limit = ledger_rows.count_entries(db) + ledger_rows.count_stored(db)
    for entry in ledger_rows.entries(db, ledger_rows.LOWEST, _EVERYTHING):
        if not expected <= entry.number < limit:
            # no gap is walked that nothing but a number claims
            _tell(walked.strange, [entry.number])
            continue
        while expected < entry.number:
            yield None
            expected += 1
        yield entry
        expected += 1


def _stored_hashes(db: sqlite3.Connection) -> Iterator[bytes | None]:
    """The hashes of entries as they were stored; None for those of a tile that is not whole."""
    expected = 0
    for number, hashes in ledger_rows.tiles_of(db, 0):
        if number > expected + tiles.WIDTH:
            return
        for _ in range((number - expected) * tiles.WIDTH):
            yield None
        expected = number + 1
        for at in range(0, len(hashes), HASH_BYTES):
            yield hashes[at : at + HASH_BYTES]
        # a tile in the middle that is too short pushes nothing out of its place
        for _ in range(tiles.WIDTH - len(hashes) // HASH_BYTES):
            yield None


def upper_tiles_fit(db: sqlite3.Connection) -> bool:
    """Whether the tiles above the lowest level are what the lowest makes them, and no more."""
    level, counted = 0, 0
    made: bytes | None = None
    while made is None or made:
        found = _level(db, level, made)
        if found is None:
            return False
        made, count = found
        level, counted = level + 1, counted + count
    return counted == ledger_rows.count_tiles(db)


def _level(db: sqlite3.Connection, level: int, made: bytes | None) -> tuple[bytes, int] | None:
    """What a level makes of the one above it, and its tiles; None where it does not fit.

    ``made``: the hashes that it must hold; None where nothing says so.
    """
    above, at, count = bytearray(), 0, 0
    for number, hashes in ledger_rows.tiles_of(db, level):
        is_whole = at == count * _TILE_BYTES and 0 < len(hashes) <= _TILE_BYTES
        if number != count or not is_whole or len(hashes) % HASH_BYTES:
            return None
        if made is not None and made[at : at + len(hashes)] != hashes:
            return None
        at, count = at + len(hashes), count + 1
        if len(hashes) == _TILE_BYTES:
            above += tiles.fold(hashes)
    return None if made is not None and at != len(made) else (bytes(above), count)
