"""A network in dlib's encoding, so that no weights are needed."""

from __future__ import annotations

import pytest

from models.dlib_resnet.reader import LearnedLayer
from tests.models.dlib_resnet.dlib_writer import network_bytes, plain_layers


@pytest.fixture(scope="session")
def layers() -> tuple[LearnedLayer, ...]:
    """The layers of `dlib_writer.plain_layers`."""
    return plain_layers()


@pytest.fixture(scope="session")
def dat(layers: tuple[LearnedLayer, ...]) -> bytes:
    """The same as a file of dlib's."""
    return network_bytes(layers)
