"""Brings one pinned file over HTTP: resumed, bounded, proven, and in place at once or not at all.

Here belongs the transport. Which file, and what to do with it, is `models.pull`'s. Proxies are
those of the environment (``https_proxy``, ``no_proxy``).
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

CHUNK_BYTES = 1 << 16
_TIMEOUT_S = 30.0
_FRUITLESS = 3
"""Attempts in a row that bring not one byte, after which a download is given up."""

Progress = Callable[[int, int], None]
"""Is told how many bytes are there, and how many there will be."""

_NETWORK_FAULTS = (OSError, http.client.HTTPException)  # URLError is an OSError


class FetchError(Exception):
    """A file could not be brought; the message says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """An address and the only bytes that are accepted from it."""

    url: str
    sha256: str
    size_bytes: int


def quiet(have_bytes: int, size_bytes: int) -> None:
    """A progress that nobody sees."""


def bring(wanted: Pinned, path: Path, progress: Progress = quiet) -> None:
    """Puts the pinned bytes at a path; FetchError, and nothing there, where they cannot be had.

    What arrived stays beside it as ``.part`` and is continued the next time. A part that turns
    out to be of another file is thrown away and the file fetched anew, once.
    """
    part = path.with_name(path.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    with _alone_with(part):
        continued = _have(part) > 0
        _complete(wanted, part, progress)
        if digest_of(part) != wanted.sha256 and continued:
            part.unlink()
            _complete(wanted, part, progress)
        if (found := digest_of(part)) != wanted.sha256:
            part.unlink()
            raise FetchError(f"it has sha256 {found}, expected {wanted.sha256}")
        _put(part, path)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _alone_with(part: Path) -> Iterator[None]:
    """Two pulls of one file would write into each other's part."""
    lock = part.with_name(f".{part.name}.lock")
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FetchError("another pull of it is at work; wait for that one") from error
        try:
            yield
        finally:
            lock.unlink()


def _complete(wanted: Pinned, part: Path, progress: Progress) -> None:
    """Brings a part up to its size, over as many connections as that takes."""
    fruitless = 0
    while (have := _have(part)) != wanted.size_bytes:
        if have > wanted.size_bytes:
            part.unlink()  # of something else
            continue
        try:
            _append(wanted, part, progress)
            reason = "the connection ended early"
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                part.unlink()
                continue
            raise FetchError(f"the server says {error.code} {error.reason}") from error
        except _NETWORK_FAULTS as error:
            reason = str(error) or type(error).__name__
        fruitless = fruitless + 1 if _have(part) <= have else 0
        if fruitless == _FRUITLESS:
            kept = f"; {_have(part)} bytes are kept, pull again to go on" if _have(part) else ""
            raise FetchError(f"{reason}{kept}")


def _append(wanted: Pinned, part: Path, progress: Progress) -> None:
    """One connection's worth. A server that does not continue begins at the beginning."""
    have = _have(part)
    headers = {"Range": f"bytes={have}-"} if have else {}
    request = urllib.request.Request(wanted.url, headers=headers)  # noqa: S310 - the manifest admits https only
    # An opener of its own: the shared one keeps the proxies that it found when it was first used.
    with urllib.request.build_opener().open(request, timeout=_TIMEOUT_S) as answer:
        start = have if _continues(answer, have) else 0
        _check_length(answer, wanted.size_bytes - start)
        with part.open("r+b" if start else "wb") as stream:
            stream.seek(start)
            while chunk := answer.read(min(CHUNK_BYTES, wanted.size_bytes - start) or 1):
                if start == wanted.size_bytes:
                    raise FetchError(f"it is longer than {wanted.size_bytes} bytes")
                stream.write(chunk)
                start += len(chunk)
                progress(start, wanted.size_bytes)


def _continues(answer: http.client.HTTPResponse, have: int) -> bool:
    """Whether the answer goes on where the part ends; a 206 of another place is no answer."""
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return False
    told = answer.headers.get("Content-Range", f"bytes {have}-")
    if not told.startswith(f"bytes {have}-"):
        raise FetchError(f"the server sent another range ({told}) than was asked for")
    return True


def _check_length(answer: http.client.HTTPResponse, expected: int) -> None:
    """A page that says "not found" politely is told before it is taken for a model."""
    told = answer.headers.get("Content-Length")
    if told is not None and told.isdigit() and int(told) > expected:
        raise FetchError(f"the server offers {told} bytes where {expected} were expected")


def _have(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _put(part: Path, path: Path) -> None:
    """Gives a proven part its name; after a crash it is there whole or not at all."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(path)
