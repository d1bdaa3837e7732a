"""The child's end of the line to the supervisor: orders in, beats out.

One thread reads; it never runs native code of ours and always ends: at ``close``, or on its own
when the supervisor is gone. The messages are ``vision.child_protocol``'s. Standard library only.

    with ParentLink.over_stdio() as link:
        ...load the models...
        link.ready()
        while not link.stopping:
            cameras = link.next_assignment(timeout_s=0.2)
            ...
            link.beat()
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType

from vision.child_protocol import (
    BEAT_EVERY_S,
    Assign,
    Beat,
    Degraded,
    Lines,
    Ready,
    Report,
    Stop,
    encode,
    parse_order,
)

ORPHAN_ENDS_S = 10.0
"""A child that has not ended this long after its supervisor vanished ends the hard way."""

ORPHAN_EXIT_CODE = 70

_CHUNK_BYTES = 65536
_MOST_UNSENT = 100


class ParentLink:
    """Orders from the supervisor and reports to it; use it in a ``with`` statement.

    It owns both descriptors and closes them. ``on_news`` is called from the reading thread
    after each order and must return at once (setting an event, say). ``orphan_ends_s`` bounds
    how long the process may live on without a supervisor: a child that hangs in native code
    has nobody left to kill it, and a second supervisor would watch the same cameras.
    """

    def __init__(
        self,
        orders_fd: int,
        reports_fd: int,
        *,
        on_news: Callable[[], None] | None = None,
        orphan_ends_s: float = ORPHAN_ENDS_S,
    ) -> None:
        self._orders_fd = orders_fd
        self._reports_fd = reports_fd
        # A supervisor that has stopped reading must not stop the child's main loop as well.
        os.set_blocking(reports_fd, False)
        self._on_news = on_news or (lambda: None)
        self._orphan_ends_s = orphan_ends_s
        self._wake_fd, self._woken_fd = os.pipe()
        self._news = threading.Condition()
        self._assignment: tuple[str, ...] | None = None
        self._stopping = False
        self._sending = threading.Lock()
        self._unsent: deque[bytes] = deque(maxlen=_MOST_UNSENT)
        self._parent_gone = False
        self._last_beat_s = float("-inf")
        self._reader = threading.Thread(target=self._read, name="parent-link")

    @classmethod
    def over_stdio(cls, *, on_news: Callable[[], None] | None = None) -> ParentLink:
        """The link over this process's stdin and stdout, which are taken out of reach.

        Afterwards descriptor 1 is stderr and 0 is empty, so that whatever a native library
        prints lands in the log and not between our lines.
        """
        sys.stdout.flush()
        orders_fd, reports_fd = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 -- os.devnull is a string
            os.dup2(nothing.fileno(), 0)
        return cls(orders_fd, reports_fd, on_news=on_news)

    def __enter__(self) -> ParentLink:
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def stopping(self) -> bool:
        """Whether the child is to end: it was told so, or the supervisor is gone."""
        return self._stopping

    def next_assignment(self, timeout_s: float = 0.0) -> tuple[str, ...] | None:
        """The newest assignment not taken yet; None where there is none in time.

        Returns early, with None, when the child is to end. An assignment that comes again
        unchanged is given again: the configuration behind it may be another one.
        """
        with self._news:
            self._news.wait_for(lambda: self._stopping or self._assignment is not None, timeout_s)
            assignment, self._assignment = self._assignment, None
            return assignment

    def ready(self) -> None:
        """Tell that everything is loaded and the main loop turns."""
        self._send(Ready())

    def beat(self) -> None:
        """Tell that the main loop turns; call it in every turn, it sends one a second."""
        now_s = time.monotonic()
        if now_s - self._last_beat_s >= BEAT_EVERY_S:
            self._last_beat_s = now_s
            self._send(Beat())

    def degraded(self, what: str, reason: str | None) -> None:
        """Tell that a part does not work, or with ``reason`` None that it works again.

        ``what``: lower-case letters, digits, ``_``, ``-``, ``.``; at most 128 of them.
        """
        self._send(Degraded(what, reason))

    def close(self) -> None:
        """End the reading thread and close the line. Calling it again is nothing."""
        if self._wake_fd < 0:
            return
        os.close(self._woken_fd)
        if self._reader.ident is not None:
            self._reader.join()
        with self._sending:
            for descriptor in (self._wake_fd, self._orders_fd, self._reports_fd):
                os.close(descriptor)
            self._wake_fd = -1

    def _send(self, report: Report) -> None:
        """Write a line without waiting; all but beats are kept until the pipe has room."""
        with self._sending:
            if self._wake_fd < 0:
                return
            if not isinstance(report, Beat):
                self._unsent.append(encode(report))
            while self._unsent and self._write(self._unsent[0]):
                self._unsent.popleft()
            if isinstance(report, Beat) and not self._unsent:
                self._write(encode(report))

    def _write(self, line: bytes) -> bool:
        """Whether the line went out; a line is short enough for the pipe to take it whole."""
        try:
            os.write(self._reports_fd, line)
        except BlockingIOError:
            return False
        except BrokenPipeError:
            # The end of stdin says the same, and it is the one that ends the child.
            self._unsent.clear()
            return False
        return True

    def _read(self) -> None:
        lines = Lines()
        while self._orders_wait():
            data = self._read_chunk()
            if not data:
                self._parent_gone = True
                self._stop()
                break
            for line in lines.feed(data):
                self._take(line)
        if self._parent_gone and not _readable((self._wake_fd,), self._orphan_ends_s):
            # Interpreter and libraries may be stuck: nothing orderly is left to try.
            os._exit(ORPHAN_EXIT_CODE)

    def _orders_wait(self) -> bool:
        """Whether there are orders to read; False when the link is being closed."""
        return self._wake_fd not in _readable((self._orders_fd, self._wake_fd), None)

    def _read_chunk(self) -> bytes:
        with contextlib.suppress(ConnectionError):  # a reset is an end like any other
            return os.read(self._orders_fd, _CHUNK_BYTES)
        return b""

    def _take(self, line: bytes) -> None:
        match parse_order(line):
            case Stop():
                self._stop()
            case Assign(cameras):
                with self._news:
                    self._assignment = cameras
                    self._news.notify_all()
                self._on_news()

    def _stop(self) -> None:
        with self._news:
            self._stopping = True
            self._news.notify_all()
        self._on_news()


def _readable(descriptors: tuple[int, ...], timeout_s: float | None) -> set[int]:
    """Which of them have something to read, or have ended, within the time."""
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN)
    events = poller.poll(None if timeout_s is None else timeout_s * 1000)
    return {descriptor for descriptor, _ in events}
