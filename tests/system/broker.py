"""A real Mosquitto on a free port of the loopback, with its own configuration and data."""

from __future__ import annotations

import getpass
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_S = 20.0
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Broker:
    """Mosquitto; ``more`` are further lines of its configuration."""

    folder: Path
    port: int
    more: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls, folder: Path, *more: str) -> Broker:
        """A broker that is not running yet; skips the test where Mosquitto is missing."""
        if MOSQUITTO is None:
            pytest.skip("mosquitto is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, free_port(), more)

    def start(self, *more: str) -> Broker:
        """Start it and wait until it listens; ``more`` replaces the further lines."""
        if more:
            self.more = more
        lines = [
            f"user {getpass.getuser()}",
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "max_queued_messages 1000000",
            "set_tcp_nodelay true",
            f"log_dest file {self.folder / 'mosquitto.log'}",
            *(self.more or ("allow_anonymous true",)),
        ]
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen([str(MOSQUITTO), "-c", str(config)])
        deadline = time.monotonic() + DEADLINE_S
        while not self._listens():
            assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End it without a chance to save anything."""
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Let it read its access list anew; connections stay."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def save(self) -> None:
        """Let it save sessions and retained messages now."""
        saved = self.folder / "mosquitto.db"
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        assert self.process is not None
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + DEADLINE_S
        while not saved.exists() or saved.stat().st_mtime_ns == before:
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def wipe(self) -> None:
        """Forget everything that was saved, sessions and retained messages."""
        (self.folder / "mosquitto.db").unlink(missing_ok=True)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(DEADLINE_S)
            self.process = None
