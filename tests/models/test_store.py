"""Weights are found in order and handed out only when they are the pinned bytes."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from pathlib import Path

import pytest

from models import store as store_module
from models.entries import ModelEntry
from models.errors import WeightMissingError, WeightWrongError
from models.manifest import Manifest
from models.store import WeightStore, cache_directory, search_path, write_whole

CONTENT = b"the right bytes"


@pytest.fixture
def entry(manifest: Manifest) -> ModelEntry:
    """An entry that pins `CONTENT`."""
    return dataclasses.replace(
        manifest.entry("yunet_2023mar"),
        file="sub/face.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
    )


def place(directory: Path, content: bytes) -> Path:
    """Puts the entry's file into a directory."""
    path = directory / "sub" / "face.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_reads_the_pinned_bytes(tmp_path: Path, entry: ModelEntry) -> None:
    """The right file's bytes come out."""
    place(tmp_path, CONTENT)

    assert WeightStore([tmp_path]).read(entry) == CONTENT


def test_the_first_directory_wins(tmp_path: Path, entry: ModelEntry) -> None:
    """Directories are searched in the order given."""
    first = place(tmp_path / "a", CONTENT)
    place(tmp_path / "b", CONTENT)

    assert WeightStore([tmp_path / "none", tmp_path / "a", tmp_path / "b"]).find(entry) == first


def test_a_missing_file_names_the_places_and_the_remedy(tmp_path: Path, entry: ModelEntry) -> None:
    """Missing: the file, every directory searched, the variable and the command are named."""
    with pytest.raises(WeightMissingError) as caught:
        WeightStore([tmp_path / "a", tmp_path / "b"]).read(entry)

    for word in ("sub/face.onnx", f"{tmp_path}/a", f"{tmp_path}/b", "BONDWATCH_MODELS", "pull"):
        assert word in str(caught.value)


def test_a_wrong_file_is_refused_by_name(tmp_path: Path, entry: ModelEntry) -> None:
    """Wrong digest: the entry, the path, both digests and the remedy are named."""
    path = place(tmp_path, b"other bytes")

    with pytest.raises(WeightWrongError) as caught:
        WeightStore([tmp_path]).read(entry)

    found = hashlib.sha256(b"other bytes").hexdigest()
    for word in (entry.name, str(path), found, entry.sha256, "remove it"):
        assert word in str(caught.value)


def test_a_wrong_file_is_not_passed_over(tmp_path: Path, entry: ModelEntry) -> None:
    """A right file in a later directory does not excuse a wrong one in an earlier."""
    place(tmp_path / "a", b"other bytes")
    place(tmp_path / "b", CONTENT)

    with pytest.raises(WeightWrongError):
        WeightStore([tmp_path / "a", tmp_path / "b"]).read(entry)


def test_searches_own_weights_then_named_directories_then_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is: the project's weights, the configuration's, the environment's, the cache."""
    monkeypatch.setenv("BONDWATCH_MODELS", str(tmp_path / "environment"))

    assert search_path(tmp_path / "configured") == (
        store_module.WEIGHTS_DIRECTORY,
        tmp_path / "configured",
        tmp_path / "environment",
        cache_directory(),
    )


def test_the_cache_of_an_installed_package_is_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Away from a checkout, files are kept where the user's caches are."""
    monkeypatch.setattr(store_module, "_ROOM", tmp_path / "site-packages" / "models")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert cache_directory() == tmp_path / "cache" / "bondwatch" / "models"


def test_writes_a_file_whole(tmp_path: Path) -> None:
    """A file is replaced at once and nothing else is left beside it."""
    path = tmp_path / "new" / "x.onnx"
    write_whole(path, b"old")
    write_whole(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_the_manifest_states_the_sizes_of_the_real_files(
    manifest: Manifest, store: WeightStore
) -> None:
    """Sizes are what a pull goes by, so they must be those of the pinned files."""
    there = []
    for one in manifest.entries.values():
        with contextlib.suppress(WeightMissingError):  # what is not there cannot be compared
            there.append((one.name, one.size_bytes, len(store.read(one))))
    if not there:
        pytest.skip("no weight file is there")

    assert [name for name, stated, real in there if stated != real] == []
