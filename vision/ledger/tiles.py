"""A Merkle tree's hashes in tiles: few rows to write, few to read for any proof.

Pure: tiles come from a function and go back as values. A tile is the concatenation of up to
256 hashes: those of leaves on level 0, and on level n the roots of complete tiles of level
n - 1. Everything between is computed; so ten million entries are 39,216 tiles, and a proof
reads some six of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache

from vision.ledger import merkle
from vision.ledger.merkle import HASH_BYTES, Node

HEIGHT = 8
WIDTH = 1 << HEIGHT

Place = tuple[int, int]
"""A tile's level and its number in it, from the left."""

Read = Callable[[int, int], bytes]
"""``read(level, number)``: a tile's hashes as far as there are any."""


class TileMissingError(Exception):
    """A tile does not hold the hashes that a tree of that size has."""


def nodes(read: Read) -> Node:
    """The nodes of a tree by level and index; each tile is read once. Make one for each use."""
    kept = cache(read)

    def node(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        number, at = divmod(first, WIDTH)
        hashes = kept(tile_level, number)
        part = hashes[at * HASH_BYTES : (at + (1 << above)) * HASH_BYTES]
        if len(part) != HASH_BYTES << above:
            raise TileMissingError(f"tile {tile_level}/{number} is not whole")
        # the few tiles above the lowest are in every proof, and what is in them is long
        return _folded_before(part) if tile_level else fold(part)

    return node


def grown(read: Read, size: int, leaves: Iterable[bytes]) -> Mapping[Place, bytes]:
    """The tiles that change when leaves' hashes are added to a tree of ``size`` leaves."""
    changed: dict[Place, bytes] = {}
    level, new = 0, b"".join(leaves)
    while new:
        number, filled = divmod(size, WIDTH)
        before = read(level, number) if filled else b""
        if len(before) < filled * HASH_BYTES:
            raise TileMissingError(f"tile {level}/{number} is not whole")
        row = before[: filled * HASH_BYTES] + new
        completed = []
        for at in range(0, len(row), WIDTH * HASH_BYTES):
            tile = row[at : at + WIDTH * HASH_BYTES]
            changed[level, number] = tile
            number += 1
            if len(tile) == WIDTH * HASH_BYTES:
                completed.append(fold(tile))
        level, size, new = level + 1, size >> HEIGHT, b"".join(completed)
    return changed


def fold(hashes: bytes) -> bytes:
    """The root over a power of two of concatenated hashes."""
    while len(hashes) > HASH_BYTES:
        hashes = merkle.parents(hashes)
    return hashes


@lru_cache(maxsize=4096)
def _folded_before(hashes: bytes) -> bytes:
    """As ``fold``, remembered by what is folded; some megabytes at most."""
    return fold(hashes)
