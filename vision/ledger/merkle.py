"""Merkle trees as RFC 6962 hashes them: proofs over any store of nodes, and their verification.

Pure: hashes in, hashes out; where nodes lie is ``tiles``'s business. The shape of a tree of n
leaves follows from n alone, so a proof is a list of hashes and nothing more. Verification
follows RFC 9162, 2.1.3.2 and 2.1.4.2, which hashes in the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""``node(level, index)``: the hash of the complete subtree of ``2**level`` leaves that begins
with leaf ``index << level``."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of an entry; the prefix keeps leaves and inner nodes apart."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The inner nodes above an even row of concatenated hashes, in one pass for speed."""
    pairs = range(0, len(hashes), 2 * HASH_BYTES)
    return b"".join(
        [hashlib.sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs]
    )


def root(node: Node, size: int) -> bytes:
    """The root of the tree of the first ``size`` leaves."""
    return _subtree(node, 0, size) if size else EMPTY_ROOT


def inclusion_path(node: Node, index: int, size: int) -> tuple[bytes, ...]:
    """What proves that leaf ``index`` is in the tree of ``size`` leaves, lowest sibling first.

    ValueError where it is not.
    """
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not among the first {size}")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + _left_leaves(high - low)
        if index < middle:
            path.append(_subtree(node, middle, high))
            high = middle
        else:
            path.append(_subtree(node, low, middle))
            low = middle
    return tuple(reversed(path))


def consistency_path(node: Node, first: int, second: int) -> tuple[bytes, ...]:
    """What proves that the tree of ``second`` leaves only adds to the one of ``first``.

    ValueError where there is nothing to prove: ``first`` must be from 1 to ``second``.
    """
    if not 0 < first <= second:
        raise ValueError(f"no path leads from {first} to {second} entries")
    path, low, high, is_whole = [], 0, second, True
    while high != first:
        middle = low + _left_leaves(high - low)
        if first <= middle:
            path.append(_subtree(node, middle, high))
            high = middle
        else:
            path.append(_subtree(node, low, middle))
            low, is_whole = middle, False
    if not is_whole:
        path.append(_subtree(node, low, high))
    return tuple(reversed(path))


def includes(root_hash: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path leads from the leaf's hash to the root of the tree of ``size`` leaves."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            at, last = _up_to_a_right_child(at, last)
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_hash


def extends(first: tuple[int, bytes], second: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether the tree ``second`` (size, root) is ``first`` with leaves added at its end."""
    (first_size, first_root), (second_size, second_root) = first, second
    if first_size in (second_size, 0):
        is_same = first_root == (second_root if first_size else EMPTY_ROOT)
        return is_same and not path
    if first_size > second_size or not path:
        return False
    if first_size & (first_size - 1) == 0:
        path = (first_root, *path)
    at, last = first_size - 1, second_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            at, last = _up_to_a_right_child(at, last)
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _up_to_a_right_child(at: int, last: int) -> tuple[int, int]:
    """Levels at which the rightmost node has no sibling are skipped."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _left_leaves(count: int) -> int:
    """The leaves left of a tree's root: the largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtree(node: Node, low: int, high: int) -> bytes:
    """The hash over leaves ``low`` to ``high``, which a root somewhere has as its child."""
    rest: list[bytes] = []
    while low < high:
        level = (high - low).bit_length() - 1
        rest.append(node(level, low >> level))
        low += 1 << level
    found = rest.pop()
    while rest:
        found = node_hash(rest.pop(), found)
    return found


class Growing:
    """A tree to which leaves are added one by one; it knows its root at every moment."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf's hash at the end."""
        found, size = leaf, self.size
        while size & 1:
            found, size = node_hash(self._complete.pop(), found), size >> 1
        self._complete.append(found)
        self.size += 1

    @property
    def root(self) -> bytes:
        if not self._complete:
            return EMPTY_ROOT
        *rest, found = self._complete
        for one in reversed(rest):
            found = node_hash(one, found)
        return found
