"""Reads the learned numbers out of dlib's serialised face recognition network.

Here belongs dlib's file encoding and nothing about what the numbers mean: the shapes and the
order of the layers are `models.dlib_resnet.architecture`'s. The format, as far as it is needed:

- an integer is one control byte (low four bits: how many bytes follow; top bit: negative),
  then its magnitude, little-endian;
- a float is two integers, mantissa and binary exponent;
- a string is its length as an integer, then its bytes;
- a tensor is a version (2), four integers (samples, channels, rows, columns) and its values as
  little-endian 32-bit floats;
- a layer is its tag as a string, followed by its parameters. Layers lie in the file from the
  input to the output, so the tags are found by searching for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEARNED = re.compile(rb"\x01(?:\x05con_4|\x07affine_|\x04fc_2)")
_INPUT = b"\x01\x15input_rgb_image_sized"
_TENSOR_VERSION = 2
_MOST_VALUES = 1 << 24  # the network's largest layer has 2.4 million; anything above is damage


class DlibFormatError(ValueError):
    """The bytes are not the dlib network that this reader knows."""


@dataclass(frozen=True, slots=True)
class LearnedLayer:
    """``kind`` is ``con``, ``affine`` or ``fc``; ``values`` is flat float32, file order."""

    kind: str
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class InputLayer:
    """The three channel means, RGB, in grey levels, and the side of the square input."""

    mean_rgb: tuple[float, float, float]
    rows_px: int
    columns_px: int


class Cursor:
    """A position in the file; every read moves it on, and none goes past the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes; DlibFormatError where fewer are left."""
        end = self.at + count
        if end > len(self._data):
            raise DlibFormatError(f"the dlib file ends early, at byte {len(self._data)}")
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def integer(self) -> int:
        """One signed integer."""
        control = self.take(1)[0]
        size = control & 0x0F
        if size > 8 or control & 0x70:  # noqa: PLR2004 - eight bytes is the widest integer
            raise DlibFormatError(f"not a dlib integer at byte {self.at - 1}")
        magnitude = int.from_bytes(self.take(size), "little")
        return -magnitude if control & 0x80 else magnitude

    def real(self) -> float:
        """One floating point number."""
        mantissa = self.integer()
        return float(mantissa * 2.0 ** self.integer())

    def tensor(self) -> NDArray[np.float32]:
        """One tensor's values, flat."""
        if self.integer() != _TENSOR_VERSION:
            raise DlibFormatError(f"not a dlib tensor at byte {self.at}")
        count = 1
        for _ in range(4):
            count *= self.integer()
        if not 0 <= count <= _MOST_VALUES:
            raise DlibFormatError(f"a dlib tensor of {count} values cannot be right")
        return np.frombuffer(self.take(4 * count), dtype="<f4").astype(np.float32)


def read_learned(data: bytes) -> tuple[LearnedLayer, ...]:
    """Every learned layer from input to output. DlibFormatError where the bytes are not such."""
    layers, at = [], 0
    while (found := _LEARNED.search(data, at)) is not None:
        layer, at = _learned_at(data, found)
        layers.append(layer)
    if not layers:
        raise DlibFormatError("no learned layer found: not a dlib network")
    return tuple(layers)


def _learned_at(data: bytes, tag: re.Match[bytes]) -> tuple[LearnedLayer, int]:
    """The layer behind one tag and where the search for the next goes on."""
    kind = tag.group()[2:].split(b"_")[0].decode()
    cursor = Cursor(data, tag.end())
    if kind == "fc":
        cursor.integer(), cursor.integer()  # outputs and inputs, which the architecture knows
    values = cursor.tensor()
    # Going on behind the values keeps float bytes from being taken for a tag.
    return LearnedLayer(kind, values), cursor.at


def read_input(data: bytes) -> InputLayer:
    """The input layer. DlibFormatError where there is none."""
    at = data.find(_INPUT)
    if at < 0:
        raise DlibFormatError("no RGB input layer found: not dlib's face recognition network")
    cursor = Cursor(data, at + len(_INPUT))
    red, green, blue = cursor.real(), cursor.real(), cursor.real()
    return InputLayer((red, green, blue), cursor.integer(), cursor.integer())
