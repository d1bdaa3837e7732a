"""A pull brings an entry's file, from where it lies, or says how to carry it in by hand."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.entries import Archive, ModelEntry
from models.errors import PullError
from models.manifest import Manifest
from models.pull import drop_archives, pull
from tests.models.file_server import FileServer, serving

CONTENT = bytes(range(256)) * 600


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A running server of the right content."""
    with serving(CONTENT) as running:
        yield running


@pytest.fixture
def entry(manifest: Manifest, server: FileServer) -> ModelEntry:
    """An entry that pins `CONTENT` at the server's address."""
    return dataclasses.replace(
        manifest.entry("yunet_2023mar"),
        file="face.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
        url=server.url,
    )


def in_zip(name: str, data: bytes) -> bytes:
    """A zip with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, data)
    return packed.getvalue()


def from_archive(entry: ModelEntry, server: FileServer, member: str, data: bytes) -> ModelEntry:
    """The same entry, to be had from a zip that the server serves."""
    server.content = in_zip(member, data)
    archive = Archive(
        "pack.zip",
        server.url,
        hashlib.sha256(server.content).hexdigest(),
        len(server.content),
    )
    return dataclasses.replace(entry, url=None, archive=archive)


def test_does_nothing_twice(tmp_path: Path, entry: ModelEntry, server: FileServer) -> None:
    """A file that is already right is not fetched again."""
    pull(entry, tmp_path)

    assert pull(entry, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None]


def test_without_a_network_says_how_to_carry_it_in(tmp_path: Path, entry: ModelEntry) -> None:
    """In one line: the address, the digest, and the command that takes it in."""
    away = dataclasses.replace(entry, url="http://127.0.0.1:1/face.onnx")

    with pytest.raises(PullError) as caught:
        pull(away, tmp_path)

    told = str(caught.value)
    assert "\n" not in told
    for word in (away.url, away.sha256, "bondwatch models import"):
        assert word in told


def test_an_entry_without_an_address_says_so(tmp_path: Path, manifest: Manifest) -> None:
    """What has no public address cannot be pulled, and the remedy is named."""
    with pytest.raises(PullError, match=r"no public address.*BONDWATCH_MODELS"):
        pull(manifest.entry("yolox_nano_coco"), tmp_path)


def test_an_entry_is_taken_out_of_its_archive(
    tmp_path: Path, entry: ModelEntry, server: FileServer
) -> None:
    """Whatever folder it lies in there; the archive serves the next entry too, then goes."""
    inside = from_archive(entry, server, "deep/below/face.onnx", CONTENT)

    assert pull(inside, tmp_path).read_bytes() == CONTENT
    (tmp_path / "face.onnx").unlink()
    pull(inside, tmp_path)
    drop_archives((inside,), tmp_path)

    assert len(server.ranges) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["face.onnx"]


def test_an_archive_without_the_pinned_file_is_refused(
    tmp_path: Path, entry: ModelEntry, server: FileServer
) -> None:
    """Though the archive itself is the pinned one."""
    inside = from_archive(entry, server, "face.onnx", CONTENT[::-1])

    with pytest.raises(PullError, match=r"it holds no face\.onnx"):
        pull(inside, tmp_path)

    assert not (tmp_path / "face.onnx").exists()
