"""Zips that may be hostile: members are known by size and digest, never by where they say to go.

Nothing is unpacked: a member's bytes are read up to the size that is pinned, hashed, and handed
out. So a name full of ``..``, a link, or a bomb has nothing to aim at.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

_MOST_MEMBERS = 10_000
_ENCRYPTED = 0x1


class ZipRefusedError(Exception):
    """A zip is not what it should be; the message says in what."""


def members_of(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files of a zip. ZipRefusedError where there are absurdly many."""
    listed = archive.infolist()
    if len(listed) > _MOST_MEMBERS:
        raise ZipRefusedError(f"it lists {len(listed)} files; a pack has a handful")
    yield from (member for member in listed if not member.is_dir())


def read_bounded(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """A member's bytes, one more than ``most_bytes`` at most, whatever its header promises.

    ZipRefusedError where it is encrypted or damaged.
    """
    if member.flag_bits & _ENCRYPTED:
        raise ZipRefusedError(f"{member.filename} is encrypted; unpack it first")
    try:
        with archive.open(member) as stream:
            return stream.read(most_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ZipRefusedError(f"{member.filename} is damaged: {error}") from error


def read_member(archive: zipfile.ZipFile, name: str, size_bytes: int, sha256: str) -> bytes:
    """The one member of that file name, whatever its folder, proven. ZipRefusedError else."""
    for member in members_of(archive):
        if PurePosixPath(member.filename).name == name and member.file_size == size_bytes:
            data = read_bounded(archive, member, size_bytes)
            if len(data) == size_bytes and hashlib.sha256(data).hexdigest() == sha256:
                return data
    raise ZipRefusedError(f"it holds no {name} of {size_bytes} bytes with sha256 {sha256}")
