"""Processes that die: workers, publisher, broker, and all of them at once.

Rows of the table of faults: "worker crashes or hangs", "publisher dies; broker down, restarted,
or emptied" and "host dies". One daemon with a worker for each of two cameras goes through all
of them; the one camera sees somebody who is not on the register, so that an alarm is open.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.system.console import Console
from tests.system.faulty_site import (
    MARGIN_S,
    at,
    faulty_site,
    payloads_by_revision,
    pid_of,
    told,
    wait_ready,
    wait_told,
)
from tests.system.site import Site, eventually, listening
from vision.outputs.journal import Journal
from vision.settings import MqttSettings
from vision.supervision.timings import DAEMON

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

HALL, YARD = "hall", "yard"


@dataclass(frozen=True)
class Watched:
    """A running site, its console, and the alarm about the stranger in the hall."""

    place: Site
    console: Console
    stranger: dict[str, Any]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, test_data: Path) -> Iterator[Watched]:
    """The hall shows a man who is not enrolled, the yard nobody; somebody else is enrolled."""
    stage = test_data / "media" / "stage-two-people.mp4"
    if not stage.is_file():
        pytest.skip(f"{stage} is missing")
    folder = tmp_path_factory.mktemp("processes")
    clips = {HALL: stage, YARD: make_clip(fps=5)}
    with ExitStack() as stack:
        place = stack.enter_context(faulty_site(folder, clips, analyses_per_s=3))
        place.settings["workers"] = 2
        place.settings["zones"][0]["verify_within_s"] = 2
        place.write_config()
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        console = stack.enter_context(listening(place))
        place.start()
        wait_ready(place, "w1", "w2", "publisher")
        yield Watched(place, console, wait_told(console, zone="stage"))


@dataclass(frozen=True)
class Lost:
    """Two workers were lost at ``at``: the hall's was killed, the yard's hangs."""

    watched: Watched
    at: float


@pytest.fixture(scope="module")
def lost(watched: Watched) -> Lost:
    """Both workers are lost at once."""
    os.kill(pid_of(watched.place, "w2"), signal.SIGSTOP)
    os.kill(pid_of(watched.place, "w1"), signal.SIGKILL)
    return Lost(watched, time.time())


@pytest.mark.parametrize(
    ("camera", "reason"), [(HALL, "worker_crashed"), (YARD, "worker_hung")], ids=["crash", "hang"]
)
def test_a_lost_worker(lost: Lost, camera: str, reason: str) -> None:
    """It is ``system_degraded``, its camera ``camera_offline``, within 10 s; then both are over."""
    console = lost.watched.console
    degraded = wait_told(console, kind="system_degraded", reason=reason)
    offline = wait_told(console, kind="camera_offline", camera=camera)

    assert degraded["change"] == offline["change"] == "raised"
    assert offline["reason"] == reason
    assert at(offline) - lost.at < 10 + MARGIN_S
    for alarm in (offline, degraded):
        wait_told(console, alarm_id=alarm["alarm_id"], change="cleared")


def test_the_alarm_of_a_lost_worker(lost: Lost) -> None:
    """What its worker had raised goes on under its id with the next worker, and is one alarm."""
    before, console = lost.watched.stranger, lost.watched.console
    gap = wait_told(console, kind="camera_offline", camera=HALL, change="cleared")

    def goes_on() -> list[dict[str, Any]]:
        same = told(console, alarm_id=before["alarm_id"])
        return [alarm for alarm in same if at(alarm, "written") > at(gap)]

    assert console.wait_for(goes_on)[0]["revision"] > before["revision"]


def test_the_promised_times() -> None:
    """A worker that hangs is missed, and a host that dies, within what the table promises."""
    assert DAEMON.hang_after_s + 2 * DAEMON.tick_s <= 10
    assert MqttSettings().heartbeat_s <= 10


def offline_and_back(watched: Watched) -> None:
    """Let the yard's camera fail and recover; both are committed when this returns."""
    journal = Journal.open(watched.place.folder / "data" / "journal.db")

    def is_open() -> bool:
        return any(alarm.kind == "camera_offline" for alarm in journal.open_alarms(YARD))

    eventually(lambda: not is_open())
    watched.place.rtsp.freeze(YARD)
    eventually(is_open)
    watched.place.rtsp.resume(YARD)
    eventually(lambda: not is_open())
    journal.close()


def committed(place: Site) -> list[bytes]:
    """Every revision of an alarm that was written down, in order."""
    journal = Journal.open(place.folder / "data" / "journal.db")
    rows = [row.payload.encode() for row in journal.tail() if row.topic == "alarm"]
    journal.close()
    return rows


def heard_in_order(console: Console) -> list[bytes]:
    """The revisions that arrived, each once, in the order in which they came first."""
    return list(dict.fromkeys(h.payload for h in list(console.heard) if h.name == "alarm"))


def test_broker_and_publisher_lost(watched: Watched) -> None:
    """Alarms of that time wait, then go out in order; a revision has one payload for ever."""
    place, console = watched.place, watched.console
    place.broker.save()
    place.broker.kill()
    first = pid_of(place, "publisher")
    os.kill(first, signal.SIGKILL)
    offline_and_back(watched)
    eventually(lambda: pid_of(place, "publisher") != first)
    os.kill(pid_of(place, "publisher"), signal.SIGKILL)
    place.broker.start()

    wait_told(console, kind="system_degraded", reason="publisher_crashed")
    eventually(lambda: set(committed(place)) <= set(heard_in_order(console)))
    assert heard_in_order(console)[: len(committed(place))] == committed(place)
    assert {len(payloads) for payloads in payloads_by_revision(console).values()} == {1}


def test_broker_emptied(watched: Watched) -> None:
    """Whoever asks an emptied broker is told what is open, who is there, and every camera."""
    place = watched.place
    place.broker.kill()
    place.broker.wipe()
    place.broker.start()

    with Console(place.broker.port, name="late") as late:
        wanted = {"status", f"camera/{HALL}/state", f"camera/{YARD}/state"}
        wanted.add(f"alarm/{watched.stranger['alarm_id']}/state")
        late.wait_for(lambda: wanted <= {heard.name for heard in late.heard})


def test_host_dead(watched: Watched) -> None:
    """Heartbeats came as often as promised and come no more; the last will says ``offline``."""
    place, console = watched.place, watched.console
    console.wait_for(lambda: len(console.of("heartbeat")) > 3)
    beats = console.of("heartbeat")
    processes = [pid_of(place, child) for child in ("w1", "w2", "publisher")]
    assert place.daemon is not None
    for pid in (place.daemon.pid, *processes):
        os.kill(pid, signal.SIGKILL)
    place.daemon.wait()

    console.wait_for(lambda: console.of("status")[-1]["status"] == "offline")
    steps = [at_of(later) - at_of(earlier) for earlier, later in pairwise(beats)]
    assert sorted(steps)[len(steps) // 2] < 1 + MARGIN_S


def at_of(heartbeat: dict[str, Any]) -> float:
    """When a heartbeat was sent."""
    return at({"times": {"wall": heartbeat["time"]}})


def test_after_the_host_died(watched: Watched) -> None:
    """A daemon that is started afterwards says ``online`` and takes up what was open."""
    place, console = watched.place, watched.console
    known = len(told(console, alarm_id=watched.stranger["alarm_id"]))
    if place.daemon is not None and place.daemon.poll() is not None:
        place.start()

    console.wait_for(lambda: console.of("status")[-1]["status"] == "online")
    console.wait_for(lambda: len(told(console, alarm_id=watched.stranger["alarm_id"])) > known)
    assert place.stop() == 0
