"""Writing a bundle: whole under its name, or not there at all; for its owner's eyes only."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from vision.bundles import zip_layout
from vision.bundles.zip_layout import Member

_PRIVATE = 0o600
_PIECE = 1 << 20


def write(
    folder: Path,
    names: Sequence[str],
    target: Path,
    *,
    before: Callable[[Path], None],
    is_forced: bool,
) -> None:
    """Pack files of a folder, in order, and give the zip its name once it is on the disk.

    ``before`` is called with the zip, synced, before it takes its name. FileExistsError where
    the target is there and ``is_forced`` is false; OSError where the disk refuses.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _pack(folder, names, file)
            file.flush()
            os.fsync(file.fileno())
        before(part)
        _name(part, target, is_forced=is_forced)
    finally:
        part.unlink(missing_ok=True)
    _sync(target.parent)


def _pack(folder: Path, names: Sequence[str], file: BinaryIO) -> None:
    members = []
    for name in names:
        member = _member(folder / name, name)
        file.write(zip_layout.header(member))
        with (folder / name).open("rb") as source:
            for piece in iter(lambda: source.read(_PIECE), b""):
                file.write(piece)
        members.append(member)
    file.write(zip_layout.directory(members))


def _member(path: Path, name: str) -> Member:
    crc = 0
    with path.open("rb") as source:
        for piece in iter(lambda: source.read(_PIECE), b""):
            crc = zlib.crc32(piece, crc)
    return Member(name, path.stat().st_size, crc)


def _name(part: Path, target: Path, *, is_forced: bool) -> None:
    if is_forced:
        part.replace(target)
        return
    try:
        # unlike a rename, a link fails where somebody was quicker
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:
        # disks that carry files from machine to machine often know no links
        if target.exists():
            raise FileExistsError(target) from None
        part.replace(target)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
