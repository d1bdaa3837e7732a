"""The disk as the evidence needs it: whole writes, syncs, and names that appear at once.

A thin layer over the operating system, so that the order of what reaches the disk can be written
down by a test. Everything raises OSError; nothing here decides anything.
"""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


@dataclass(slots=True)
class OpenFile:
    """A file that is being written. ``size_bytes``: how much of it is whole."""

    path: Path
    descriptor: int
    size_bytes: int = 0


class Disk:
    """The real one."""

    def make_folder(self, path: Path, root: Path) -> None:
        """Make a folder below ``root`` and sync each new name on the way."""
        missing = [p for p in (path, *path.parents) if p != root and root in p.parents]
        for folder in reversed(missing):
            if not folder.exists():
                folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
                self.sync_folder(folder.parent)

    def create(self, path: Path) -> OpenFile:
        """A new file, locked for as long as it is open: whoever finds it unlocked is its heir."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, _PRIVATE_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return OpenFile(path, descriptor)

    def append(self, file: OpenFile, data: bytes) -> None:
        """Write all of it, or leave the file as long as it was and raise."""
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(file.descriptor, left) :]
        except OSError:
            os.ftruncate(file.descriptor, file.size_bytes)
            os.lseek(file.descriptor, file.size_bytes, os.SEEK_SET)
            raise
        file.size_bytes += len(data)

    def overwrite(self, file: OpenFile, at_byte: int, data: bytes) -> None:
        """Put something in the place of what was written there; the file gets no longer."""
        done = os.pwrite(file.descriptor, data, at_byte)
        if done != len(data):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def sync(self, file: OpenFile) -> None:
        """What was written is on the disk when this returns."""
        os.fsync(file.descriptor)

    def close(self, file: OpenFile) -> None:
        """Let go of the file, and of its lock."""
        descriptor, file.descriptor = file.descriptor, -1
        if descriptor >= 0:  # closed before, its number may be another file's by now
            os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its name; the folder is still to be synced."""
        old.rename(new)

    def remove(self, path: Path) -> None:
        """Take a file away, if it is there."""
        path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """The names in a folder are on the disk when this returns."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free_bytes(self, path: Path) -> int:
        """How much there is room for on the disk that holds the path."""
        stats = os.statvfs(path)
        return stats.f_bavail * stats.f_frsize


def publish(disk: Disk, file: OpenFile, whole: Path) -> None:
    """Sync a grown file, give it its name, sync the folder: only then may anybody speak of it."""
    disk.sync(file)
    disk.rename(file.path, whole)
    disk.sync_folder(whole.parent)
    disk.close(file)
