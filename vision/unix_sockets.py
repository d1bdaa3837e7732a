"""Addresses of Unix sockets in a directory, however long its path is.

A socket's address holds 107 bytes; by way of the directory's descriptor any depth will do.
Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def address(folder: Path, name: str) -> Iterator[str]:
    """The address of a socket in a folder, to bind or to connect to inside the ``with``.

    Raises OSError where the folder cannot be opened.
    """
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
