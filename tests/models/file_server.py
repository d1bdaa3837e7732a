"""An HTTP server on this machine that serves one content, well or badly."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Serves ``content``; remembers the ranges and the paths asked for.

    ``break_after``: bytes after which each connection is dropped. ``knows_ranges``: false for a
    server that always begins at the beginning. ``status``: what it says instead of the content.
    ``shift``: how far from the place asked for it begins.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.content = content
        self.ranges: list[str | None] = []
        self.paths: list[str] = []
        self.break_after: int | None = None
        self.knows_ranges = True
        self.status: int | None = None
        self.shift = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/face.onnx"


class _Answer(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        self.server.paths.append(self.path)
        if self.server.status is not None:
            self.send_error(self.server.status)
            return
        start = self._start(asked)
        rest = self.server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            end = len(self.server.content)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.break_after])

    def _start(self, asked: str | None) -> int:
        if asked is None or not self.server.knows_ranges:
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-")) + self.server.shift

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def serving(content: bytes) -> Iterator[FileServer]:
    """A running server; it has ended when the block is left."""
    running = FileServer(content)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield running
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
