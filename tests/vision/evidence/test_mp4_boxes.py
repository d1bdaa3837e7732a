"""How much of a torn clip is whole, wherever the pieces that it comes in are parted."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.evidence.mp4_boxes import whole_fragments_bytes


def box(name: bytes, size: int, *, large: bool = False) -> bytes:
    """A box of so many bytes, head included."""
    head = (1).to_bytes(4, "big") + name + size.to_bytes(8, "big") if large else b""
    return (head or size.to_bytes(4, "big") + name).ljust(size, b".")


CLIP = (
    box(b"ftyp", 8) + box(b"moof", 20) + box(b"mdat", 40, large=True) + box(b"moof", 9)
    + box(b"mdat", 12)
)  # fmt: skip
FIRST_BYTES, BOTH_BYTES = 8 + 20 + 40, len(CLIP)


@given(st.lists(st.integers(0, BOTH_BYTES), max_size=12))
def test_pieces_may_be_parted_anywhere(cuts: list[int]) -> None:
    """In the middle of a head, of a box, or nowhere: the answer is the same."""
    at = [0, *sorted(cuts), BOTH_BYTES]
    pieces = [CLIP[begin:end] for begin, end in pairwise(at)]

    assert whole_fragments_bytes(pieces) == BOTH_BYTES


@pytest.mark.parametrize("missing", range(1, 21 + 1))
def test_a_torn_fragment_is_not_whole(missing: int) -> None:
    """Whatever is missing of the last one, the one before is kept."""
    assert whole_fragments_bytes([CLIP[:-missing]]) == FIRST_BYTES


@pytest.mark.parametrize("rubbish", [bytes(40), b"\0\0\0\7free....", b"", b"\0\0\0\1mdat"])
def test_what_is_no_box_ends_it(rubbish: bytes) -> None:
    """What a power cut leaves behind the last fragment counts for nothing."""
    assert whole_fragments_bytes([CLIP + rubbish]) == BOTH_BYTES
    assert whole_fragments_bytes([rubbish]) == 0
