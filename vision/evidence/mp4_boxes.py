"""The top boxes of an MP4 that comes in pieces: how much of a torn clip is whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_HEAD_BYTES: Final = 8
_LARGE_HEAD_BYTES: Final = 16


def whole_fragments_bytes(pieces: Iterable[bytes]) -> int:
    """Where the last whole fragment ends; 0 where there is none."""
    return max((at for name, at in _boxes(pieces) if name == b"mdat"), default=0)


def _boxes(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """The names of the whole boxes, and where each ends."""
    at, seen, head = 0, 0, b""
    for piece in pieces:
        begin, seen = seen, seen + len(piece)
        while at < seen:
            # What is missing of this box's head begins in this piece, or where the last one ended.
            start = max(at + len(head) - begin, 0)
            head += piece[start : start + _LARGE_HEAD_BYTES - len(head)]
            length = _length(head)
            if length is None or at + length > seen:
                break
            if length < _HEAD_BYTES:
                return
            at += length
            yield head[4:8], at
            head = b""


def _length(head: bytes) -> int | None:
    """A box's length; None while its head is not whole."""
    if len(head) < _HEAD_BYTES:
        return None
    length = int.from_bytes(head[:4], "big")
    if length != 1:
        return length
    large = head[_HEAD_BYTES:_LARGE_HEAD_BYTES]
    return int.from_bytes(large, "big") if len(head) == _LARGE_HEAD_BYTES else None
