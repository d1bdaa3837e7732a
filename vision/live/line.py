"""The worker's end of one watcher's connection: a request in, messages out, nothing waited for.

What a watcher does not take stays within ``ROOM_BYTES`` and one packet. Knows no camera.
"""

from __future__ import annotations

import socket
from collections import deque
from typing import Final

from vision.live.protocol import MAX_LINE_BYTES, Message, Refusal, encode

ROOM_BYTES: Final = 1024 * 1024
_SENT_AT_ONCE_BYTES: Final = 1024 * 1024


class Line:
    """A connection; ``now_s`` is monotonic everywhere.

    ``changed_s``: since when what waits has waited. ``hears``: whether more may come in.
    ``over``: it is to be closed.
    """

    def __init__(self, connection: socket.socket, now_s: float) -> None:
        connection.settimeout(0)
        self.socket = connection
        self.changed_s = now_s
        self.over = False
        self.hears = True
        self._ending = False
        self._received = b""
        self._waiting: deque[memoryview] = deque()
        self._waiting_bytes = 0

    @property
    def room_bytes(self) -> int:
        """How much more it takes now."""
        return 0 if self._ending else max(0, ROOM_BYTES - self._waiting_bytes)

    @property
    def waits(self) -> bool:
        """Whether something is still to go out."""
        return bool(self._waiting)

    def receive(self) -> bytes | None:
        """All that has come in, once it holds a line or is too long for one; None before that."""
        try:
            data = self.socket.recv(MAX_LINE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            # Whoever has asked may have no more to say, and still listen.
            self.hears = False
            self.over = self.over or b"\n" not in self._received
        if not data or self._ending:
            return None
        self._received += data
        is_whole = b"\n" in data or len(self._received) >= MAX_LINE_BYTES
        return self._received if is_whole else None

    def put(self, message: Message, now_s: float) -> None:
        """Let a message go out; after a refusal nothing follows."""
        if self._ending:
            return
        if not self._waiting:
            self.changed_s = now_s
        for part in encode(message):
            if part:
                self._waiting.append(memoryview(part))
                self._waiting_bytes += len(part)
        if isinstance(message, Refusal):
            self.end()

    def end(self) -> None:
        """Close it once everything is out."""
        self._ending = True
        self.over = self.over or not self._waiting

    def send(self, now_s: float) -> None:
        """Send what the other side takes without waiting."""
        left = _SENT_AT_ONCE_BYTES
        try:
            while self._waiting and left > 0:
                sent = self.socket.send(self._waiting[0])
                left -= sent
                self._sent(sent, now_s)
        except BlockingIOError:
            return
        except OSError:
            self.over = True
        self.over = self.over or (self._ending and not self._waiting)

    def close(self) -> None:
        self.socket.close()

    def _sent(self, count: int, now_s: float) -> None:
        self.changed_s = now_s
        self._waiting_bytes -= count
        rest = self._waiting.popleft()[count:]
        if rest:
            self._waiting.appendleft(rest)
