"""What tests of every room share: the real data, the weights, a free port; system tests last."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

SYSTEM = Path(__file__).parent / "system"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything under tests/system is a system test, and those run after the quick ones."""
    for item in items:
        if SYSTEM in item.path.parents:
            item.add_marker(pytest.mark.system)
    items.sort(key=lambda item: item.get_closest_marker("system") is not None)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real videos, portraits and pictures; tests skip where it is not."""
    return _folder("BONDWATCH_TEST_DATA")


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder of weights that no public address has; tests skip where it is not."""
    return _folder("BONDWATCH_MODELS")


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _folder(variable: str) -> Path:
    named = os.environ.get(variable)
    if not named:
        pytest.skip(f"{variable} is not set")
    if not Path(named).is_dir():
        pytest.skip(f"{variable} names no folder")
    return Path(named)
