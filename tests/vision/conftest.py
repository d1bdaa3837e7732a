"""Where the tests of the daemon find models and real pictures, or why they skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import WeightMissingError
from models.loading import ModelSet
from tests.vision import sight


@pytest.fixture(scope="session")
def models() -> ModelSet:
    """The models of a worker, loaded once."""
    try:
        return sight.load()
    except WeightMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def people(test_data: Path) -> Path:
    """The folder of portraits."""
    return _existing(test_data / "people")


@pytest.fixture(scope="session")
def stage(test_data: Path) -> Path:
    """The clip of a man on a stage, with cuts to others."""
    return _existing(test_data / "media" / "stage-two-people.mp4")


def _existing(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return path
