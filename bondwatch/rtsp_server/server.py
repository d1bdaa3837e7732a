"""The RTSP server: mounts, the listening socket, and its threads.

For demonstrations and tests: it serves clips over interleaved TCP and misbehaves on request.
It listens on 127.0.0.1 unless told otherwise. Answers and faults live in the other modules.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.connection import Connection
from bondwatch.rtsp_server.mounts import Mount


class RtspServer:
    """Serves several mounts on one port. ``start`` and ``close`` come in pairs.

    The faults of a mount can be switched from any thread; they concern everybody who watches
    it. Unknown mount names raise KeyError.
    """

    def __init__(
        self,
        mounts: Iterable[Mount],
        credentials: Credentials | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.credentials = credentials
        self._mounts = {mount.name: mount for mount in mounts}
        self._listener = socket.create_server((host, port))
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._epoch_s: float | None = None
        self._accepting = threading.Thread(target=self._accept, name="rtsp-accept")

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def url(self, name: str) -> str:
        """The mount's URL, without credentials."""
        host = self._listener.getsockname()[0]
        return f"rtsp://{host}:{self.port}/{name}"

    def start(self) -> Self:
        self._accepting.start()
        return self

    def close(self) -> None:
        """Stop listening, hang up on everybody and join all threads."""
        with contextlib.suppress(OSError):  # not connected, which a listener never is
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._accepting.is_alive():
            self._accepting.join()
        for connection, thread in self._snapshot():
            connection.hang_up()
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def mount(self, name: str) -> Mount | None:
        return self._mounts.get(name)

    def mounts(self) -> tuple[Mount, ...]:
        return tuple(self._mounts.values())

    def epoch_s(self) -> float:
        """When the first client began to play; all mounts' timelines start there."""
        with self._lock:
            if self._epoch_s is None:
                self._epoch_s = time.monotonic()
            return self._epoch_s

    def watchers(self, name: str) -> int:
        """How many connections have asked for the mount and are still open."""
        return sum(c.mount is self._mounts[name] for c, _ in self._snapshot())

    def freeze(self, name: str) -> None:
        """Stop sending without closing."""
        self._mounts[name].break_with(frozen=True)

    def drop(self, name: str) -> None:
        """Close the mount's connections; the clients may come back."""
        wanted = self._mounts[name]
        for connection, _ in self._snapshot():
            if connection.mount is wanted:
                connection.hang_up()

    def refuse(self, name: str) -> None:
        """Close the connections, and every new one that asks for the mount."""
        self._mounts[name].break_with(refusing=True)
        self.drop(name)

    def lose(self, name: str, share: float) -> None:
        """Leave out this share, [0, 1], of the RTP packets."""
        self._mounts[name].break_with(lost=share)

    def garble(self, name: str, share: float) -> None:
        """Replace this share, [0, 1], of the payload bytes."""
        self._mounts[name].break_with(garbled=share)

    def lag(self, name: str, lag_s: float) -> None:
        """Send everything this much later."""
        self._mounts[name].break_with(lag_s=lag_s)

    def switch(self, name: str, clip: Path) -> None:
        """Serve another clip from now on, within the running sessions."""
        self._mounts[name].switch(load_clip(clip), time.monotonic())

    def resume(self, name: str) -> None:
        """End every fault."""
        self._mounts[name].resume()

    def _snapshot(self) -> list[tuple[Connection, threading.Thread]]:
        with self._lock:
            return list(self._connections.items())

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            connection = Connection(client, self)
            thread = threading.Thread(target=self._serve, args=(connection,), name="rtsp-serve")
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._lock:
                self._connections.pop(connection, None)
