"""One child process and the two pipes to it. Nothing here waits, and nothing decides.

What the child needs is ``vision.supervision.lifeline``'s to say.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Sequence

from vision.child_protocol import MAX_LINE_BYTES, Lines, Order, Report, encode, parse_report

_CHUNK_BYTES = 65536


class Child:
    """A running child. The selector's events for it carry ``read`` as their data.

    ``kept_fds`` are left open in the child. Raises OSError where it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        selector: selectors.BaseSelector,
        kept_fds: tuple[int, ...] = (),
    ) -> None:
        # A process group of its own: Ctrl-C on a terminal is the supervisor's to deal with.
        self._process = subprocess.Popen(  # noqa: S603 -- the command is the daemon's own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            process_group=0,
            pass_fds=kept_fds,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both pipes were asked for")
        self._orders, self._reports = self._process.stdin, self._process.stdout
        os.set_blocking(self._orders.fileno(), False)
        os.set_blocking(self._reports.fileno(), False)
        self._selector = selector
        self._lines = Lines()
        self._inbox: list[Report] = []
        self._unsent = b""
        self._garbage = 0
        selector.register(self._reports, selectors.EVENT_READ, self.read)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def garbage_lines(self) -> int:
        """How many lines on its stdout were none of the protocol's."""
        return self._garbage + self._lines.overlong

    def read(self) -> None:
        """Take in what has arrived, one chunk, so that no child keeps the others waiting."""
        self._read_chunk()

    def reports(self) -> list[Report]:
        """What the child has said since the last call."""
        inbox, self._inbox = self._inbox, []
        return inbox

    def send(self, order: Order) -> None:
        """Queue an order and write what the pipe takes; ``flush`` writes the rest."""
        self._unsent += encode(order)
        if len(self._unsent) > MAX_LINE_BYTES:
            # It reads nothing, so it hangs and is killed for that; its successor is told anew.
            self._unsent = b""
        self.flush()

    def flush(self) -> None:
        if not self._unsent or self._orders.closed:
            return
        try:
            written = os.write(self._orders.fileno(), self._unsent)
        except BlockingIOError:
            return
        except BrokenPipeError:
            # It has ended or closed its stdin; the missing beat or its end is dealt with.
            self._unsent = b""
            return
        self._unsent = self._unsent[written:]

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        """Read what is left and let go of the pipes; the process has ended."""
        for _ in range(_MOST_LAST_CHUNKS):
            if not self._read_chunk():
                break
        self._stop_reading()
        with contextlib.suppress(BrokenPipeError):  # nobody reads any more
            self._orders.close()

    def _read_chunk(self) -> bool:
        """Whether there may be more."""
        if self._reports.closed:
            return False
        try:
            data = os.read(self._reports.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._stop_reading()
            return False
        for line in self._lines.feed(data):
            report = parse_report(line)
            if report is None:
                self._garbage += 1
            else:
                self._inbox.append(report)
        return True

    def _stop_reading(self) -> None:
        if not self._reports.closed:
            self._selector.unregister(self._reports)
            self._reports.close()


_MOST_LAST_CHUNKS = 64
"""A grandchild may hold the pipe open and go on printing."""


def how_it_ended(status: int) -> str:
    """An exit status for people: ``exit status 1``, ``SIGSEGV``."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
