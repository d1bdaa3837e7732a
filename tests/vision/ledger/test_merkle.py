"""Merkle trees against the vectors of Certificate Transparency and a naive definition."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.ledger import merkle, tiles

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The leaves with which Certificate Transparency tests its trees."""

ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
"""Inclusion paths by index and size, from the same tests."""

sizes = st.integers(1, 700)


def naive_root(hashes):
    """RFC 6962, 2.1, word for word."""
    if not hashes:
        return merkle.EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    left = 1
    while left * 2 < len(hashes):
        left *= 2
    return merkle.node_hash(naive_root(hashes[:left]), naive_root(hashes[left:]))


def hashes_of(count):
    """The hashes of so many leaves, all different."""
    return [merkle.leaf_hash(index.to_bytes(4, "big")) for index in range(count)]


def tree_of(hashes):
    """A tree whose nodes are computed from all leaves, without tiles."""

    def node(level, index):
        return naive_root(hashes[index << level : (index + 1) << level])

    return node


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size):
    """Leaves and inner nodes are hashed with their prefixes."""
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]

    assert merkle.root(tree_of(hashes), size).hex() == ROOTS[size]


@pytest.mark.parametrize("place", PATHS, ids=str)
def test_paths_are_those_of_certificate_transparency(place):
    """The lowest sibling comes first."""
    index, size = place
    node = tree_of([merkle.leaf_hash(leaf) for leaf in LEAVES])

    path = merkle.inclusion_path(node, index, size)

    assert [one.hex() for one in path] == PATHS[place]


@given(sizes, st.data())
@settings(max_examples=60, deadline=None)
def test_every_entry_can_be_proved_and_no_other(size, data):
    """A path leads from its own leaf, at its own place, to its own root, and from nothing else."""
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    hashes = hashes_of(size)
    root = naive_root(hashes)

    path = merkle.inclusion_path(tree_of(hashes), index, size)

    assert merkle.includes(root, size, index, hashes[index], path)
    assert not merkle.includes(root, size, index, merkle.leaf_hash(b"else"), path)
    assert not merkle.includes(root, size, size, hashes[index], path)
    if other != index:
        assert not merkle.includes(root, size, index, hashes[other], path)
        assert not merkle.includes(root, size, other, hashes[index], path)


@given(sizes, st.data())
@settings(max_examples=60, deadline=None)
def test_a_touched_path_proves_nothing(size, data):
    """A hash that is changed, left out or added makes a path worthless."""
    index = data.draw(st.integers(0, size - 1))
    hashes = hashes_of(size)
    root = naive_root(hashes)
    path = list(merkle.inclusion_path(tree_of(hashes), index, size))

    at = data.draw(st.integers(0, len(path)))
    longer = [*path[:at], bytes(32), *path[at:]]

    assert not merkle.includes(root, size, index, hashes[index], longer)
    if path:
        at %= len(path)
        shorter = path[:at] + path[at + 1 :]
        assert not merkle.includes(root, size, index, hashes[index], shorter)
        changed = [*path[:at], bytes(32), *path[at + 1 :]]
        assert not merkle.includes(root, size, index, hashes[index], changed)


@given(sizes, st.data())
@settings(max_examples=60, deadline=None)
def test_growth_can_be_proved_and_rewriting_cannot(second, data):
    """A tree extends its own past, and no past with another entry in it."""
    first = data.draw(st.integers(1, second))
    hashes = hashes_of(second)
    old, new = (first, naive_root(hashes[:first])), (second, naive_root(hashes))
    at = data.draw(st.integers(0, first - 1))
    rewritten = [*hashes[:at], merkle.leaf_hash(b"else"), *hashes[at + 1 :]]

    path = merkle.consistency_path(tree_of(hashes), first, second)

    assert merkle.extends(old, new, path)
    forged = (second, naive_root(rewritten))
    assert not merkle.extends(old, forged, path)
    assert not merkle.extends(
        old, forged, merkle.consistency_path(tree_of(rewritten), first, second)
    )
    if first < second:
        assert not merkle.extends(new, old, path)
        assert not merkle.extends(old, new, [*path, bytes(32)])
        assert not merkle.extends(old, new, path[:-1])


def test_everything_extends_the_empty_tree():
    """There is nothing to prove, so the path is empty."""
    new = (3, naive_root(hashes_of(3)))

    assert merkle.extends((0, merkle.EMPTY_ROOT), new, [])
    assert not merkle.extends((0, bytes(32)), new, [])
    assert not merkle.extends((0, merkle.EMPTY_ROOT), new, [bytes(32)])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_path_is_made_for_what_is_not_there(index, size):
    """Asking for it is a mistake of the caller."""
    with pytest.raises(ValueError, match="not among"):
        merkle.inclusion_path(tree_of(hashes_of(3)), index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3)])
def test_no_path_is_made_where_nothing_can_be_proved(first, second):
    """Neither from the empty tree nor backwards."""
    with pytest.raises(ValueError, match="no path"):
        merkle.consistency_path(tree_of(hashes_of(4)), first, second)


class Shelf(dict):
    """Tiles as a store keeps them."""

    def read(self, level, number):
        return self.get((level, number), b"")

    def grow(self, size, hashes):
        self.update(tiles.grown(self.read, size, hashes))


@given(st.lists(st.integers(1, 600), min_size=1, max_size=6), st.data())
@settings(max_examples=25, deadline=None)
def test_tiles_hold_the_same_tree(batches, data):
    """However the leaves arrive, every proof out of tiles is the one of the naive tree."""
    hashes = hashes_of(sum(batches))
    shelf, size = Shelf(), 0
    for batch in batches:
        shelf.grow(size, hashes[size : size + batch])
        size += batch
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    node = tiles.nodes(shelf.read)

    assert merkle.root(node, size) == naive_root(hashes)
    assert merkle.root(node, first) == naive_root(hashes[:first])
    path = merkle.inclusion_path(node, index, size)
    assert merkle.includes(naive_root(hashes), size, index, hashes[index], path)
    growth = merkle.consistency_path(node, first, size)
    assert merkle.extends((first, naive_root(hashes[:first])), (size, naive_root(hashes)), growth)


def test_a_tree_of_three_levels_of_tiles():
    """Roots of complete tiles make the level above, up to the third."""
    hashes = hashes_of(256 * 256 + 300)
    shelf = Shelf()

    shelf.grow(0, hashes)

    assert {level for level, _ in shelf} == {0, 1, 2}
    assert merkle.root(tiles.nodes(shelf.read), len(hashes)) == naive_root(hashes)


def test_a_tile_that_is_not_whole_is_told():
    """A proof out of half a tile would be nonsense."""
    shelf = Shelf()
    shelf.grow(0, hashes_of(300))
    shelf[0, 1] = shelf[0, 1][:-32]

    with pytest.raises(tiles.TileMissingError, match="tile 0/1"):
        merkle.root(tiles.nodes(shelf.read), 300)
    with pytest.raises(tiles.TileMissingError, match="tile 0/1"):
        shelf.grow(300, hashes_of(1))
