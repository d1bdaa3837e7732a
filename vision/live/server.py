"""A worker's live picture: one thread over one Unix socket, beside everything that matters.

It reads what others own and gives nothing back: where it fails, or its watchers do, nobody waits
and no alarm is late. What is said on the socket is ``vision.live.protocol``'s.
"""

from __future__ import annotations

import os
import selectors
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from vision.live.line import Line
from vision.live.serving import Find, Serving
from vision.live.sockets import LiveListener
from vision.logs import logger
from vision.own_thread import OwnThread

FOLLOW_S: Final = 0.04
"""How often the cameras are asked for news while somebody watches."""

IDLE_S: Final = 1.0
PACE_S: Final = 0.005
"""At least so long is rested between two turns, whatever comes over the socket."""

RETRY_S: Final = 5.0
ACCEPTED_AT_ONCE: Final = 8
END_WITHIN_S: Final = 2.0

_log = logger(__name__)


class LiveServer(OwnThread):
    """``with`` starts the thread and, at the end, joins it."""

    def __init__(self, run_dir: Path, worker_id: str, find: Find) -> None:
        super().__init__("live", END_WITHIN_S)
        self._run_dir = run_dir
        self._worker_id = worker_id
        self._find = find
        self._closing = threading.Event()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._problem: str | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if self.ended:
            os.close(self._wake_fd)

    def _ask_to_end(self) -> None:
        self._closing.set()
        os.eventfd_write(self._wake_fd, 1)

    @property
    def problem(self) -> str | None:
        """Why the live picture is not served, as a stable code; None where it is."""
        return self._problem

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._serve()
            except OSError as error:
                self._fail(error.strerror or type(error).__name__)
            except Exception as error:  # noqa: BLE001 -- a hostile watcher finds what nobody thought of
                self._fail(type(error).__name__)
                _log.exception("live_failed")

    def _fail(self, why: str) -> None:
        if self._problem is None:
            _log.error("live_not_served", why=why)
        self._problem = "not_served"
        self._closing.wait(RETRY_S)

    def _serve(self) -> None:
        """Serve until the end, or until the socket's name is gone."""
        listener = LiveListener(self._run_dir, self._worker_id)
        serving = Serving(self._find)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake_fd, selectors.EVENT_READ)
                selector.register(listener.socket, selectors.EVENT_READ)
                self._problem = None
                while not self._closing.is_set() and not listener.gone:
                    self._turn(selector, listener, serving)
        finally:
            serving.close(time.monotonic())
            listener.close()

    def _turn(
        self, selector: selectors.BaseSelector, listener: LiveListener, serving: Serving
    ) -> None:
        events = selector.select(FOLLOW_S if serving.has_work else IDLE_S)
        now_s = time.monotonic()
        for key, mask in events:
            if key.fileobj is listener.socket:
                _accept(listener, serving, now_s)
            elif isinstance(key.data, Line) and mask & selectors.EVENT_READ:
                serving.receive(key.data.socket, now_s)
        for connection in serving.turn(now_s):
            if connection in selector.get_map():
                selector.unregister(connection)
            connection.close()
        for line in serving.lines:
            _listen(selector, line)
        self._closing.wait(PACE_S)


def _listen(selector: selectors.BaseSelector, line: Line) -> None:
    """Be woken by what this connection can do now."""
    wanted = selectors.EVENT_READ if line.hears else 0
    wanted |= selectors.EVENT_WRITE if line.waits else 0
    known = selector.get_map().get(line.socket)
    if known is None and wanted:
        selector.register(line.socket, wanted, line)
    elif known is not None and not wanted:
        selector.unregister(line.socket)
    elif known is not None:
        selector.modify(line.socket, wanted, line)


def _accept(listener: LiveListener, serving: Serving, now_s: float) -> None:
    for _ in range(ACCEPTED_AT_ONCE):
        try:
            connection, _ = listener.socket.accept()
        except BlockingIOError:
            return
        serving.accept(connection, now_s)
