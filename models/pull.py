"""Fetches one weight file from its pinned address, when an operator asks for it.

Here belongs everything of this room that uses the network, but for `models.fetch_dlib`. No
running daemon comes here.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from models.entries import ModelEntry
from models.errors import PullError
from models.store import remedy, write_whole

_CHUNK_BYTES = 1 << 16
_TIMEOUT_S = 30.0


def pull(entry: ModelEntry, into: Path) -> Path:
    """Fetches an entry's file into a directory and returns its path.

    A part left by an interrupted pull is continued. The file appears under its name only once
    its size and digest are right. PullError says what went wrong and how to carry it in by hand.
    """
    path = into / entry.file
    if entry.url is None:
        raise PullError(f"{entry.name}: no public address is known; {remedy(entry)}")
    if path.is_file() and _digest(path.read_bytes()) == entry.sha256:
        return path
    part = path.with_name(path.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        _download(entry.url, part, entry.size_bytes)
    except (OSError, urllib.error.URLError) as error:
        raise PullError(_by_hand(entry, path, str(error))) from error
    data = part.read_bytes()
    if len(data) < entry.size_bytes:
        raise PullError(_by_hand(entry, path, f"it ended after {len(data)} bytes; pull again"))
    part.unlink()
    if _digest(data) != entry.sha256:
        raise PullError(_by_hand(entry, path, f"it has sha256 {_digest(data)}"))
    write_whole(path, data)
    return path


def _download(url: str, part: Path, size_bytes: int) -> None:
    """Brings the part up to its full size, and never beyond it by more than one byte."""
    have = part.stat().st_size if part.is_file() else 0
    if have > size_bytes:
        part.unlink()
        have = 0
    if have == size_bytes:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 - the manifest admits https only
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - as above
        continued = answer.status == HTTPStatus.PARTIAL_CONTENT
        have = have if continued else 0
        with part.open("ab" if continued else "wb") as stream:
            while have <= size_bytes and (chunk := answer.read(_CHUNK_BYTES)):
                stream.write(chunk[: size_bytes + 1 - have])
                have += len(chunk)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _by_hand(entry: ModelEntry, path: Path, reason: str) -> str:
    return (
        f"{entry.name}: cannot be fetched from {entry.url} ({reason}); by hand: download it "
        f"elsewhere, check that its sha256 is {entry.sha256}, and copy it to {path}"
    )
