"""Child processes of the demo: started, watched and ended, each by its own process id.

They run in sessions of their own, so that Ctrl-C reaches the demo alone and it can end them
in order.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from bondwatch.failures import CommandError

_END_WITHIN_S: Final = 10.0
_POLL_EVERY_S: Final = 0.05


class Child:
    """One process; its output goes to a log file. A context manager that ends it.

    ``talks``: standard output is for `first_line` instead of the log.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        *,
        talks: bool = False,
    ) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as stream:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                command,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else stream,
                stderr=stream,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Ask the process to end, and end it where it does not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def check(self) -> None:
        """Raise CommandError where the process has ended by itself."""
        status = self._process.poll()
        if status is not None:
            raise self._failure(f"ended with status {status}")

    def first_line(self) -> bytes:
        """What the process prints first; waits for it. CommandError where it ends instead."""
        stream: IO[bytes] | None = self._process.stdout
        line = stream.readline() if stream is not None else b""
        if not line:
            self._process.wait()
            self.check()
        return line

    def wait_until(self, ready: Callable[[], bool], within_s: float) -> None:
        """Poll until something is so. CommandError where the process ends or time runs out."""
        deadline = time.monotonic() + within_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready within {within_s:.0f} s")
            time.sleep(_POLL_EVERY_S)

    def _failure(self, what: str) -> CommandError:
        lines = self._log.read_text(errors="replace").splitlines()
        said = f", its last words: {lines[-1]}" if lines else ""
        return CommandError(
            f"{self.name} {what}{said}", f"run it with --keep DIR and read DIR/{self._log.name}"
        )


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody accepts connections on a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
