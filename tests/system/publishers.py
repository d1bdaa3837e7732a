"""The publisher as tests run it: in a thread that is joined, or as a process that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vision.outputs.ordered_lane import RefusalPolicy
from vision.outputs.publishing import run_publisher
from vision.settings import CameraSettings, ModelSettings, MqttSettings, Settings, ZoneSettings

REPOSITORY = Path(__file__).parents[2]


def settings(data_dir: Path, port: int, **mqtt: Any) -> Settings:
    """A site called ``hall`` without cameras, and its broker."""
    return Settings(
        site_id="hall",
        time_zone="UTC",
        data_dir=data_dir,
        mqtt=MqttSettings(**({"port": port, "heartbeat_s": 1.0} | mqtt)),
        models=ModelSettings("detector", "face_detector", "embedder"),
        zones=(ZoneSettings("dock", "Dock", ()),),
        cameras=(CameraSettings("cam1", "rtsp://camera.invalid/"),),
    )


@contextmanager
def running(
    wanted: Settings, refusals: RefusalPolicy | None = None
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """A publisher in a thread of this process; what it logs is yielded."""
    stop = threading.Event()
    logged: list[tuple[str, dict[str, Any]]] = []

    def log(event: str, **facts: Any) -> None:
        logged.append((event, facts))

    thread = threading.Thread(
        target=run_publisher,
        args=(wanted, stop, log),
        kwargs={} if refusals is None else {"refusals": refusals},
    )
    thread.start()
    try:
        yield logged
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


class PublisherProcess:
    """A publisher as a process of its own."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self._arguments = [str(data_dir), str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it connects when it can."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.publishers", *self._arguments],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        )

    def kill(self) -> None:
        """End it without a chance to do anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in good order; its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        return process.wait(20)


def _log(event: str, **facts: Any) -> None:
    sys.stderr.write(json.dumps({"at": time.time(), "event": event, **facts}) + "\n")


def _main(data_dir: str, port: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_publisher(settings(Path(data_dir), int(port)), stop, _log)


if __name__ == "__main__":
    _main(*sys.argv[1:])
