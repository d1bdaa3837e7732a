"""A file that takes room on the disk only to give it up when the disk is full.

So the journal can still be written when nothing else can. Call it off the supervisor's loop:
a slow disk makes it wait.
"""

from __future__ import annotations

import os
from pathlib import Path

SIZE_BYTES = 8 * 1024 * 1024


class Ballast:
    """The file ``ballast`` in the data directory. Raises OSError."""

    def __init__(self, data_dir: Path, size_bytes: int = SIZE_BYTES) -> None:
        self._path = data_dir / "ballast"
        self._size_bytes = size_bytes

    def load(self) -> bool:
        """Take the room; whether that was still to do. On failure no file is left."""
        if self._path.exists() and self._path.stat().st_size == self._size_bytes:
            return False
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                # Real blocks: a file with a hole in it would free nothing.
                os.posix_fallocate(descriptor, 0, self._size_bytes)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            self.drop()
            raise
        return True

    def drop(self) -> bool:
        """Give the room up; whether there was any."""
        had = self._path.exists()
        self._path.unlink(missing_ok=True)
        return had
