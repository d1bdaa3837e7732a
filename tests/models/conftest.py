"""Where the tests of this room find weights and real pictures, or why they skip."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.entries import ModelEntry
from models.errors import WeightMissingError
from models.loading import ModelLoader
from models.manifest import Manifest, read_manifest
from models.store import WeightStore, standard_store


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    """The project's own manifest."""
    return read_manifest()


@pytest.fixture(scope="session")
def store() -> WeightStore:
    """The store over the standard places."""
    return standard_store()


class Shelf:
    """Loads models for tests, each once; skips the test where a file is missing."""

    def __init__(self, store: WeightStore, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest
        self._loaded: dict[str, object] = {}

    def entry(self, name: str) -> ModelEntry:
        """An entry whose file is there."""
        entry = self._manifest.entry(name)
        try:
            self._store.find(entry)
        except WeightMissingError as error:
            pytest.skip(str(error))
        return entry

    def bytes_of(self, name: str) -> bytes:
        """The verified bytes of an entry's file."""
        return self._store.read(self.entry(name))

    def load(self, name: str):
        """The working model of that name."""
        entry = self.entry(name)
        if name not in self._loaded:
            loader = ModelLoader(self._store, self._manifest)
            self._loaded[name] = getattr(loader, entry.role.value)(name)
        return self._loaded[name]


@pytest.fixture(scope="session")
def shelf(store: WeightStore, manifest: Manifest) -> Shelf:
    """Models by name."""
    return Shelf(store, manifest)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The directory of real pictures."""
    named = os.environ.get("BONDWATCH_TEST_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("BONDWATCH_TEST_DATA names no directory with real pictures")
    return Path(named)


@pytest.fixture(scope="session")
def portrait(test_data: Path):
    """A portrait by file name, its longer side brought to 480 px."""

    def read(name: str) -> NDArray[np.uint8]:
        picture = cv2.imread(str(test_data / "people" / name))
        assert picture is not None
        ratio = 480 / max(picture.shape)
        return cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)

    return read
