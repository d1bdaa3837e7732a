"""A disk that is full, and one that is slow: alarms go out all the same, and are kept later.

Row of the table of faults: "disk full or slow" becomes ``system_degraded``; alarms still go out.
The data directory is a small file system of its own that is made smaller while the daemon runs.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.system.console import Console
from tests.system.faulty_site import (
    OFFLINE_AFTER_S,
    at,
    faulty_site,
    log_lines,
    told,
    wait_ready,
    wait_told,
)
from tests.system.site import Site, eventually, listening
from tests.system.small_disk import SmallDisk, demand_mount
from vision.outputs.journal import Journal

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class OnDisk:
    """A running site, its console and its disk."""

    place: Site
    console: Console
    disk: SmallDisk

    @property
    def journal_path(self) -> Path:
        return self.disk.folder / "journal.db"


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnDisk]:
    """The daemon with its data on a small disk; two cameras that see nobody."""
    demand_mount()
    folder = tmp_path_factory.mktemp("disk")
    with ExitStack() as stack:
        disk = SmallDisk(folder / "data")
        stack.callback(disk.close)
        clips = dict.fromkeys(("full", "locked"), make_clip(fps=5))
        place = stack.enter_context(faulty_site(folder, clips, analyses_per_s=0.5))
        console = stack.enter_context(listening(place))
        place.start()
        wait_ready(place)
        for camera in clips:
            topic = f"camera/{camera}/state"
            console.wait_for(lambda topic=topic: any(s["online"] for s in console.of(topic)))
        yield OnDisk(place, console, disk)


def is_journalled(path: Path, alarm_id: str) -> bool:
    """Whether every revision of the alarm from the first on is in the journal."""
    with closing(Journal.open(path)) as journal:
        sent = [row.payload for row in journal.tail() if row.topic == "alarm"]
    revisions = [m["revision"] for m in map(json.loads, sent) if m["alarm_id"] == alarm_id]
    return sorted(revisions) == list(range(1, len(revisions) + 1)) and bool(revisions)


def undurable(console: Console, camera: str) -> dict[str, Any]:
    """Wait for a camera's alarm that was sent before it could be written down."""
    return wait_told(console, kind="camera_offline", camera=camera, durable=False)


def cleared_under_its_id(console: Console, alarm: dict[str, Any]) -> None:
    """Its end comes under the id of the alarm that went out, and is durable."""
    end = wait_told(console, alarm_id=alarm["alarm_id"], change="cleared")
    assert end["durable"] is True
    assert end["revision"] > alarm["revision"]


def test_disk_full(on_disk: OnDisk) -> None:
    """It is told; the ballast makes room for that; then alarms go out without being kept."""
    place, console, disk = on_disk.place, on_disk.console, on_disk.disk
    eventually(lambda: log_lines(place, "ballast_loaded"))
    disk.fill()
    degraded = wait_told(console, kind="system_degraded", reason="disk_full")
    eventually(lambda: log_lines(place, "ballast_dropped"))
    disk.fill()

    place.rtsp.freeze("full")
    alarm = undurable(console, "full")
    wait_told(console, kind="system_degraded", reason="journal_unwritable")
    assert at(alarm, "written") - at(alarm) < OFFLINE_AFTER_S + 10

    disk.make_room()
    place.rtsp.resume("full")
    cleared_under_its_id(console, alarm)
    eventually(lambda: is_journalled(on_disk.journal_path, alarm["alarm_id"]))
    wait_told(console, alarm_id=degraded["alarm_id"], change="cleared")
    console.wait_for(lambda: not still_open(console))


def still_open(console: Console) -> list[str]:
    """The reasons of alarms about the disk, the journal and cameras that nobody ended."""
    newest = {alarm["alarm_id"]: alarm for alarm in told(console)}
    about = ("disk", "journal")
    return [
        alarm["reason"]
        for alarm in newest.values()
        if alarm["state"] == "open"
        and (alarm["kind"] == "camera_offline" or alarm["reason"].startswith(about))
    ]


def test_journal_locked(on_disk: OnDisk) -> None:
    """An alarm that the journal does not take in time goes out without, and is kept later."""
    place, console = on_disk.place, on_disk.console
    with closing(sqlite3.connect(on_disk.journal_path, isolation_level=None)) as other:
        eventually(lambda: not still_open(console))
        other.execute("PRAGMA busy_timeout=5000")
        other.execute("BEGIN IMMEDIATE")
        place.rtsp.freeze("locked")
        alarm = undurable(console, "locked")
        console.wait_for(lambda: told(console, kind="system_degraded", durable=False))
        other.execute("ROLLBACK")

    place.rtsp.resume("locked")
    cleared_under_its_id(console, alarm)
    eventually(lambda: is_journalled(on_disk.journal_path, alarm["alarm_id"]))
    console.wait_for(lambda: not still_open(console))
    assert place.stop() == 0
