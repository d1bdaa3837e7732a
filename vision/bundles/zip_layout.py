"""A zip file byte for byte as bundles are written: stored files one after the other, no more.

Pure. Everything in it follows from names, sizes and checksums, so a verifier can tell that
nothing stands between or behind the files, and that every program sees the same ones. The fields
are those of PKWARE's APPNOTE, 4.3.7 to 4.3.16; past 4 GiB its 64-bit forms are used.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_OVERFLOW = 0xFFFFFFFF
_PLAIN_VERSION, _WIDE_VERSION = 20, 45
_UNIX = 3 << 8
_UTF8 = 0x800
_MIDNIGHT = 0
_DAY = 0x21
"""1980-01-01, the first day that there is: when a file was packed is nobody's concern."""

_MODE = 0o100600 << 16
_WIDE_ID = 1
_WIDE_END_BYTES = 44
"""What follows the field that says so."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip; ``name`` is printable ASCII or UTF-8, ``crc`` its CRC-32."""

    name: str
    size_bytes: int
    crc: int


def header(member: Member) -> bytes:
    """What stands before a file."""
    sizes = [member.size_bytes, member.size_bytes]
    name, is_wide = member.name.encode(), member.size_bytes >= _OVERFLOW
    extra = _extra(sizes) if is_wide else b""
    told = [_OVERFLOW, _OVERFLOW] if is_wide else sizes
    fields = (_version(is_wide), *_facts(member), *told, len(name), len(extra))
    return struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", *fields) + name + extra


def directory(members: Sequence[Member]) -> bytes:
    """What stands behind the last file; fewer than 65,536 files go into one."""
    entries, offset = [], 0
    for member in members:
        entries.append(_entry(member, offset))
        offset += len(header(member)) + member.size_bytes
    table = b"".join(entries)
    return table + _end(len(entries), len(table), offset)


def _entry(member: Member, offset: int) -> bytes:
    name, size_bytes = member.name.encode(), member.size_bytes
    wide = ([size_bytes] * 2 if size_bytes >= _OVERFLOW else []) + (
        [offset] if offset >= _OVERFLOW else []
    )
    extra = _extra(wide) if wide else b""
    told_size, told_offset = min(size_bytes, _OVERFLOW), min(offset, _OVERFLOW)
    version = _version(bool(wide))
    fields = (_UNIX | version, version, *_facts(member), told_size, told_size)
    lengths = (len(name), len(extra), 0, 0, 0, _MODE, told_offset)
    packed = struct.pack("<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", *fields, *lengths)
    return packed + name + extra


def _facts(member: Member) -> tuple[int, int, int, int, int]:
    """Flags, method (stored), time, day, checksum."""
    flags = 0 if member.name.isascii() else _UTF8
    return flags, 0, _MIDNIGHT, _DAY, member.crc


def _end(count: int, table_bytes: int, offset: int) -> bytes:
    wide = b""
    if max(table_bytes, offset) >= _OVERFLOW:
        version = _WIDE_VERSION
        ends = (_WIDE_END_BYTES, _UNIX | version, version, 0, 0, count, count, table_bytes, offset)
        wide = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", *ends)
        wide += struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + table_bytes, 1)
    size, begin = min(table_bytes, _OVERFLOW), min(offset, _OVERFLOW)
    return wide + struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, size, begin, 0)


def _extra(values: Sequence[int]) -> bytes:
    return struct.pack(f"<HH{len(values)}Q", _WIDE_ID, 8 * len(values), *values)


def _version(is_wide: bool) -> int:  # noqa: FBT001 -- the one thing that decides
    return _WIDE_VERSION if is_wide else _PLAIN_VERSION
