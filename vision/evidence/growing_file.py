"""A file of evidence while it is written: it grows under one name and ends under another.

With a seal, each piece goes to the disk sealed. Size and digest are always those of the content.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from vision.evidence.disk import Disk, OpenFile, publish
from vision.evidence.places import growing
from vision.evidence.sealed_form import CLOSING_AT, FileSeal

SYNC_EVERY_S = 5.0
"""How much a power cut can cost at most, beside what the disk itself loses."""


class Digest(Protocol):
    """What ``hashlib`` makes."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass(slots=True)
class Written:
    """What is in a file so far: bytes of content, chunks where it is sealed, SHA-256."""

    size_bytes: int = 0
    chunks: int = 0
    digest: Digest = field(default_factory=hashlib.sha256)

    def add(self, data: bytes) -> None:
        """So much more content."""
        self.size_bytes += len(data)
        self.digest.update(data)


class GrowingFile:
    """Raises OSError wherever the disk fails; then ``give_up`` keeps what is whole.

    ``name``: what it will be called. ``seal`` None: it is written in the clear.
    """

    def __init__(self, disk: Disk, folder: Path, name: str, seal: FileSeal | None = None) -> None:
        self._begin(disk, folder / name, seal)
        self._file = disk.create(folder / growing(name))

    @classmethod
    def adopted(
        cls, disk: Disk, file: OpenFile, whole: Path, seal: FileSeal | None, written: Written
    ) -> Self:
        """One that a crash left behind, as far as it is whole."""
        self = cls.__new__(cls)
        self._begin(disk, whole, seal)
        self._file = file
        self._written = written
        return self

    def _begin(self, disk: Disk, whole: Path, seal: FileSeal | None) -> None:
        self.name = whole.name
        self._disk = disk
        self._whole = whole
        self._seal = seal
        self._written = Written()
        self._synced_s = time.monotonic()

    @property
    def size_bytes(self) -> int:
        """Of the content."""
        return self._written.size_bytes

    @property
    def sha256(self) -> str:
        """Of the content so far, hexadecimal."""
        return self._written.digest.hexdigest()

    def append(self, data: bytes) -> None:
        """Add whole fragments or lines; sync once in a while."""
        if not data:
            return
        stored, chunks = data, 0
        if self._seal is not None:
            stored, chunks = self._seal.chunks(self._written.chunks, data)
            stored = self._missing_head() + stored
        self._disk.append(self._file, stored)
        self._written.chunks = chunks
        self._written.add(data)
        now_s = time.monotonic()
        if now_s - self._synced_s >= SYNC_EVERY_S:
            self._synced_s = now_s
            self._disk.sync(self._file)

    def finish(self) -> None:
        """Sync, rename, sync the folder: afterwards it is whole, and may be spoken of."""
        if self._seal is not None:
            if head := self._missing_head():
                self._disk.append(self._file, head)
            written = self._written
            # Into the slot that the head keeps free: a full disk takes it too.
            closing = self._seal.closing(written.chunks, written.size_bytes)
            self._disk.overwrite(self._file, CLOSING_AT, closing)
        publish(self._disk, self._file, self._whole)

    def give_up(self) -> None:
        """Let go of it as it is; whoever looks for leftovers makes it whole later."""
        self._disk.close(self._file)

    def discard(self) -> None:
        """Let go of it, and take it away."""
        self._disk.close(self._file)
        self._disk.remove(self._file.path)

    def _missing_head(self) -> bytes:
        """With the first piece, so that there is no file with half a head where that fails."""
        return b"" if self._file.size_bytes or self._seal is None else self._seal.head()
