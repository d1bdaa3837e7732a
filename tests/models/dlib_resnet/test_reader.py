"""Dlib's encoding is read exactly, and damage is refused."""

from __future__ import annotations

import numpy as np
import pytest

from models.dlib_resnet.architecture import MEAN_RGB
from models.dlib_resnet.reader import (
    Cursor,
    DlibFormatError,
    LearnedLayer,
    read_input,
    read_learned,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x01\x00", 0),
        (b"\x02\x80\x12", 4736),
        (b"\x81\x11", -17),
        (b"\x03\x62\x90\xf5", 16093282),
    ],
)
def test_integers(data: bytes, value: int) -> None:
    """A control byte holds the sign and how many little-endian bytes follow."""
    assert Cursor(data).integer() == value


def test_reals() -> None:
    """A float is a mantissa and a binary exponent: here the mean of red."""
    assert Cursor(b"\x03\x62\x90\xf5\x81\x11").real() == pytest.approx(122.782)


@pytest.mark.parametrize("data", [b"", b"\x04\x01", b"\x09" + bytes(9), b"\x41\x01"])
def test_damaged_integers_are_refused(data: bytes) -> None:
    """An integer that ends early or has impossible control bits is an error."""
    with pytest.raises(DlibFormatError):
        Cursor(data).integer()


def test_layers_come_in_file_order(dat: bytes, layers: tuple[LearnedLayer, ...]) -> None:
    """Every learned layer is read, in order, with exactly its numbers."""
    read = read_learned(dat)

    assert [layer.kind for layer in read] == [layer.kind for layer in layers]
    assert all(np.array_equal(a.values, b.values) for a, b in zip(read, layers, strict=True))


def test_input(dat: bytes) -> None:
    """The input layer's means and size are read."""
    layer = read_input(dat)

    assert layer.mean_rgb == pytest.approx(MEAN_RGB, abs=1e-4)
    assert (layer.rows_px, layer.columns_px) == (150, 150)


def test_a_file_cut_short_is_refused(dat: bytes) -> None:
    """A file that ends in the middle of a layer is an error, not a smaller network."""
    with pytest.raises(DlibFormatError, match="ends early"):
        read_learned(dat[: len(dat) // 2])


@pytest.mark.parametrize("read", [read_learned, read_input])
def test_something_else_is_refused(read) -> None:
    """A file of another kind is an error."""
    with pytest.raises(DlibFormatError):
        read(b"\x89PNG" * 100)


def test_an_impossible_tensor_is_refused() -> None:
    """A tensor's size is bounded before memory is asked for."""
    huge = b"\x01\x05con_4" + b"\x01\x02" + b"\x04\xff\xff\xff\x7f" * 4

    with pytest.raises(DlibFormatError, match="cannot be right"):
        read_learned(huge)
