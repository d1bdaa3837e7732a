"""Where the photos of an import lie: a folder or a zip, read one at a time, never unpacked.

Nothing is written, so no name in a zip can lead anywhere; nothing is read beyond the limit of
one photo, so nothing in it can swell.
"""

from __future__ import annotations

import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from enrolment.bulk.photo_names import plain_name
from enrolment.bulk.table import MAX_TABLE_BYTES
from enrolment.photos import DEFAULT_LIMITS, PhotoLimits, read_bytes
from enrolment.refusals import PhotoRefusedError, Refusal

MAX_NAMES = 1_000_000
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


class PhotoStoreError(Exception):
    """The folder or zip cannot be used as a whole; the text says why and what to do."""


class PhotoStore(Protocol):
    """Photos by their plain names."""

    def names(self) -> Iterator[str]:
        """Every file's plain name; those that lead elsewhere are left out."""

    def read(self, name: str) -> bytes:
        """The bytes, at most one more than allowed; PhotoRefusedError where there are none."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_photos(path: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> PhotoStore:
    """Open a folder or a zip; ``PhotoStoreError`` for anything else."""
    return FolderPhotos(path, limits) if path.is_dir() else ZipPhotos(path, limits)


def table_in_zip(path: Path) -> bytes:
    """The one CSV in a zip, at most one byte more than allowed; ``PhotoStoreError``."""
    with ZipPhotos(path, PhotoLimits(max_bytes=MAX_TABLE_BYTES)) as store:
        tables = [name for name in store.names() if name.casefold().endswith(".csv")]
        if len(tables) != 1:
            raise PhotoStoreError(f"{path} holds {len(tables)} CSV files; put exactly one in it")
        try:
            return store.read(tables[0])
        except PhotoRefusedError as exc:
            raise PhotoStoreError(f"{tables[0]} in {path} cannot be read: {exc}") from exc


class FolderPhotos:
    """The files under a folder. Links are not followed: they could lead anywhere."""

    def __init__(self, folder: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> None:
        self._folder = folder
        self._limits = limits
        self._on_disk: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def names(self) -> Iterator[str]:
        for folder, _, files in os.walk(self._folder):
            inside = Path(folder).relative_to(self._folder)
            for file in files:
                with suppress(PhotoRefusedError):  # no row can mean such a name
                    on_disk = (inside / file).as_posix()
                    self._on_disk[plain_name(on_disk)] = on_disk
                    if len(self._on_disk) > MAX_NAMES:
                        raise PhotoStoreError(f"{self._folder} holds over {MAX_NAMES:,} files")
                    yield plain_name(on_disk)

    def read(self, name: str) -> bytes:
        path = self._folder / self._on_disk.get(name, name)
        if path.is_symlink():
            raise PhotoRefusedError(Refusal.PATH_NOT_ALLOWED, "a link")
        return read_bytes(path, self._limits, os.O_NOFOLLOW)


class ZipPhotos:
    """The files in a zip."""

    def __init__(self, path: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError as exc:
            raise PhotoStoreError(f"{path} does not exist; correct the path") from exc
        except (*_BROKEN, NotImplementedError) as exc:
            raise PhotoStoreError(f"{path} is neither a folder nor a whole zip") from exc
        self._path = path
        self._limits = limits
        self._entries: dict[str, zipfile.ZipInfo] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def names(self) -> Iterator[str]:
        entries = self._zip.infolist()
        if len(entries) > MAX_NAMES:
            raise PhotoStoreError(f"{self._path} holds over {MAX_NAMES:,} files")
        for entry in entries:
            with suppress(PhotoRefusedError):  # no row can mean such a name
                name = plain_name(_name_of(entry))
                if not entry.is_dir():
                    self._entries[name] = entry
                    yield name

    def read(self, name: str) -> bytes:
        entry = self._entries.get(name)
        if entry is None:
            raise PhotoRefusedError(Refusal.PHOTO_MISSING)
        self._check(entry)
        try:
            with self._zip.open(entry) as file:
                return file.read(self._limits.max_bytes + 1)
        except (*_BROKEN, NotImplementedError, RuntimeError) as exc:
            raise PhotoRefusedError(Refusal.UNREADABLE, "damaged in the zip") from exc

    def _check(self, entry: zipfile.ZipInfo) -> None:
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise PhotoRefusedError(Refusal.PATH_NOT_ALLOWED, "a link")
        if entry.flag_bits & _ENCRYPTED:
            raise PhotoRefusedError(Refusal.UNREADABLE, "the zip has a password")
        if entry.compress_type not in _METHODS:
            raise PhotoRefusedError(Refusal.UNREADABLE, "packed in an unusual way")
        if entry.file_size > self._limits.max_bytes:
            detail = f"more than {self._limits.max_bytes // 2**20} MiB"
            raise PhotoRefusedError(Refusal.TOO_MANY_BYTES, detail)


def _name_of(entry: zipfile.ZipInfo) -> str:
    """The entry's name; old programs write the system's own letters and do not say which."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    try:
        raw = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.orig_filename
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):  # the next one, or the name as it is
            return raw.decode(encoding)
    return entry.orig_filename
