"""A file of evidence while it is written: it grows under one name and ends under another."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from vision.evidence.disk import Disk, publish
from vision.evidence.places import growing

SYNC_EVERY_S = 5.0
"""How much a power cut can cost at most, beside what the disk itself loses."""


class GrowingFile:
    """Raises OSError wherever the disk fails; then ``give_up`` keeps what is whole."""

    def __init__(self, disk: Disk, folder: Path, name: str) -> None:
        self.name = name
        self._disk = disk
        self._whole = folder / name
        self._digest = hashlib.sha256()
        self._file = disk.create(folder / growing(name))
        self._synced_s = time.monotonic()

    @property
    def size_bytes(self) -> int:
        return self._file.size_bytes

    @property
    def sha256(self) -> str:
        """Of what has been written so far, hexadecimal."""
        return self._digest.hexdigest()

    def append(self, data: bytes) -> None:
        """Add whole fragments or lines; sync once in a while."""
        if not data:
            return
        self._disk.append(self._file, data)
        self._digest.update(data)
        now_s = time.monotonic()
        if now_s - self._synced_s >= SYNC_EVERY_S:
            self._synced_s = now_s
            self._disk.sync(self._file)

    def finish(self) -> None:
        """Sync, rename, sync the folder: afterwards it is whole, and may be spoken of."""
        publish(self._disk, self._file, self._whole)

    def give_up(self) -> None:
        """Let go of it as it is; whoever looks for leftovers makes it whole later."""
        self._disk.close(self._file)
