"""A network in dlib's encoding, so that no weights are needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from models.dlib_resnet.architecture import BLOCKS, CONVOLUTIONS, EMBEDDING_DIM
from models.dlib_resnet.reader import LearnedLayer
from tests.models.dlib_resnet.dlib_writer import network_bytes


@pytest.fixture(scope="session")
def layers() -> tuple[LearnedLayer, ...]:
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


@pytest.fixture(scope="session")
def dat(layers: tuple[LearnedLayer, ...]) -> bytes:
    """The same as a file of dlib's."""
    return network_bytes(layers)
