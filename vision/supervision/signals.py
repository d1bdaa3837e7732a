"""Signals as something the loop reads, so that no code of ours runs inside a handler."""

from __future__ import annotations

import selectors
import signal
import socket
from types import FrameType

WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class SignalInbox:
    """Takes over the watched signals of the process; make it in the main thread.

    A signal wakes the selector; ``take`` says which came. SIGCHLD only wakes.
    """

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._read_end, self._write_end = socket.socketpair()
        self._read_end.settimeout(0)
        self._write_end.settimeout(0)
        self._selector = selector
        self._arrived: list[signal.Signals] = []
        selector.register(self._read_end, selectors.EVENT_READ, self._read)
        self._fd_before = signal.set_wakeup_fd(self._write_end.fileno(), warn_on_full_buffer=False)
        self._handlers_before = {number: signal.signal(number, _noted) for number in WATCHED}

    def take(self) -> list[signal.Signals]:
        """The signals since the last call, in order."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def wake(self) -> None:
        """Wake the loop from another thread."""
        try:
            self._write_end.send(b"\0")
        except BlockingIOError:
            # So much lies there unread that the loop wakes anyway.
            return

    def close(self) -> None:
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._selector.unregister(self._read_end)
        self._read_end.close()
        self._write_end.close()

    def _read(self) -> None:
        numbers = self._read_end.recv(4096)
        self._arrived += [signal.Signals(number) for number in numbers if number in WATCHED]


def _noted(number: int, frame: FrameType | None) -> None:
    """Python has written the number to the wake-up descriptor; that is all there is to do."""
    del number, frame
