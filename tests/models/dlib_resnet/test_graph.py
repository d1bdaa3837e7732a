"""The ONNX graph computes what dlib's network computes, and is the same bytes every time."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.dlib_resnet.architecture import BLOCKS, STEM, Convolution
from models.dlib_resnet.graph import convert
from models.dlib_resnet.reader import DlibFormatError, LearnedLayer
from models.sessions import open_session
from tests.models.dlib_resnet.dlib_writer import network_bytes

Array = NDArray[np.float64]


def convolve(picture: Array, shape: Convolution, con: LearnedLayer, affine: LearnedLayer) -> Array:
    """A convolution, then its affine layer, one after the other as dlib runs them."""
    filters = con.values[: -shape.channels_out].reshape(shape.channels_out, -1)
    edge = (shape.padding, shape.padding)
    windows = sliding_window_view(
        np.pad(picture, ((0, 0), edge, edge)), (shape.side, shape.side), axis=(1, 2)
    )[:, :: shape.stride, :: shape.stride]
    columns = windows.transpose(1, 2, 0, 3, 4).reshape(*windows.shape[1:3], -1)
    out = columns @ filters.T.astype(np.float64) + con.values[-shape.channels_out :]
    gamma, beta = affine.values.reshape(2, -1)
    return (out * gamma + beta).transpose(2, 0, 1)


def pooled(picture: Array, side: int, stride: int, reduce) -> Array:
    """Windows reduced to one number each."""
    windows = sliding_window_view(picture, (side, side), axis=(1, 2))
    return reduce(windows[:, ::stride, ::stride], axis=(-1, -2))


def added(first: Array, second: Array) -> Array:
    """The sum after the smaller operand got zeros at the end of each axis."""
    shape = np.maximum(first.shape, second.shape)
    grown = [
        np.pad(a, [(0, s - n) for s, n in zip(shape, a.shape, strict=True)])
        for a in (first, second)
    ]
    return grown[0] + grown[1]


def reference(picture: Array, layers: tuple[LearnedLayer, ...]) -> Array:
    """The whole network, written a second time without ONNX."""
    relu = lambda a: np.maximum(a, 0)  # noqa: E731 - shorter than a function
    pairs = iter(zip(layers[0:-1:2], layers[1:-1:2], strict=True))
    at = relu(convolve(picture, STEM, *next(pairs)))
    at = pooled(at, 3, 2, np.max)
    for block in BLOCKS:
        deep = relu(convolve(at, block.first, *next(pairs)))
        deep = convolve(deep, block.second, *next(pairs))
        at = relu(added(deep, pooled(at, 2, 2, np.mean) if block.down else at))
    return at.mean(axis=(1, 2)) @ layers[-1].values.reshape(-1, 128)


def test_computes_what_dlib_computes(dat: bytes, layers: tuple[LearnedLayer, ...]) -> None:
    """The graph equals a plain second implementation: order, folding, padding, strides."""
    faces = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 3, 150, 150)).astype(np.float32)

    out = open_session("dlib", convert(dat)).run(faces)["embeddings"]

    wanted = np.stack([reference(face.astype(np.float64), layers) for face in faces])
    assert np.abs(wanted).max() > 0.1
    np.testing.assert_allclose(out, wanted, rtol=1e-3, atol=1e-4)


def test_gives_the_same_bytes_everywhere(dat: bytes) -> None:
    """The bytes depend on the input alone; the manifest pins those of the real network."""
    digest = hashlib.sha256(convert(dat)).hexdigest()

    assert digest == "7a5c43d00fd28e89de9c32ad6852f5204bdb7bde93cd1efdf9b8ab1dbeb9be54"


def test_a_network_of_another_shape_is_refused(layers: tuple[LearnedLayer, ...]) -> None:
    """One layer too few is an error."""
    with pytest.raises(DlibFormatError, match="58 learned layers"):
        convert(network_bytes(layers[1:]))


def test_a_layer_of_another_size_is_refused(layers: tuple[LearnedLayer, ...]) -> None:
    """One number too few in a layer is an error."""
    shorter = LearnedLayer("con", layers[0].values[:-1])

    with pytest.raises(DlibFormatError, match="expected a con layer of 4736"):
        convert(network_bytes((shorter, *layers[1:])))
