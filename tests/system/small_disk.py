"""A small file system of its own, that can be filled and emptied while something writes to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.vision.waiting import eventually

MOUNT, UMOUNT = shutil.which("mount"), shutil.which("umount")


def demand_mount() -> None:
    """Skip where no file system can be mounted."""
    if os.geteuid() != 0 or MOUNT is None or UMOUNT is None:
        pytest.skip("a file system of its own needs root and mount")


class SmallDisk:
    """A tmpfs; making it as small as what lies on it is what fills it."""

    def __init__(self, folder: Path, roomy: str = "1g") -> None:
        self.folder = folder
        self._roomy = roomy
        folder.mkdir()
        self._mount("-t", "tmpfs", "-o", f"size={self._roomy},mode=700", "none")

    def fill(self) -> None:
        """Leave no room; whoever writes between looking and shrinking makes it try again."""
        eventually(self._shrink)

    def _shrink(self) -> bool:
        stats = os.statvfs(self.folder)
        used = (stats.f_blocks - stats.f_bfree) * stats.f_frsize
        command = [str(MOUNT), "-o", f"remount,size={used}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def make_room(self) -> None:
        """Leave room again."""
        self._mount("-o", f"remount,size={self._roomy}")

    def forbid_writing(self) -> None:
        """Let nobody write, as a kernel does that met a fault; nobody may write at that moment."""
        self._mount("-o", "remount,ro")

    def close(self) -> None:
        subprocess.run([str(UMOUNT), "--lazy", str(self.folder)], check=True)

    def _mount(self, *arguments: str) -> None:
        command = [str(MOUNT), *arguments, str(self.folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode and "-t" in arguments:
            pytest.skip(f"a file system of its own needs root: {done.stderr.strip()}")
        assert done.returncode == 0, done.stderr
