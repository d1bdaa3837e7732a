"""Where a worker's live socket is, and making it: for its owner alone, and never in the way.

The name follows from the worker's id alone. A socket that a killed worker has left behind is
replaced; one that a later worker has made is not taken away.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from vision.unix_sockets import address

BACKLOG: Final = 64
_POLL_S = 0.01
_PREFIX, _SUFFIX = "live-", ".sock"
_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700


def socket_name(worker_id: str) -> str:
    """The name of a worker's socket in the run directory."""
    return f"{_PREFIX}{worker_id}{_SUFFIX}"


def socket_names(run_dir: Path) -> tuple[str, ...]:
    """The sockets of all workers, in order; empty where the directory cannot be read."""
    try:
        names = [path.name for path in run_dir.iterdir()]
    except OSError:
        return ()
    return tuple(sorted(n for n in names if n.startswith(_PREFIX) and n.endswith(_SUFFIX)))


class LiveListener:
    """A worker's listening socket. Raises OSError where it cannot be made."""

    def __init__(self, run_dir: Path, worker_id: str) -> None:
        run_dir.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        name = socket_name(worker_id)
        self._path = run_dir / name
        self._path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            # Before it has a name: so it is never there with other rights.
            os.fchmod(self.socket.fileno(), _PRIVATE)
            with address(run_dir, name) as here:
                self.socket.bind(here)
            self._made = self._path.stat().st_ino
            self.socket.listen(BACKLOG)
        except OSError:
            self.socket.close()
            raise

    @property
    def gone(self) -> bool:
        """Whether somebody has taken the name away; a later worker's in its place is well there."""
        return not self._path.exists()

    def close(self) -> None:
        """Take the name away, where it is still this one's, and stop listening."""
        with suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._made:
                self._path.unlink()
        self.socket.close()


def connect(run_dir: Path, name: str, timeout_s: float) -> socket.socket:
    """A connection to a worker's socket. Raises OSError where nobody listens.

    BlockingIOError: so many want one that there was no room in time.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    until_s = time.monotonic() + timeout_s
    try:
        with address(run_dir, name) as there:
            while not _connected(connection, there):
                if time.monotonic() > until_s:
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                time.sleep(_POLL_S)
    except OSError:
        connection.close()
        raise
    return connection


def _connected(connection: socket.socket, there: str) -> bool:
    """Try once; a socket with a time-out does not wait for room by itself."""
    try:
        connection.connect(there)
    except BlockingIOError:
        return False
    return True
