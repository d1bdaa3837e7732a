"""The control port: one command a line, one answer a line, for tests in other processes.

``freeze NAME``, ``drop NAME``, ``refuse NAME``, ``lose NAME PERCENT``, ``garble NAME PERCENT``,
``lag NAME SECONDS``, ``switch NAME PATH``, ``resume NAME``, ``watchers NAME``. Answers are
``ok``, ``ok NUMBER`` or ``error: TEXT``. It can open any file the process may read, so it
listens on 127.0.0.1 only.
"""

from __future__ import annotations

import socketserver
import threading
from pathlib import Path

from bondwatch.rtsp_server.clips import UnusableClipError
from bondwatch.rtsp_server.server import RtspServer


def obey(server: RtspServer, line: str) -> str:
    """Carry out one command and return its answer."""
    verb, _, rest = line.strip().partition(" ")
    name, _, argument = rest.partition(" ")
    if server.mount(name) is None:
        return f"error: no mount named {name!r}; there are {[m.name for m in server.mounts()]}"
    try:
        return _carry_out(server, verb, name, argument)
    except (ValueError, UnusableClipError) as error:
        return f"error: {error}"


def _carry_out(server: RtspServer, verb: str, name: str, argument: str) -> str:
    match verb:
        case "freeze" | "drop" | "refuse" | "resume":
            getattr(server, verb)(name)
        case "lose" | "garble":
            getattr(server, verb)(name, float(argument) / 100)
        case "lag":
            server.lag(name, float(argument))
        case "switch":
            server.switch(name, Path(argument))
        case "watchers":
            return f"ok {server.watchers(name)}"
        case _:
            return f"error: no command {verb!r}"
    return "ok"


class ControlPort:
    """Listens for commands in a thread of its own; ``close`` ends it."""

    def __init__(self, server: RtspServer, port: int = 0) -> None:
        class _Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                for line in self.rfile:
                    self.wfile.write(obey(server, line.decode()).encode() + b"\n")

        self._listener = socketserver.ThreadingTCPServer(("127.0.0.1", port), _Handler)
        self._listener.daemon_threads = True  # a controller that stays connected holds up nobody
        self._thread = threading.Thread(target=self._listener.serve_forever, name="rtsp-control")
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

    def close(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()
