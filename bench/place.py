"""A site to measure on this machine: cameras of our own RTSP server, a real broker, the daemon.

Each is a process of its own, as in a warehouse. Nothing here measures.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psutil

from bondwatch.demo.broker import broker
from bondwatch.demo.children import Child
from bondwatch.demo.photo import PhotoUnusableError
from bondwatch.demo.scenery import ZONE
from bondwatch.demo.show import check_ready
from bondwatch.demo.site import PACK
from bondwatch.demo.staff import GROUP, enrol_staff
from bondwatch.failures import CommandError, Status, told
from enrolment.key_rotation import init_keys
from models.errors import ModelError
from models.loading import ModelLoader, pack_names
from models.store import standard_store
from vision.config_reader import read_settings

ROOT: Final = Path(__file__).resolve().parents[1]
_END_WITHIN_S: Final = 20.0

Polygon = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a camera sees of the zones: polygons by zone id, and who may be in any of them."""

    polygons: Mapping[str, Polygon]
    groups: tuple[str, ...] = (GROUP,)
    verify_within_s: int = 10


BONDED: Final = Watched({"bonded": ZONE})


@dataclass(frozen=True, slots=True)
class Place:
    """What runs beside the daemon. Every camera shows its clip again and again."""

    folder: Path
    clips: Mapping[str, Path]
    rtsp_port: int
    control_port: int
    broker_port: int

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def control(self, command: str) -> str:
        """Tell the RTSP server something, for instance ``drop cam1``; its answer."""
        address = ("127.0.0.1", self.control_port)
        with socket.create_connection(address, timeout=5) as line, line.makefile("rw") as text:
            text.write(command + "\n")
            text.flush()
            return text.readline().strip()

    def configure(self, watched: Watched = BONDED, broker_port: int | None = None) -> Path:
        """Write the daemon's configuration; each camera has zones of its own."""
        zones, cameras = [], []
        for camera in self.clips:
            views = []
            for name, polygon in watched.polygons.items():
                zone = f"{camera}-{name}"
                zones.append(_zone(zone, watched))
                views.append(
                    {"zone": zone, "counts": True, "polygon": [list(xy) for xy in polygon]}
                )
            url = f"rtsp://127.0.0.1:{self.rtsp_port}/{camera}"
            cameras.append({"id": camera, "url": url, "analyses_per_s": 5, "views": views})
        return self._write(zones, cameras, broker_port or self.broker_port)

    def _write(
        self, zones: list[dict[str, Any]], cameras: list[dict[str, Any]], broker_port: int
    ) -> Path:
        path = self.folder / "config.yaml"
        document = {
            "site": {"id": "bench", "time_zone": "UTC"},
            "data_dir": str(self.folder / "data"),
            "mqtt": {"host": "127.0.0.1", "port": broker_port},
            "models": {"pack": PACK},
            "logs": {"directory": str(self.logs), "level": "debug"},
            "groups": [GROUP],
            "zones": zones,
            "cameras": cameras,
        }
        path.write_text(json.dumps(document, indent=1))  # JSON's syntax is YAML's too
        return path


def measured(measurement: Callable[[], int]) -> int:
    """Run a measurement; its exit status. What it lacks is told in one line, as by `bondwatch`."""
    try:
        check_ready()
        return measurement()
    except (CommandError, ModelError) as error:
        return told(error)
    except PhotoUnusableError as error:
        return told(CommandError(str(error), "then try again", Status.MISSING))


def _zone(zone: str, watched: Watched) -> dict[str, Any]:
    permits = [{"groups": list(watched.groups)}] if watched.groups else []
    return {"id": zone, "permits": permits, "verify_within_s": watched.verify_within_s}


@contextmanager
def place(clips: Mapping[str, Path]) -> Iterator[Place]:
    """Servers for these cameras, and a register with the people of the clips' staff in it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bondwatch-bench-")))
        command = [sys.executable, "-m", "bondwatch.rtsp_server", "--print-port"]
        command += ["--control-port", "0"]
        for name, clip in clips.items():
            command += ["--mount", f"{name}={clip}"]
        log = folder / "rtsp-server.log"
        rtsp = stack.enter_context(Child("the RTSP server", command, log, talks=True))
        ports = json.loads(rtsp.first_line())
        running = stack.enter_context(broker(folder))
        made = Place(folder, clips, ports["port"], ports["control_port"], running.port)
        _enrol(made)
        yield made


def _enrol(made: Place) -> None:
    register = read_settings(made.configure()).register_place
    if register.keys is not None:
        init_keys(register.keys)
    loader, names = ModelLoader(standard_store()), pack_names(PACK)
    face_detector = loader.face_detector(names.face_detector)
    embedder = loader.embedder(names.embedder)
    with tempfile.TemporaryDirectory() as photos:
        for _ in enrol_staff(register, Path(photos), face_detector, embedder):
            pass


class Daemon:
    """``bondwatch run`` and all its children; ``with`` starts and ends it."""

    def __init__(self, configuration: Path) -> None:
        self._configuration = configuration
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        log = self._configuration.with_name("daemon.log")
        command = [sys.executable, "-m", "bondwatch", "run", "--config", str(self._configuration)]
        with log.open("ab") as stream:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program, no shell
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=stream, start_new_session=True
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()  # its children see the end of their pipes, and end
            process.wait()

    def processes(self) -> dict[str, psutil.Process]:
        """The daemon's processes by what they are: ``supervisor``, ``publisher``, ``w1``, ...

        RuntimeError where the daemon has ended by itself.
        """
        process = self._running()
        if process.poll() is not None:
            raise RuntimeError(f"the daemon ended with status {process.returncode}")
        supervisor = psutil.Process(process.pid)
        found = {"supervisor": supervisor}
        for child in supervisor.children(recursive=True):
            found[_role(child)] = child
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the daemon has not been started")
        return self._process


def _role(child: psutil.Process) -> str:
    words = child.cmdline()
    if "--worker" in words:
        return words[words.index("--worker") + 1]
    roles = {"publisher": "publisher", "ledger-writer": "ledger"}
    return next((roles[word] for word in words if word in roles), f"process {child.pid}")
