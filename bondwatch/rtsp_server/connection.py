"""One client's RTSP connection: requests in, answers and interleaved packets out.

Two threads a connection: this one reads requests, a second one plays. Both end when the
socket is shut down.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import threading
from typing import Protocol

from bondwatch.rtsp_server.auth import Credentials, Gatekeeper
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.player import Player
from bondwatch.rtsp_server.wire import (
    Request,
    answer,
    describe,
    interleaved_channels,
    parse_request,
)

_SEND_TIMEOUT_S = 5
_MAX_HEAD_BYTES = 16_384
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"


class Host(Protocol):
    """What a connection needs of its server."""

    credentials: Credentials | None

    def mount(self, name: str) -> Mount | None: ...

    def epoch_s(self) -> float: ...


class Connection:
    """Serves one accepted socket; ``run`` returns when the client or the server ends it."""

    def __init__(self, client: socket.socket, host: Host) -> None:
        self._client = client
        self._host = host
        self._gatekeeper = Gatekeeper(host.credentials)
        self._session_id = secrets.token_hex(8)
        self._channels: tuple[int, int] | None = None
        self._sending = threading.Lock()
        self._player: Player | None = None
        self._playing: threading.Thread | None = None
        self.mount: Mount | None = None

    def run(self) -> None:
        """Answer requests until the connection ends."""
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self._client.makefile("rb") as stream:
                while (head := read_head(stream)) is not None:
                    if not self._handle(head):
                        break
        except (OSError, ValueError):
            self.hang_up()  # the client went away or talks something else: nothing to answer
        finally:
            self._stop_playing()
            self._client.close()

    def hang_up(self) -> None:
        """End the connection from any thread."""
        if self._player is not None:
            self._player.stopping.set()
        with contextlib.suppress(OSError):  # already gone is what is wanted
            self._client.shutdown(socket.SHUT_RDWR)

    def _handle(self, head: str) -> bool:
        """Answer one request; False where the connection is to end."""
        request = parse_request(head)
        self.mount = self._host.mount(request.mount_name) or self.mount
        if self.mount is not None and self.mount.faults.refusing:
            return False
        if request.method == "OPTIONS":
            self._reply(request, 200, {"Public": _METHODS})
        elif not self._gatekeeper.admits(request):
            self._reply(request, 401, self._gatekeeper.challenge())
        elif self.mount is None or self._host.mount(request.mount_name) is None:
            self._reply(request, 404)
        else:
            self._serve(request, self.mount)
        return request.method != "TEARDOWN"

    def _serve(self, request: Request, mount: Mount) -> None:
        session = {"Session": f"{self._session_id};timeout=60"}
        match request.method:
            case "DESCRIBE":
                described = {"Content-Type": "application/sdp", "Content-Base": request.url + "/"}
                self._reply(request, 200, described, describe(mount.clip))
            case "SETUP":
                self._set_up(request, session)
            case "PLAY" if self._channels is not None:
                self._reply(request, 200, session | {"Range": "npt=0.000-"})
                self._start_playing(mount, self._channels)
            case "TEARDOWN" | "GET_PARAMETER":
                self._reply(request, 200, session)
            case _:
                self._reply(request, 454 if request.method == "PLAY" else 405)

    def _set_up(self, request: Request, session: dict[str, str]) -> None:
        self._channels = interleaved_channels(request.headers.get("transport", ""))
        if self._channels is None:
            self._reply(request, 461)
            return
        rtp, rtcp = self._channels
        transport = f"RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}"
        self._reply(request, 200, session | {"Transport": transport})

    def _reply(
        self, request: Request, code: int, headers: dict[str, str] | None = None, body: str = ""
    ) -> None:
        self._send(answer(request, code, headers, body))

    def _send(self, data: bytes) -> None:
        """Write whole messages only; a client that takes nothing for long is given up."""
        with self._sending:
            view = memoryview(data)
            while view:
                if self._player is not None and self._player.stopping.is_set():
                    raise ConnectionAbortedError
                view = view[self._client.send(view) :]

    def _start_playing(self, mount: Mount, channels: tuple[int, int]) -> None:
        if self._playing is not None:
            return
        # Only sending may time out; reading waits for requests that may never come.
        timeval = struct.pack("@ll", _SEND_TIMEOUT_S, 0)
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        self._player = Player(mount, self._host.epoch_s(), channels, self._send)
        self._playing = threading.Thread(target=self._play, args=(self._player,), name="rtsp-play")
        self._playing.start()

    def _play(self, player: Player) -> None:
        try:
            player.run()
        except OSError:
            self.hang_up()  # the client is gone; the reading thread ends with it

    def _stop_playing(self) -> None:
        if self._player is not None and self._playing is not None:
            self._player.stopping.set()
            self._playing.join()


class Readable(Protocol):
    """The part of a binary file that reading requests needs."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


def read_head(stream: Readable) -> str | None:
    """The next request's head; None at the end. Interleaved packets of the client are skipped.

    Raises ValueError where the head is too long to be one.
    """
    while (first := stream.read(1)) == b"$":
        size = int.from_bytes(stream.read(3)[1:], "big")
        stream.read(size)
    if not first:
        return None
    head = first
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(_MAX_HEAD_BYTES)
        if not line:
            return None
        head += line
        if len(head) > _MAX_HEAD_BYTES:
            raise ValueError("a request head without an end")
    return head[:-4].decode()
