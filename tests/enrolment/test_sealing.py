"""Sealing: with the right key, in the right place, unchanged; nothing else opens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.sealing import OVERHEAD_BYTES, Cipher, SealBrokenError, new_key, place

HERE = place("template", "1f", "ann", "e")
CIPHER = Cipher.of(new_key())


@given(st.binary(max_size=2048))
def test_what_is_sealed_comes_back(plain: bytes) -> None:
    """In its place, with its key; never the same bytes twice, and not the plain ones."""
    first, second = CIPHER.seal(plain, HERE), CIPHER.seal(plain, HERE)

    assert CIPHER.open(first, HERE) == CIPHER.open(second, HERE) == plain
    assert first != second
    assert len(first) == len(plain) + OVERHEAD_BYTES


@given(st.binary(max_size=64), st.data())
def test_one_bit_changed_opens_no_more(plain: bytes, data: st.DataObject) -> None:
    """Whichever bit it is, nonce and tag included."""
    sealed = bytearray(CIPHER.seal(plain, HERE))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SealBrokenError):
        CIPHER.open(bytes(sealed), HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        place("photo", "1f", "ann", "e"),
        place("template", "20", "ann", "e"),
        place("template", "1f", "bob", "e"),
        place("template", "1f", "ann", "other"),
        place("template", "1f", "ann"),
    ],
)
def test_another_place_does_not_open(elsewhere: bytes) -> None:
    """A template moved into another person's record, or taken for another thing, is refused."""
    with pytest.raises(SealBrokenError):
        CIPHER.open(CIPHER.seal(b"face", HERE), elsewhere)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(200)])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    """Any length of nonsense is the same error."""
    with pytest.raises(SealBrokenError):
        CIPHER.open(sealed, HERE)


def test_another_key_does_not_open() -> None:
    """Nor says anything of either key."""
    key = new_key()
    with pytest.raises(SealBrokenError) as told:
        Cipher.of(key).open(CIPHER.seal(b"face", HERE), HERE)

    assert key.hex() not in repr(told.value) + repr(Cipher.of(key))
