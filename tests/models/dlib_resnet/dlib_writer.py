"""Writes dlib's encoding, for tests: the counterpart of the reader, made apart from it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.dlib_resnet.architecture import BLOCKS, CONVOLUTIONS, EMBEDDING_DIM, MEAN_RGB
from models.dlib_resnet.reader import LearnedLayer


def integer(value: int) -> bytes:
    """One integer as dlib writes it."""
    magnitude = abs(value)
    size = max(1, (magnitude.bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + magnitude.to_bytes(size, "little")


def real(value: float) -> bytes:
    """One float as dlib writes it."""
    fraction, exponent = math.frexp(value)
    return integer(round(fraction * 2**24)) + integer(exponent - 24)


def tensor(values: NDArray[np.float32]) -> bytes:
    """One flat tensor as dlib writes it."""
    shape = b"".join(integer(size) for size in (values.size, 1, 1, 1))
    return integer(2) + shape + values.astype("<f4").tobytes()


def layer_bytes(layer: LearnedLayer) -> bytes:
    """One learned layer as dlib writes it, with some of what follows its numbers."""
    tag = {"con": b"con_4", "affine": b"affine_", "fc": b"fc_2"}[layer.kind]
    sizes = integer(EMBEDDING_DIM) + integer(256) if layer.kind == "fc" else b""
    return integer(len(tag)) + tag + sizes + tensor(layer.values) + integer(0) * 3


def network_bytes(layers: tuple[LearnedLayer, ...]) -> bytes:
    """A whole file."""
    tag = b"input_rgb_image_sized"
    head = integer(len(tag)) + tag + b"".join(real(value) for value in MEAN_RGB)
    return head + integer(150) * 2 + b"".join(layer_bytes(layer) for layer in layers)


def plain_layers() -> tuple[LearnedLayer, ...]:
    """Layers of the right shapes, the same on every machine: a plain sequence, no generator."""
    built, phase = [], 0

    def values(count: int, middle: float, spread: float) -> NDArray[np.float32]:
        nonlocal phase
        phase += 1
        steps = (np.arange(count, dtype=np.int64) * 7919 + phase * 104729) % 1009
        return (middle + spread * (steps - 504) / np.float64(504)).astype(np.float32)

    for shape in CONVOLUTIONS:
        fan = shape.channels_in * shape.side**2
        filters = values(shape.channels_out * fan, 0.0, 1.5 / math.sqrt(fan))
        biases = values(shape.channels_out, 0.0, 0.1)
        built.append(LearnedLayer("con", np.concatenate([filters, biases])))
        gamma, beta = values(shape.channels_out, 1.0, 0.3), values(shape.channels_out, 0.0, 0.2)
        built.append(LearnedLayer("affine", np.concatenate([gamma, beta])))
    inputs = BLOCKS[-1].second.channels_out
    built.append(LearnedLayer("fc", values(inputs * EMBEDDING_DIM, 0.0, 0.1)))
    return tuple(built)
