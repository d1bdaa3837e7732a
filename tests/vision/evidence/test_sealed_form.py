"""The sealed form: what was written comes back, and no change of any kind goes unnoticed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.sealing import OVERHEAD_BYTES, Cipher, new_key
from vision.evidence import sealed_form
from vision.evidence.sealed_form import (
    CLOSING_AT,
    HEAD_BYTES,
    LENGTH_BYTES,
    MOST_PLAIN_BYTES,
    ChunkBrokenError,
    ExtentError,
    FileSeal,
    Head,
    NotClosedError,
)

CIPHER = Cipher.of(new_key())
SEAL = FileSeal(CIPHER, "00112233aabbccdd", b"f" * 16, "6f1ed002", "cam1.1.mp4")
PIECES = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6)


@dataclass(frozen=True)
class Sealed:
    """A sealed file, and where its chunks are in it."""

    data: bytes
    chunks: tuple[bytes, ...]

    @property
    def head(self) -> bytes:
        return self.data[:HEAD_BYTES]


def sealed(pieces: list[bytes], seal: FileSeal = SEAL) -> Sealed:
    """A file of these pieces, closed."""
    chunks, index = [], 0
    for piece in pieces:
        chunk, index = seal.chunks(index, piece)
        chunks.append(chunk)
    closing = seal.closing(index, sum(map(len, pieces)))
    return Sealed(seal.head()[:CLOSING_AT] + closing + b"".join(chunks), tuple(chunks))


def read(data: bytes, seal: FileSeal = SEAL) -> bytes:
    """What a reader makes of a file; an error where it is not what was written."""
    source = io.BytesIO(data)
    head = Head.read(source)
    assert head is not None
    own = FileSeal(seal.cipher, head.key_id, head.file_id, seal.alarm_id, seal.name)
    return b"".join(own.pieces(source, head))


REFUSED = (ChunkBrokenError, NotClosedError, ExtentError, AssertionError)
"""The last where the file is not taken for a sealed one, which its digest then belies."""


@given(PIECES)
def test_what_was_written_comes_back(pieces: list[bytes]) -> None:
    """Whole and in order; nothing of it stands in the file."""
    file = sealed(pieces)

    assert read(file.data) == b"".join(pieces)
    assert all(len(piece) < 12 or piece not in b"".join(file.chunks) for piece in pieces)


def test_a_large_piece_goes_into_several_chunks() -> None:
    """A reader never needs more memory than one takes."""
    plain = bytes(MOST_PLAIN_BYTES) + b"end"
    _, count = SEAL.chunks(0, plain)

    assert count == 2
    assert read(sealed([plain]).data) == plain


@given(PIECES, st.data())
def test_a_changed_bit_is_noticed(pieces: list[bytes], data: st.DataObject) -> None:
    """Wherever it is: head, lengths, nonces, content, tags."""
    changed = bytearray(sealed(pieces).data)
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(REFUSED):
        read(bytes(changed))


def test_a_length_that_reaches_beyond_the_end_is_noticed() -> None:
    """Though all that is there of the last chunk would open."""
    changed = bytearray(sealed([b"a", b"bc"]).data)
    at = len(changed) - (LENGTH_BYTES + OVERHEAD_BYTES + 2)
    changed[at + 2] ^= 1

    with pytest.raises(ChunkBrokenError):
        read(bytes(changed))


@given(PIECES, st.data())
def test_a_cut_is_noticed(pieces: list[bytes], data: st.DataObject) -> None:
    """At a chunk's end as well as in its middle."""
    whole = sealed(pieces).data
    cut = data.draw(st.integers(1, len(whole) - 1))

    with pytest.raises(REFUSED):
        read(whole[:cut])


@given(PIECES, st.data())
def test_what_is_put_behind_is_noticed(pieces: list[bytes], data: st.DataObject) -> None:
    """A chunk of its own, too, or any bytes."""
    file = sealed(pieces)
    more = data.draw(st.sampled_from([*file.chunks, b"\0", bytes(HEAD_BYTES)]))

    with pytest.raises(REFUSED):
        read(file.data + more)


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=2, max_size=6), st.data())
def test_chunks_left_out_doubled_or_in_another_order_are_noticed(
    pieces: list[bytes], data: st.DataObject
) -> None:
    """Any other sequence of a file's own chunks is refused, of equal content too."""
    file = sealed(pieces)
    own = list(range(len(pieces)))
    other = data.draw(
        st.one_of(st.permutations(own), st.lists(st.sampled_from(own), max_size=7)).filter(
            lambda order: list(order) != own
        )
    )

    with pytest.raises(REFUSED):
        read(file.head + b"".join(file.chunks[index] for index in other))


def others() -> Iterator[FileSeal]:
    """Seals of other files, each apart from ours in one thing alone."""
    own = (CIPHER, SEAL.key_id, SEAL.file_id, SEAL.alarm_id, SEAL.name)
    for index, other in enumerate(
        (Cipher.of(new_key()), "ff" * 8, b"g" * 16, "6f1ed003", "cam2.1.mp4")
    ):
        parts: list[object] = list(own)
        parts[index] = other
        yield FileSeal(*parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("other", list(others()), ids=["key", "key id", "file", "alarm", "name"])
@given(PIECES, st.data())
def test_what_another_file_holds_is_noticed(
    other: FileSeal, pieces: list[bytes], data: st.DataObject
) -> None:
    """The whole file, its head, its closing seal or any of its chunks in our file's place."""
    mine, theirs = sealed(pieces), sealed(pieces, other)
    swapped = data.draw(st.integers(0, len(pieces) - 1))
    chunks = list(mine.chunks)
    chunks[swapped] = theirs.chunks[swapped]
    mixtures = [
        mine.head + b"".join(chunks),
        mine.data[:CLOSING_AT] + theirs.data[CLOSING_AT:HEAD_BYTES] + mine.data[HEAD_BYTES:],
    ]
    if (other.alarm_id, other.name) != (SEAL.alarm_id, SEAL.name) or other.cipher != CIPHER:
        mixtures.append(theirs.data)
    if other.head() != SEAL.head():
        mixtures.append(theirs.head + mine.data[HEAD_BYTES:])

    for mixture in mixtures:
        with pytest.raises(REFUSED):
            read(mixture)


def test_a_file_that_was_not_closed_is_no_whole_one() -> None:
    """It may have been longer."""
    chunk, _ = SEAL.chunks(0, b"video")

    with pytest.raises(NotClosedError):
        read(SEAL.head() + chunk)
    head = Head.read(io.BytesIO(SEAL.head()))
    assert head
    assert head.is_open


def test_a_broken_chunk_is_told_by_its_place() -> None:
    """Its number and the byte at which it begins."""
    file = sealed([b"one", b"two"])
    torn = file.data[:-1]

    with pytest.raises(ChunkBrokenError) as told:
        read(torn)

    assert (told.value.index, told.value.at_byte) == (1, HEAD_BYTES + len(file.chunks[0]))


def test_a_length_that_no_chunk_has_is_not_read() -> None:
    """It would be gigabytes of memory for the asking."""
    source = io.BytesIO(SEAL.head() + b"\xff" * LENGTH_BYTES)

    with pytest.raises(ChunkBrokenError):
        list(SEAL.opened(source))
    assert source.tell() == HEAD_BYTES + LENGTH_BYTES


@pytest.mark.parametrize("data", [b"", b"ftyp", sealed_form.MAGIC[:-1], b"\0" * 200])
def test_what_is_not_sealed_has_no_head(data: bytes) -> None:
    """Evidence of before is read as it is."""
    assert Head.read(io.BytesIO(data)) is None


def test_a_head_that_was_cut_off_is_a_head() -> None:
    """What begins sealed is never taken for plain."""
    head = Head.read(io.BytesIO(SEAL.head()[:12]))

    assert head
    assert head.is_open


@pytest.mark.parametrize("extent", [(2, 5), (1, 3), (3, 6)])
def test_a_closing_seal_of_another_extent_is_refused(extent: tuple[int, int]) -> None:
    """Fewer, more or other bytes than all chunks hold, though each of them opens."""
    file = sealed([b"one", b"two"])
    closing = SEAL.closing(*extent)

    with pytest.raises(ExtentError):
        read(file.data[:CLOSING_AT] + closing + file.data[HEAD_BYTES:])
