"""The nudge: how other processes wake the publisher, and hand it what cannot be journalled.

A Unix datagram socket in the daemon's run directory. An empty datagram says "look into the
journal"; any other is an alarm that must go out at once. Sending never blocks and never
fails loudly: the publisher looks into the journal by itself, only a little later.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from vision.outputs import handing_over
from vision.outputs.journal_values import HandedOver
from vision.unix_sockets import address

SOCKET = "publisher.sock"
LOCK = "publisher.lock"
MAX_DATAGRAM_BYTES = 64 * 1024
_MAX_AT_ONCE = 256


class PublisherRunningError(Exception):
    """Another publisher serves this data directory."""


class Nudge:
    """The sending side. One for each process; safe to use from several threads."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)

    def wake(self) -> bool:
        """Tell the publisher to look into the journal; False where nobody listens."""
        return self._send(b"")

    def hand_over(self, handed: HandedOver) -> bool:
        """Give the publisher an alarm to send at once; False where it did not get it."""
        return self._send(handing_over.encode(handed))

    def close(self) -> None:
        self._socket.close()

    def _send(self, datagram: bytes) -> bool:
        try:
            with address(self._run_dir, SOCKET) as there:
                self._socket.sendto(datagram, there)
        except OSError:
            # no publisher, or one too busy to be woken: both find their work in the journal
            return False
        return True


class NudgeListener:
    """The publisher's side. There is one for a data directory.

    Raises PublisherRunningError where another process has it.
    """

    def __init__(self, run_dir: Path) -> None:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = run_dir / SOCKET
        self._lock = _locked(run_dir / LOCK)
        self._path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(0)
        with address(run_dir, SOCKET) as here:
            self.socket.bind(here)

    def datagrams(self) -> Iterator[bytes]:
        """What has arrived; at most so much that the caller gets on with its other work."""
        for _ in range(_MAX_AT_ONCE):
            try:
                yield self.socket.recv(MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        self.socket.close()
        os.close(self._lock)


def publisher_runs(run_dir: Path) -> bool:
    """Whether a publisher serves this data directory."""
    try:
        os.close(_locked(run_dir / LOCK))
    except PublisherRunningError:
        return True
    except FileNotFoundError:
        return False
    return False


def _locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        message = f"a publisher is running already: {path} is locked; end it first"
        raise PublisherRunningError(message) from None
    return lock
