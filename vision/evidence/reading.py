"""Reading evidence that is whole: the one place where its files are opened again."""

from __future__ import annotations

import shutil
from pathlib import Path


def copy_plain(stored: Path, target: Path) -> None:
    """Put a file of evidence where people can use it, in the clear. OSError where it cannot be."""
    shutil.copyfile(stored, target)
