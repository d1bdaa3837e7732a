"""What a sealed file of evidence is made of: a head, and chunks that open in their place. Pure.

The head says which data key seals the file and which file it is; in it a slot is left for the
closing seal, put there when the file is whole. Each chunk is its length (4 bytes) and AES-256-GCM
of one piece of the content, bound to the alarm, the file's name, the file's own random id and the
chunk's number. The closing seal says how many chunks and bytes there are. So a chunk that is
changed, left out, doubled, moved, or comes from another file does not open, and a file that was
cut off, or never closed, is known. Layout and reasons: ``docs/decisions/0017``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

from enrolment.sealing import OVERHEAD_BYTES, Cipher, SealBrokenError, place

MAGIC: Final = b"BWSEAL1\n"
KEY_ID_BYTES: Final = 8
FILE_ID_BYTES: Final = 16
CLOSING_AT: Final = len(MAGIC) + KEY_ID_BYTES + FILE_ID_BYTES
_NUMBER_BYTES: Final = 8
CLOSING_BYTES: Final = OVERHEAD_BYTES + 2 * _NUMBER_BYTES
HEAD_BYTES: Final = CLOSING_AT + CLOSING_BYTES
_OPEN: Final = bytes(CLOSING_BYTES)
"""What is in the slot while the file grows."""

LENGTH_BYTES: Final = 4
MOST_PLAIN_BYTES: Final = 1024 * 1024
"""What one chunk may hold: a reader needs no more memory than this."""


class ChunkBrokenError(Exception):
    """Chunk ``index``, which begins at this byte of the file, does not open or is not whole."""

    def __init__(self, index: int, at_byte: int) -> None:
        super().__init__(f"chunk {index}, at byte {at_byte}, does not open")
        self.index = index
        self.at_byte = at_byte


class NotClosedError(Exception):
    """The file has no closing seal, or one that is not its own."""


class ExtentError(Exception):
    """The file ends at ``at_byte`` with another number of chunks than its closing seal says."""

    def __init__(self, found: int, closed: int, at_byte: int) -> None:
        super().__init__(f"{found} chunks where {closed} were written, at byte {at_byte}")
        self.found = found
        self.closed = closed
        self.at_byte = at_byte


@dataclass(frozen=True, slots=True)
class Head:
    """What a sealed file says of itself; true only where the chunks open with it."""

    key_id: str
    file_id: bytes
    closing: bytes

    @classmethod
    def read(cls, source: BinaryIO) -> Self | None:
        """The head at the beginning of a file; None where the file is plain."""
        data = source.read(HEAD_BYTES)
        if not data.startswith(MAGIC):
            return None
        data = data.ljust(HEAD_BYTES, b"\0")  # cut off: no chunk follows, which is told later
        key_id = data[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES].hex()
        return cls(key_id, data[CLOSING_AT - FILE_ID_BYTES : CLOSING_AT], data[CLOSING_AT:])

    @property
    def is_open(self) -> bool:
        """Whether the file was never closed."""
        return self.closing == _OPEN


@dataclass(frozen=True, slots=True)
class Chunk:
    """One opened chunk, and the bytes of the file that it takes."""

    plain: bytes
    at_byte: int
    end_byte: int


@dataclass(frozen=True, slots=True)
class FileSeal:
    """Seals and opens one file. ``name``: its own, not the one it has while it grows."""

    cipher: Cipher
    key_id: str
    file_id: bytes
    alarm_id: str
    name: str

    def head(self) -> bytes:
        """What the file begins with."""
        return MAGIC + bytes.fromhex(self.key_id) + self.file_id + _OPEN

    def chunks(self, index: int, plain: bytes) -> tuple[bytes, int]:
        """The chunks of a piece, as one, and the number of the chunk after them."""
        pieces = range(0, len(plain), MOST_PLAIN_BYTES)
        sealed = [
            self._chunk(number, plain[at : at + MOST_PLAIN_BYTES])
            for number, at in enumerate(pieces, index)
        ]
        return b"".join(sealed), index + len(sealed)

    def closing(self, count: int, size_bytes: int) -> bytes:
        """The closing seal of so many chunks with so much content."""
        numbers = (number.to_bytes(_NUMBER_BYTES, "big") for number in (count, size_bytes))
        return self.cipher.seal(b"".join(numbers), self._place("closing"))

    def pieces(self, source: BinaryIO, head: Head) -> Iterator[bytes]:
        """The content of a closed file, found to be all of it.

        Raises NotClosedError, ChunkBrokenError or ExtentError; the pieces before are true.
        """
        count, _ = extent = self._extent(head)
        found, size_bytes, at_byte = 0, 0, HEAD_BYTES
        for chunk in self.opened(source):
            if found == count:
                raise ExtentError(found + 1, count, at_byte)
            found, size_bytes, at_byte = found + 1, size_bytes + len(chunk.plain), chunk.end_byte
            yield chunk.plain
        if (found, size_bytes) != extent:
            raise ExtentError(found, count, at_byte)

    def _extent(self, head: Head) -> tuple[int, int]:
        """How many chunks and bytes of content the closing seal says there are."""
        try:
            numbers = self.cipher.open(head.closing, self._place("closing"))
        except SealBrokenError as error:
            raise NotClosedError("never closed, or not this file's closing seal") from error
        return (
            int.from_bytes(numbers[:_NUMBER_BYTES], "big"),
            int.from_bytes(numbers[_NUMBER_BYTES:], "big"),
        )

    def opened(self, source: BinaryIO) -> Iterator[Chunk]:
        """All chunks behind the head, to the end of the file. ChunkBrokenError."""
        at_byte, index = source.seek(HEAD_BYTES), 0
        while prefix := source.read(LENGTH_BYTES):
            length = int.from_bytes(prefix, "big")
            # A length that no chunk has is not read: it may be anything.
            fits = OVERHEAD_BYTES < length <= OVERHEAD_BYTES + MOST_PLAIN_BYTES
            sealed = source.read(length) if fits else b""
            if len(sealed) != length:
                raise ChunkBrokenError(index, at_byte)
            try:
                plain = self.cipher.open(sealed, self._place("chunk", str(index)))
            except SealBrokenError as error:
                raise ChunkBrokenError(index, at_byte) from error
            end_byte = at_byte + LENGTH_BYTES + length
            yield Chunk(plain, at_byte, end_byte)
            at_byte, index = end_byte, index + 1

    def _chunk(self, index: int, plain: bytes) -> bytes:
        sealed = self.cipher.seal(plain, self._place("chunk", str(index)))
        return len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed

    def _place(self, *part: str) -> bytes:
        own = (self.alarm_id, self.name, self.key_id, self.file_id.hex())
        return place("evidence", *own, *part)
