"""A download brings the pinned bytes, however badly it goes, or leaves nothing under their name."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.fetching import FetchError, Pinned, bring
from tests.models.file_server import FileServer, serving

CONTENT = bytes(range(256)) * 600


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A running server of the right content."""
    with serving(CONTENT) as running:
        yield running


def pinned(server: FileServer) -> Pinned:
    """The right content at the server's address."""
    return Pinned(server.url, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


def test_brings_the_file_and_tells_how_far_it_is(tmp_path: Path, server: FileServer) -> None:
    """Afterwards the file, and only the file, is there."""
    told: list[tuple[int, int]] = []

    bring(pinned(server), tmp_path / "face.onnx", lambda have, size: told.append((have, size)))

    assert (tmp_path / "face.onnx").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["face.onnx"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [have for have, _ in told] == sorted(have for have, _ in told)


def test_goes_on_over_broken_connections(tmp_path: Path, server: FileServer) -> None:
    """As long as each brings something, they add up."""
    server.break_after = 40_000

    bring(pinned(server), tmp_path / "face.onnx")

    assert (tmp_path / "face.onnx").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=40000-", "bytes=80000-", "bytes=120000-"]


def test_gives_up_where_nothing_comes(tmp_path: Path, server: FileServer) -> None:
    """After some fruitless connections; what is there is kept for the next time."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT[:1000])
    server.break_after = 0

    with pytest.raises(FetchError, match="1000 bytes are kept, pull again"):
        bring(pinned(server), tmp_path / "face.onnx")

    assert [path.name for path in tmp_path.iterdir()] == ["face.onnx.part"]


def test_a_server_without_ranges_begins_anew(tmp_path: Path, server: FileServer) -> None:
    """What is there already is written over."""
    (tmp_path / "face.onnx.part").write_bytes(b"x" * 1000)
    server.knows_ranges = False

    bring(pinned(server), tmp_path / "face.onnx")

    assert (tmp_path / "face.onnx").read_bytes() == CONTENT


def test_a_part_of_another_file_is_fetched_anew(tmp_path: Path, server: FileServer) -> None:
    """Its beginning is wrong, which only the digest shows."""
    (tmp_path / "face.onnx.part").write_bytes(b"x" * 1000)

    bring(pinned(server), tmp_path / "face.onnx")

    assert (tmp_path / "face.onnx").read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]


def test_a_part_that_is_too_long_is_started_anew(tmp_path: Path, server: FileServer) -> None:
    """It is of something else."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT + b"more")

    bring(pinned(server), tmp_path / "face.onnx")

    assert (tmp_path / "face.onnx").read_bytes() == CONTENT


def test_a_finished_part_needs_no_network(tmp_path: Path, server: FileServer) -> None:
    """A pull that died between the last byte and the renaming is completed without fetching."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT)

    bring(pinned(server), tmp_path / "face.onnx")

    assert server.ranges == []


@pytest.mark.parametrize("wrong", [CONTENT[::-1], b"x" * len(CONTENT)])
def test_other_bytes_leave_nothing(tmp_path: Path, server: FileServer, wrong: bytes) -> None:
    """Both digests are told."""
    server.content = wrong

    with pytest.raises(FetchError, match=r"it has sha256 \w{64}, expected \w{64}"):
        bring(pinned(server), tmp_path / "face.onnx")

    assert list(tmp_path.iterdir()) == []


def test_a_longer_answer_is_refused_before_it_is_read(tmp_path: Path, server: FileServer) -> None:
    """A server that offers gigabytes gets no byte of disk."""
    server.content = CONTENT + b"more"

    with pytest.raises(FetchError, match="offers 153604 bytes where 153600 were expected"):
        bring(pinned(server), tmp_path / "face.onnx")

    assert list(tmp_path.iterdir()) == []


def test_a_range_that_was_not_asked_for_is_refused(tmp_path: Path, server: FileServer) -> None:
    """Bytes of another place must not be put behind those that are there."""
    (tmp_path / "face.onnx.part").write_bytes(CONTENT[:1000])
    server.shift = 7

    with pytest.raises(FetchError, match="another range"):
        bring(pinned(server), tmp_path / "face.onnx")


def test_a_refusal_of_the_server_is_told(tmp_path: Path, server: FileServer) -> None:
    """With its number, and without trying again and again."""
    server.status = 404

    with pytest.raises(FetchError, match="the server says 404"):
        bring(pinned(server), tmp_path / "face.onnx")

    assert len(server.ranges) == 1


def test_the_environments_proxy_is_used(
    tmp_path: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request goes to the proxy, with the whole address in it."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    away = Pinned("http://models.invalid/face.onnx", pinned(server).sha256, len(CONTENT))

    bring(away, tmp_path / "face.onnx")

    assert server.paths == ["http://models.invalid/face.onnx"]


def test_two_pulls_of_one_file_do_not_mix(tmp_path: Path, server: FileServer) -> None:
    """The second is told to wait."""
    with (tmp_path / ".face.onnx.part.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(FetchError, match="another pull"):
            bring(pinned(server), tmp_path / "face.onnx")
