"""Keeps the log off the loop: whoever logs never waits for stderr or for a disk.

A terminal that is held, a pager nobody scrolls or a full disk stops a thread here, and costs
log lines once the queue is full; it does not stop the daemon.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading

MOST_WAITING = 10_000


class LogThread:
    """Takes the place of a logger's handlers, which it then calls from a thread of its own.

    ``lost`` counts lines that found the queue full.
    """

    def __init__(self, root: logging.Logger, most_waiting: int = MOST_WAITING) -> None:
        self._root = root
        self._handlers = root.handlers[:]
        self._records: queue.Queue[logging.LogRecord | None] = queue.Queue(most_waiting)
        self.lost = 0
        self._closing = False
        # A daemon thread: where it is stuck in a write, nothing else could end it.
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        root.handlers = [_Door(self)]
        self._thread.start()

    def put(self, record: logging.LogRecord) -> None:
        """Queue a line; never waits."""
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self.lost += 1

    def close(self, timeout_s: float) -> bool:
        """Write what waits and give the handlers back; False where they do not take it.

        The thread is then stuck in a write, and the process must end by ``os._exit``: the
        interpreter's own end would wait for the lock of that stream.
        """
        self._root.handlers = self._handlers
        self._closing = True
        with contextlib.suppress(queue.Full):  # then it has lines enough to wake up for
            self._records.put_nowait(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not (self._closing and self._records.empty()):
            record = self._records.get()
            if record is None:
                continue
            for handler in self._handlers:
                if record.levelno >= handler.level:
                    handler.handle(record)


class _Door(logging.Handler):
    """Hands records over as they are; the real handlers format them."""

    def __init__(self, thread: LogThread) -> None:
        super().__init__()
        self._log_thread = thread

    def emit(self, record: logging.LogRecord) -> None:
        self._log_thread.put(record)
