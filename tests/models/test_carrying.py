"""What was carried in is known by its bytes; nothing hostile in it has anything to aim at."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from models.carrying import Carried, Carrier
from models.entries import ModelEntry
from models.errors import WeightWrongError
from models.manifest import Manifest

FACE, BOUND = b"face weights" * 100, b"research weights" * 100


@pytest.fixture
def entries(manifest: Manifest) -> tuple[ModelEntry, ...]:
    """A free entry and one that is bound to research, with small contents."""

    def with_content(name: str, file: str, content: bytes) -> ModelEntry:
        digest = hashlib.sha256(content).hexdigest()
        entry = manifest.entry(name)
        return dataclasses.replace(entry, file=file, sha256=digest, size_bytes=len(content))

    return (
        with_content("yunet_2023mar", "face.onnx", FACE),
        with_content("insightface_buffalo_s_scrfd", "insightface/s/det.onnx", BOUND),
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder that was carried in."""
    folder = tmp_path / "carried"
    folder.mkdir()
    return folder


def take(entries: tuple[ModelEntry, ...], source: Path, *allowed: str) -> Carried:
    """Imports into a folder beside the source."""
    names = allowed or tuple(entry.name for entry in entries)
    return Carrier(entries, source.parent / "into", names).take(source)


def files_in(folder: Path) -> set[str]:
    """Every file below, by its path."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_are_known_whatever_they_are_called(
    source: Path, entries: tuple[ModelEntry, ...]
) -> None:
    """Renamed, and in folders of their own."""
    (source / "a").mkdir()
    (source / "a" / "download(1)").write_bytes(FACE)
    (source / "weights.bin").write_bytes(BOUND)

    found = take(entries, source)

    assert sorted(found.taken) == sorted(entry.name for entry in entries)
    assert files_in(source.parent / "into") == {"face.onnx", "insightface/s/det.onnx"}


def test_a_licence_nobody_accepted_withholds(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """The file is known, and not taken."""
    (source / "det.onnx").write_bytes(BOUND)

    found = take(entries, source, "yunet_2023mar")

    assert found.withheld == ["insightface_buffalo_s_scrfd"]
    assert found.taken == []
    assert not (source.parent / "into").exists()


def test_a_truncated_file_is_refused_by_name(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """With its size and digest, and those that were expected."""
    (source / "face.onnx").write_bytes(FACE[:-1])

    (line,) = take(entries, source).refused

    assert "face.onnx (1199 bytes" in line
    assert f"1200 bytes, sha256 {entries[0].sha256}" in line
    assert "carry it in again" in line


def test_an_unknown_model_is_refused(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """No model is loaded by guessing; it needs an entry first."""
    (source / "mine.onnx").write_bytes(b"anything")
    (source / "readme.txt").write_text("not weights")

    (line,) = take(entries, source).refused

    assert "mine.onnx" in line
    assert "in no entry of the manifest" in line


def test_a_zip_serves_as_a_folder_does(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """Also one inside a folder."""
    with zipfile.ZipFile(source / "pack.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack/x.onnx", FACE)

    assert take(entries, source).taken == ["yunet_2023mar"]
    assert take(entries, source / "pack.zip").taken == ["yunet_2023mar"]


def test_a_path_that_leads_out_leads_nowhere(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """The file lands where the manifest says, and nowhere else."""
    with zipfile.ZipFile(source / "evil.zip", "w") as archive:
        archive.writestr("../../escaped.onnx", FACE)
        archive.writestr("/tmp/escaped.onnx", b"x" * len(FACE))  # noqa: S108 - a hostile name

    found = take(entries, source / "evil.zip")

    assert found.taken == ["yunet_2023mar"]
    assert files_in(source.parent) == {"carried/evil.zip", "carried/into/face.onnx"}


def test_a_bomb_is_not_unpacked(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """A member of no pinned size is not even read; one that lies about its size is cut short."""
    bomb = source / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.onnx", b"\0" * 50_000_000)
    lying = bytearray(bomb.read_bytes())
    real, said = (50_000_000).to_bytes(4, "little"), len(FACE).to_bytes(4, "little")
    (source / "lying.zip").write_bytes(bytes(lying).replace(real, said))

    assert "not read" in take(entries, bomb).refused[0]
    try:
        found = take(entries, source / "lying.zip")
    except WeightWrongError as error:
        assert "lying.zip cannot be used" in str(error)  # noqa: PT017 - either is a refusal
    else:
        assert found.taken == []


def test_a_damaged_zip_is_refused(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """By its name, and nothing of it is taken."""
    whole = source / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("face.onnx", FACE)
    damaged = bytearray(whole.read_bytes())
    damaged[100] ^= 0xFF
    whole.write_bytes(bytes(damaged))

    with pytest.raises(WeightWrongError, match=r"whole\.zip cannot be used: .*damaged"):
        take(entries, whole)


def test_links_and_pipes_are_passed_over(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """Reading a pipe may never end; a link shows what was not carried."""
    (source.parent / "elsewhere.onnx").write_bytes(FACE)
    (source / "link.onnx").symlink_to(source.parent / "elsewhere.onnx")
    os.mkfifo(source / "pipe.onnx")

    found = take(entries, source)

    assert (found.taken, found.refused) == ([], [])


def test_a_source_that_is_neither_is_refused(source: Path, entries: tuple[ModelEntry, ...]) -> None:
    """A single file, or nothing at all."""
    (source / "face.onnx").write_bytes(FACE)

    for wrong in (source / "face.onnx", source / "nothing"):
        with pytest.raises(WeightWrongError, match="neither a folder nor a zip"):
            take(entries, wrong)
