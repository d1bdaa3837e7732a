"""A worker as its supervisor has it: a real process, driven over its stdin and stdout.

The camera is our RTSP server with digest authentication. No line that the process writes may
hold the camera's password.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import av
from ruamel.yaml import YAML

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from tests.vision.waiting import eventually
from vision.child_protocol import (
    Assign,
    Lines,
    Order,
    Report,
    Stop,
    encode,
    parse_report,
)
from vision.config_reader import read_settings
from vision.outputs.journal import Journal
from vision.settings import Settings

ROOT = Path(__file__).parents[2]
USER = "watch man"
PASSWORD = "p@ss/wo?rd#%&"  # noqa: S105 -- made up; every character that a URL could trip over
WHOLE_PICTURE = [[0, 0], [1, 0], [1, 1], [0, 1]]


def configuration(url: str) -> dict[str, Any]:
    """One camera whose whole picture is a zone, and little patience."""
    camera = {
        "id": "cam1",
        "url": url,
        "username": {"env": "WORKER_CAMERA_USER"},
        "password": {"env": "WORKER_CAMERA_PASSWORD"},
        "connect_timeout_s": 2,
        "read_timeout_s": 0.5,
        "offline_after_s": 2,
        "lag_limit_s": 0.5,
        "views": [{"zone": "stage", "polygon": WHOLE_PICTURE, "counts": True}],
    }
    zone = {"id": "stage", "name": "Stage", "verify_within_s": 2, "permits": [{"groups": ["cast"]}]}
    return {
        "site": {"id": "hall", "time_zone": "UTC"},
        "data_dir": "data",
        "models": {"pack": "embedded"},
        "groups": ["cast"],
        "zones": [zone],
        "cameras": [camera],
    }


class WorkerProcess:
    """The process and what it has reported."""

    def __init__(self, config: Path, log: Path, environment: dict[str, str]) -> None:
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bondwatch",
                "worker",
                "--config",
                str(config),
                "--worker",
                "w1",
            ],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self._lines = Lines()
        self.said = b""
        self._reports: list[Report | None] = []

    def send(self, order: Order) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(encode(order))

    def reports(self) -> list[Report | None]:
        """Everything it has reported until now; None for a line that is no report."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while selector.select(0) and (data := self.process.stdout.read(65536)):
                self.said += data
                self._reports += map(parse_report, self._lines.feed(data))
        return self._reports

    def wait_for(self, report: Report) -> None:
        """Until it has reported that."""
        eventually(lambda: report in self.reports() or self._ended())
        assert report in self._reports

    def stop(self) -> int:
        """End it as the supervisor does; its exit status."""
        self.send(Stop())
        return self.process.wait(20)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20)
        self.reports()
        for pipe in (self.process.stdin, self.process.stdout, self._log):
            assert pipe is not None
            pipe.close()

    def _ended(self) -> bool:
        return self.process.poll() is not None


class Place:
    """A camera, a configuration, a journal, and workers in turn; use it through ``place``."""

    def __init__(self, folder: Path, rtsp: RtspServer, stack: ExitStack) -> None:
        self.folder = folder
        self.rtsp = rtsp
        self.config = folder / "config.yaml"
        self.log = folder / "log"
        self.facts = configuration(rtsp.url("cam1"))
        self.environment = os.environ | {
            "WORKER_CAMERA_USER": USER,
            "WORKER_CAMERA_PASSWORD": PASSWORD,
            "PYTHONPATH": str(ROOT),
        }
        self._stack = stack
        self._workers: list[WorkerProcess] = []
        stack.callback(self._hold_against_secrets)

    @property
    def camera(self) -> dict[str, Any]:
        return self.facts["cameras"][0]

    @property
    def settings(self) -> Settings:
        return read_settings(self.config)

    @property
    def journal(self) -> Journal:
        """The site's journal, opened anew; closed with the place."""
        return self._stack.enter_context(closing(Journal.open(self.settings.journal_path)))

    def write_config(self) -> None:
        with self.config.open("w") as file:
            YAML().dump(self.facts, file)

    def start(self) -> WorkerProcess:
        """A worker that has been told its camera."""
        self.write_config()
        worker = WorkerProcess(self.config, self.log, self.environment)
        self._workers.append(worker)
        self._stack.callback(worker.close)
        worker.send(Assign(("cam1",)))
        return worker

    def _hold_against_secrets(self) -> None:
        said = self.log.read_bytes() if self.log.exists() else b""
        said += b"".join(worker.said for worker in self._workers)
        assert PASSWORD.encode() not in said
        assert b"rtsp://watch" not in said


def cut(clip: Path, span_s: tuple[float, float], into: Path) -> Path:
    """The whole groups of pictures that begin within a span of a clip, as a clip."""
    with av.open(str(clip)) as source, av.open(str(into), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        inside, shift = False, None
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            if packet.is_keyframe:
                inside = span_s[0] <= float(packet.pts * stream.time_base) < span_s[1]
            if inside:
                shift = packet.dts if shift is None else shift
                packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, copy
                target.mux(packet)
    return into


@contextmanager
def place(folder: Path, clip: Path) -> Iterator[Place]:
    """A camera that shows a clip again and again; no worker yet."""
    with ExitStack() as stack:
        mount = Mount("cam1", load_clip(clip))
        rtsp = stack.enter_context(RtspServer([mount], Credentials(USER, PASSWORD, "digest")))
        yield Place(folder, rtsp, stack)
