"""A pull brings the pinned bytes or says how to carry them in by hand."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.entries import ModelEntry
from models.errors import PullError
from models.manifest import Manifest
from models.pull import pull

CONTENT = bytes(range(256)) * 600


class FileServer(ThreadingHTTPServer):
    """Serves one content; remembers the ranges asked for."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.content = content
        self.ranges: list[str | None] = []


class _Answer(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.end_headers()
        self.wfile.write(self.server.content[start:])

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A running server of the right content."""
    running = FileServer(CONTENT)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def entry(manifest: Manifest, server: FileServer) -> ModelEntry:
    """An entry that pins `CONTENT` at the server's address."""
    return dataclasses.replace(
        manifest.entry("yunet_2023mar"),
        file="face.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
        url=f"http://127.0.0.1:{server.server_port}/face.onnx",
    )


def test_brings_the_file(tmp_path: Path, entry: ModelEntry) -> None:
    """After a pull the file, and only the file, is there."""
    path = pull(entry, tmp_path)

    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


def test_does_nothing_twice(tmp_path: Path, entry: ModelEntry, server: FileServer) -> None:
    """A file that is already right is not fetched again."""
    pull(entry, tmp_path)
    pull(entry, tmp_path)

    assert server.ranges == [None]


def test_continues_an_interrupted_pull(
    tmp_path: Path, entry: ModelEntry, server: FileServer
) -> None:
    """What an interrupted pull has brought is not fetched again."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT[:1000])

    assert pull(entry, tmp_path).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_keeps_the_part_of_a_short_answer(
    tmp_path: Path, entry: ModelEntry, server: FileServer
) -> None:
    """An answer that ends early leaves a part to continue, and no file."""
    server.content = CONTENT[:5000]

    with pytest.raises(PullError, match="ended after 5000 bytes"):
        pull(entry, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["face.onnx.part"]


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"more"])
def test_refuses_other_bytes(
    tmp_path: Path, entry: ModelEntry, server: FileServer, content: bytes
) -> None:
    """Bytes other than the pinned ones, or more of them, leave nothing behind."""
    server.content = content

    with pytest.raises(PullError, match="it has sha256"):
        pull(entry, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_without_a_network_says_how_to_carry_it_in(tmp_path: Path, entry: ModelEntry) -> None:
    """Without a network one line names the address, the digest and where to put the file."""
    away = dataclasses.replace(entry, url="http://127.0.0.1:1/face.onnx")

    with pytest.raises(PullError) as caught:
        pull(away, tmp_path)

    told = str(caught.value)
    assert "\n" not in told
    for word in (away.url, away.sha256, str(tmp_path / "face.onnx")):
        assert word in told


def test_an_entry_without_an_address_says_so(tmp_path: Path, manifest: Manifest) -> None:
    """What has no public address cannot be pulled, and the remedy is named."""
    with pytest.raises(PullError, match=r"no public address.*BONDWATCH_MODELS"):
        pull(manifest.entry("yolox_nano_coco"), tmp_path)


def test_a_part_that_grew_too_long_is_started_anew(tmp_path: Path, entry: ModelEntry) -> None:
    """A part longer than the file is of something else and is thrown away."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT + b"more")

    assert pull(entry, tmp_path).read_bytes() == CONTENT


def test_a_finished_part_needs_no_network(tmp_path: Path, entry: ModelEntry) -> None:
    """A pull that died between the last byte and the renaming is completed without fetching."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT)
    away = dataclasses.replace(entry, url="http://127.0.0.1:1/face.onnx")

    assert pull(away, tmp_path).read_bytes() == CONTENT
