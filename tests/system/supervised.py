"""A real supervisor with small children: what the tests of the supervisor start and look at.

The children are ``supervised_child.py``; what one does is read from a file at each start, so a
test can change it.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from vision.outputs.journal import Journal

ROOT = Path(__file__).parents[2]
MAIN = Path(__file__).with_name("supervised_main.py")
PATIENCE_S = 30.0

TIMINGS = {
    "tick_s": 0.05,
    "hang_after_s": 2.5,
    "steady_s": 0.3,
    "first_restart_s": 0.1,
    "longest_restart_s": 0.4,
    "clock_steady_s": 0.3,
}


def config(cameras, *, workers=2, port=1, site="test"):
    """A configuration that is right; nobody connects anywhere."""
    lines = [
        f"site: {{id: {site}, time_zone: Europe/Zurich}}",
        "data_dir: data",
        f"workers: {workers}",
        f"mqtt: {{port: {port}}}",
        "models: {pack: embedded}",
        "groups: [staff]",
        "zones: [{id: bond, name: Bond, permits: [{groups: [staff]}]}]",
        "cameras:",
    ]
    for camera in cameras:
        counts = "true" if camera == cameras[0] else "false"
        view = f"{{zone: bond, polygon: [[0, 0], [1, 0], [1, 1]], counts: {counts}}}"
        lines += [
            f"  - id: {camera}",
            f"    url: rtsp://127.0.0.1:1/{camera}",
            f"    views: [{view}]",
        ]
    return "\n".join(lines) + "\n"


class Daemon:
    """A supervisor of its own process, in a directory of its own; ended with the test."""

    def __init__(self, folder, cameras=("a", "b"), *, behaviour=None, environment=None, **timings):
        self.folder = folder
        self.log_path = folder / "log"
        for name in ("behaviour", "hang"):
            (folder / name).mkdir(exist_ok=True)
        if not (folder / "config.yaml").exists():
            self.configure(config(cameras))
        for name, does in (behaviour or {}).items():
            self.behave(name, does)
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        self._timings = {**TIMINGS, **timings}
        self.start()

    def start(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, MAIN, str(self.folder), json.dumps(self._timings)],
                stderr=log,
                env=self._environment,
            )

    def configure(self, text):
        (self.folder / "config.yaml").write_text(text)

    def behave(self, child, does):
        (self.folder / "behaviour" / child).write_text(does)

    def hang(self, child):
        (self.folder / "hang" / child).touch()

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its exit status after SIGTERM."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
        for pid in {note["pid"] for note in self.notes() if is_alive(note["pid"])}:
            os.kill(pid, signal.SIGKILL)

    def notes(self):
        """What the children have noted, in order."""
        path = self.folder / "notes"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def noted(self, child, event):
        return [note for note in self.notes() if (note["child"], note["event"]) == (child, event)]

    def log(self):
        """The events of the log."""
        lines = self.log_path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logged(self, event, **facts):
        found = [line for line in self.log() if line.get("event") == event]
        return [line for line in found if facts.items() <= line.items()]

    def alarms(self):
        """``{incident: (open?, newest reason)}`` from the journal."""
        path = self.folder / "data" / "journal.db"
        if not path.exists():
            return {}
        with closing(Journal.open(path)) as journal:
            records = reversed(journal.list_alarms(limit=1000))
            return {
                record.incident: (record.is_open, json.loads(record.payload)["reason"])
                for record in records
            }

    def wait_for_alarm(self, incident, *, is_open, reason):
        wait_until(lambda: self.alarms().get(incident) == (is_open, reason))

    def wait_ready(self, *children):
        for child in children:
            wait_until(lambda child=child: self.logged("child_ready", child=child))


def wait_until(true):
    """Poll until it is so."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline_s:
            raise AssertionError("it did not come to that in time")
        time.sleep(0.05)


def is_alive(pid):
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
