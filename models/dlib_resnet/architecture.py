"""The shape of dlib's face recognition network, as plain values.

Here belongs which layers there are and how they follow each other; how they are stored is
`models.dlib_resnet.reader`'s, how they are computed `models.dlib_resnet.graph`'s. The network
is the ``anet_type`` of dlib's example ``dnn_face_recognition_ex.cpp``: a stem, fourteen
residual blocks of two 3x3 convolutions each, a mean over the picture, and 128 numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.dlib_resnet.reader import DlibFormatError, InputLayer, LearnedLayer

INPUT_SIDE_PX = 150
MEAN_RGB = (122.782, 117.001, 104.298)
EMBEDDING_DIM = 128


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution with the affine layer behind it."""

    channels_in: int
    channels_out: int
    side: int
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class Block:
    """One residual block: two convolutions beside a way round; ``down`` halves the picture."""

    first: Convolution
    second: Convolution
    down: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """A convolution's filters ``(out, in, side, side)`` and biases ``(out,)``, affine folded in."""

    filters: NDArray[np.float32]
    biases: NDArray[np.float32]


STEM = Convolution(3, 32, side=7, stride=2, padding=0)
_LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))


def _block(channels_in: int, channels_out: int, *, down: bool) -> Block:
    """A block; dlib pads a strided convolution by nothing and any other by half its side."""
    stride, padding = (2, 0) if down else (1, 1)
    return Block(
        Convolution(channels_in, channels_out, 3, stride, padding),
        Convolution(channels_out, channels_out, 3, 1, 1),
        down,
    )


def _blocks() -> tuple[Block, ...]:
    """All residual blocks, input to output; only a level's first may halve."""
    blocks, channels = [], STEM.channels_out
    for width, count, starts_down in _LEVELS:
        for index in range(count):
            blocks.append(_block(channels, width, down=starts_down and index == 0))
            channels = width
    return tuple(blocks)


BLOCKS = _blocks()
CONVOLUTIONS = (STEM, *(part for block in BLOCKS for part in (block.first, block.second)))


def fold(shape: Convolution, con: LearnedLayer, affine: LearnedLayer) -> Weights:
    """One convolution and its affine layer as a single convolution.

    ``con`` holds filters, then biases; ``affine`` holds gamma, then beta. Folded in float64
    and rounded once, so that the result is the same on every machine.
    """
    filters_count = shape.channels_out * shape.channels_in * shape.side**2
    _expect("con", con, filters_count + shape.channels_out)
    _expect("affine", affine, 2 * shape.channels_out)
    gamma, beta = affine.values.astype(np.float64).reshape(2, -1)
    filters = con.values[:filters_count].astype(np.float64)
    filters = filters.reshape(shape.channels_out, shape.channels_in, shape.side, shape.side)
    biases = con.values[filters_count:].astype(np.float64)
    return Weights(
        (filters * gamma[:, None, None, None]).astype(np.float32),
        (biases * gamma + beta).astype(np.float32),
    )


def assign(layers: tuple[LearnedLayer, ...]) -> tuple[tuple[Weights, ...], NDArray[np.float32]]:
    """The weights of `CONVOLUTIONS` in order, and the last layer's ``(256, 128)`` matrix.

    DlibFormatError where the layers are not those of this network.
    """
    if len(layers) != 2 * len(CONVOLUTIONS) + 1:
        raise DlibFormatError(f"{len(layers)} learned layers: not dlib's face recognition network")
    pairs = zip(CONVOLUTIONS, layers[0:-1:2], layers[1:-1:2], strict=True)
    folded = tuple(fold(shape, con, affine) for shape, con, affine in pairs)
    inputs = BLOCKS[-1].second.channels_out
    _expect("fc", layers[-1], inputs * EMBEDDING_DIM)
    return folded, layers[-1].values.reshape(inputs, EMBEDDING_DIM)


def check_input(layer: InputLayer) -> None:
    """DlibFormatError unless the network takes the pictures that the manifest describes."""
    same_mean = np.allclose(layer.mean_rgb, MEAN_RGB, atol=1e-3)
    if not same_mean or (layer.rows_px, layer.columns_px) != (INPUT_SIDE_PX, INPUT_SIDE_PX):
        raise DlibFormatError("the input layer is not that of dlib's face recognition network")


def _expect(kind: str, layer: LearnedLayer, count: int) -> None:
    if layer.kind != kind or layer.values.size != count:
        raise DlibFormatError(
            f"expected a {kind} layer of {count} values, found {layer.kind} of {layer.values.size}"
        )
