"""Reading a zip that nobody vouches for: what is in it, by name, size and digest.

Nothing is unpacked onto a disk, and what is read is bounded by the file's own size. Whatever is
odd about the zip is a finding; nothing that it holds raises an error.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from vision.bundles import zip_layout
from vision.bundles.manifest import (
    CHECKPOINT,
    ENTRIES,
    GROWTH,
    KEY,
    MANIFEST,
    NOTE,
    REVISIONS,
)
from vision.bundles.zip_layout import Member
from vision.ledger.verdicts import Finding, State

_KIB, _MIB = 1024, 1024 * 1024
MOST_BYTES: Mapping[str, int] = {
    MANIFEST: 16 * _MIB,
    NOTE: 64 * _KIB,
    KEY: 64 * _KIB,
    CHECKPOINT: 64 * _KIB,
    ENTRIES: 64 * _MIB,
    GROWTH: _MIB,
    REVISIONS: 64 * _MIB,
}
"""The files that are read into memory, and how large each may be."""

MOST_FILES = 10_000
_MOST_AT_ONCE = 8 * _MIB
"""A directory of more files than may be is not even read."""

_BOMB_FACTOR = 8
_LONGEST_NAME = 255
_PIECE = 256 * _KIB
_BROKEN = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    EOFError,
    ValueError,
    OverflowError,
    struct.error,
)
"""What zipfile raises, at one place or another, for files that are no sound zips."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds.

    ``names``: of all files, in their order. ``digests``: size and sha256 of those that could be
    read. ``texts``: the small ones themselves. ``findings``: what is wrong with the zip as such.
    """

    names: tuple[str, ...]
    digests: Mapping[str, tuple[int, str]]
    texts: Mapping[str, bytes]
    findings: tuple[Finding, ...]


class _Careful(io.BufferedReader):
    """A file of which nobody reads much at once, whatever it says of itself."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = _MOST_AT_ONCE
        if size > _MOST_AT_ONCE:
            raise zipfile.BadZipFile("it wants more memory than any bundle needs")
        return super().read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile("it begins before the file does")
        return super().seek(offset, whence)


def read(path: Path) -> Contents:
    """Read a bundle. OSError where the file itself cannot be read."""
    with _Careful(io.FileIO(path)) as file:
        size_bytes = path.stat().st_size
        try:
            with zipfile.ZipFile(file) as opened:
                return _Reading(file, opened, size_bytes).contents()
        except _BROKEN as error:
            return Contents((), {}, {}, (_no_zip(file, error),))


def _no_zip(file: IO[bytes], error: Exception) -> Finding:
    file.seek(0)
    if file.read(4) == b"PK\x03\x04" and "not a zip" in str(error):
        return Finding(State.CUT_OFF, "the file ends before the zip's directory")
    return Finding(State.ALTERED, f"it is no zip file that can be read ({error})")


class _Reading:
    """One pass over an opened zip."""

    def __init__(self, file: IO[bytes], opened: zipfile.ZipFile, size_bytes: int) -> None:
        self._file = file
        self._zip = opened
        self._size_bytes = size_bytes
        self._infos = opened.infolist()
        self._found: list[Finding] = []
        self._members: list[Member] = []
        self._digests: dict[str, tuple[int, str]] = {}
        self._texts: dict[str, bytes] = {}

    def contents(self) -> Contents:
        too_much = self._too_much()
        if too_much is not None:
            return Contents((), {}, {}, (Finding(State.ALTERED, too_much),))
        for info in self._sound():
            self._take(info)
        if not self._is_as_written():
            what = "the zip was packed, or changed between its files, by something else"
            self._tell(f"{what}; other programs may show other files")
        names = tuple(info.filename for info in self._infos)
        return Contents(names, self._digests, self._texts, tuple(self._found))

    def _tell(self, what: str) -> None:
        self._found.append(Finding(State.ALTERED, what))

    def _too_much(self) -> str | None:
        if len(self._infos) > MOST_FILES:
            return f"it holds {len(self._infos)} files; no bundle has more than {MOST_FILES}"
        unpacked = sum(info.file_size for info in self._infos)
        if unpacked > _BOMB_FACTOR * self._size_bytes:
            return f"it unpacks {self._size_bytes} bytes to {unpacked}, which no bundle does"
        return None

    def _sound(self) -> Iterator[zipfile.ZipInfo]:
        """The files that may be read."""
        seen: set[str] = set()
        for info in self._infos:
            odd = _oddity(info, seen)
            seen.add(info.filename)
            if odd is None:
                yield info
            else:
                self._tell(f"{shown(info.filename)} {odd}")

    def _take(self, info: zipfile.ZipInfo) -> None:
        name, digest, crc, size_bytes = info.filename, hashlib.sha256(), 0, 0
        kept = bytearray() if info.file_size <= MOST_BYTES.get(name, -1) else None
        try:
            with self._zip.open(info) as stream:
                for piece in iter(lambda: stream.read(_PIECE), b""):
                    digest.update(piece)
                    crc, size_bytes = zlib.crc32(piece, crc), size_bytes + len(piece)
                    if kept is not None:
                        kept += piece
        except _BROKEN:
            return
        self._members.append(Member(name, size_bytes, crc))
        self._digests[name] = (size_bytes, digest.hexdigest())
        if kept is not None:
            self._texts[name] = bytes(kept)
        elif name in MOST_BYTES:
            self._tell(f"{name} has {size_bytes} bytes, more than any has")

    def _is_as_written(self) -> bool:
        """Whether the file is, byte for byte, what Bondwatch writes around these files."""
        if len(self._members) != len(self._infos):
            return True  # something that is told already; the rest cannot be compared
        offset = 0
        for member in self._members:
            if not self._stands(offset, zip_layout.header(member)):
                return False
            offset += len(zip_layout.header(member)) + member.size_bytes
        end = zip_layout.directory(self._members)
        return offset + len(end) == self._size_bytes and self._stands(offset, end)

    def _stands(self, offset: int, expected: bytes) -> bool:
        self._file.seek(offset)
        return self._file.read(len(expected)) == expected


def _oddity(info: zipfile.ZipInfo, seen: Iterable[str]) -> str | None:
    """Why a file is not read."""
    name = info.filename
    if name in seen:
        return "is in it twice"
    if not _is_safe(info):
        return "is no path that a bundle has"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.is_dir() or kind not in (0, stat.S_IFREG):
        return "is a link or a folder"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way that no bundle uses"
    return None


def _is_safe(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    is_plain = name == info.orig_filename and name.isprintable() and "\\" not in name
    parts = PurePosixPath(name).parts
    is_inside = not name.startswith("/") and ".." not in parts and ":" not in name
    is_whole = "/".join(parts) == name.removesuffix("/") and 0 < len(name) <= _LONGEST_NAME
    return is_plain and is_inside and is_whole


def shown(name: str) -> str:
    """A name for people's terminals."""
    text = name[:_LONGEST_NAME]
    return text if text.isprintable() and text else ascii(text)
