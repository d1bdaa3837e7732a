"""A whole site on this machine: a camera, a broker, a console, a register, and the daemon.

The RTSP server asks for a password, the broker is a real Mosquitto, and the daemon is
``bondwatch run`` as a process of its own. Every message that the console hears is held against
the contract, and no line that the daemon writes may hold the camera's password.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from tests.system.broker import Broker
from tests.system.console import Console

ROOT = Path(__file__).parents[2]
USER = "watch man"
PASSWORD = "s3cret/w@rd#%"  # noqa: S105 -- made up; every character that a URL could trip over
WHOLE_PICTURE = [[0, 0], [1, 0], [1, 1], [0, 1]]
PATIENCE_S = 40.0


def stage_config(broker_port: int, url: str) -> dict[str, Any]:
    """A site with one camera whose whole picture is a zone, and quick time-outs."""
    camera = {
        "id": "cam1",
        "url": url,
        "username": {"env": "SITE_CAMERA_USER"},
        "password": {"env": "SITE_CAMERA_PASSWORD"},
        "connect_timeout_s": 3,
        "read_timeout_s": 1,
        "offline_after_s": 3,
        "views": [{"zone": "stage", "polygon": WHOLE_PICTURE, "counts": True}],
    }
    zone = {"id": "stage", "name": "Stage", "verify_within_s": 5, "permits": [{"groups": ["cast"]}]}
    return {
        "site": {"id": "hall", "time_zone": "UTC"},
        "data_dir": "data",
        "mqtt": {"host": "127.0.0.1", "port": broker_port, "heartbeat_s": 1},
        "models": {"pack": "embedded"},
        "groups": ["cast"],
        "register": {"two_person_rule": False},
        "zones": [zone],
        "cameras": [camera],
    }


class Site:
    """One site in a folder; use it through ``site``."""

    def __init__(self, folder: Path, rtsp: RtspServer, broker: Broker) -> None:
        self.folder = folder
        self.rtsp = rtsp
        self.broker = broker
        self.config = folder / "config.yaml"
        self.log = folder / "daemon.log"
        self.settings = stage_config(broker.port, rtsp.url("cam1"))
        self.daemon: subprocess.Popen[bytes] | None = None
        self.environment = os.environ | {
            "SITE_CAMERA_USER": USER,
            "SITE_CAMERA_PASSWORD": PASSWORD,
        }

    def write_config(self) -> None:
        """Write the settings as they are now."""
        with self.config.open("w") as file:
            YAML().dump(self.settings, file)

    def command(self, *arguments: str) -> str:
        """Run a command of the front door; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "bondwatch", *arguments, "--config", str(self.config)],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make_keys(self) -> None:
        """Make the site's keys, once."""
        if not (self.folder / "keys").exists():
            self.command("keys", "init")

    def enrol(self, name: str, photo: Path) -> None:
        """Enrol somebody into the permitted group; the first needs keys."""
        self.make_keys()
        self.command("enrol", "add", name, "--photo", str(photo), "--group", "cast")

    def start(self, *, within: tuple[str, ...] = ()) -> None:
        """Start the daemon; ``within``: a command to run it inside of."""
        command = [*within, sys.executable, "-m", "bondwatch", "run", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.daemon = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=log)

    def stop(self) -> int:
        """End the daemon as an operator would; its exit status."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGTERM)
        try:
            return self.daemon.wait(PATIENCE_S)
        finally:
            self.daemon = None

    def tear_down(self) -> None:
        """Leave nothing behind, and hold the log against the password."""
        if self.daemon is not None and self.daemon.poll() is None:
            self.stop()
        said = self.log.read_text() if self.log.exists() else ""
        assert PASSWORD not in said
        assert "rtsp://watch" not in said


@contextmanager
def site(folder: Path, clip: Path) -> Iterator[Site]:
    """A site whose camera shows a clip again and again; the daemon is not started yet."""
    with ExitStack() as stack:
        mount = Mount("cam1", load_clip(clip))
        rtsp = stack.enter_context(RtspServer([mount], Credentials(USER, PASSWORD, "digest")))
        broker = Broker.make(folder / "broker").start()
        stack.callback(broker.kill)
        place = Site(folder, rtsp, broker)
        stack.callback(place.tear_down)
        place.write_config()
        yield place


@contextmanager
def listening(place: Site) -> Iterator[Console]:
    """A console at the site's broker."""
    with Console(place.broker.port) as console:
        yield console


def eventually(condition: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    """Poll until the condition holds; its value is returned."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
    return value
