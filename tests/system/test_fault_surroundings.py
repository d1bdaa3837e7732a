"""What surrounds the daemon fails: the clock jumps, the broker refuses what it is sent.

Rows of the table of faults: "clock jumps" (ages stay right, the jump is recorded) and "broker
refuses a message" (retried, dead-lettered, told, and the line goes on).

Nobody may set this machine's clock, so the daemon's is another: every process of it starts with
a ``sitecustomize`` that adds to ``time.time`` what stands in a file. The monotonic clock, the
streams and the broker stay as they are, as when a real clock is set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.system.console import Console
from tests.system.faulty_site import at, faulty_site, log_lines, told, wait_ready, wait_told
from tests.system.site import Site, eventually, listening
from vision.outputs.ordered_lane import RefusalPolicy

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

HOUR_S = 3600.0
CLOCK = """
import os, pathlib, time

real, offset = time.time, pathlib.Path(os.environ["SITE_CLOCK_OFFSET"])
time.time = lambda: real() + float(offset.read_text())
"""


@dataclass(frozen=True)
class Surroundings:
    """A running site, its console, and the file that says how wrong its clock is."""

    place: Site
    console: Console
    offset: Path

    def set_clock(self, offset_s: float) -> None:
        """Let the wall clock be wrong by so much from now on."""
        new = self.offset.with_suffix(".new")
        new.write_text(str(offset_s))
        new.replace(self.offset)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A camera that sees nobody, and a daemon whose clock can be set."""
    folder = tmp_path_factory.mktemp("surroundings")
    (folder / "sitecustomize.py").write_text(CLOCK)
    with ExitStack() as stack:
        place = stack.enter_context(faulty_site(folder, {"eye": make_clip(fps=5)}))
        path = os.pathsep.join([str(folder), place.environment.get("PYTHONPATH", "")])
        place.environment |= {"PYTHONPATH": path, "SITE_CLOCK_OFFSET": str(folder / "offset")}
        console = stack.enter_context(listening(place))
        found = Surroundings(place, console, folder / "offset")
        found.set_clock(0.0)
        place.start()
        wait_ready(place)
        console.wait_for(lambda: any(s["online"] for s in console.of("camera/eye/state")))
        yield found


def test_clock_jumps(surroundings: Surroundings) -> None:
    """A jump is told with its size and way; nobody's age changes, so no camera is called late."""
    console = surroundings.console
    console.wait_for(lambda: len(console.of("heartbeat")) > 2)
    surroundings.set_clock(HOUR_S)
    forward = wait_told(console, reason="clock_jumped_forward")
    beats = len(console.of("heartbeat"))
    console.wait_for(lambda: len(console.of("heartbeat")) > beats + 3)
    surroundings.set_clock(0.0)
    back = wait_told(console, reason="clock_jumped_back")
    console.wait_for(lambda: len(console.of("heartbeat")) > beats + 7)

    assert abs(float(forward["detail"]["jump_s"]) - HOUR_S) < 2
    assert abs(float(back["detail"]["jump_s"]) + HOUR_S) < 2
    assert back["alarm_id"] == forward["alarm_id"]
    assert at(forward) - at(back) > HOUR_S - 60
    assert told(console, camera="eye") == []
    ages = [beat["oldest_beat_age_s"] for beat in console.of("heartbeat")]
    assert max(age for age in ages if age is not None) < 60


def test_after_a_jump(surroundings: Surroundings) -> None:
    """A camera that fails afterwards is offline as soon as ever; its recovery is told too."""
    place, console = surroundings.place, surroundings.console
    surroundings.set_clock(-HOUR_S)
    eventually(lambda: len(told(console, reason="clock_jumped_back")) > 1)
    place.rtsp.freeze("eye")
    offline = wait_told(console, kind="camera_offline", camera="eye")
    place.rtsp.resume("eye")
    wait_told(console, alarm_id=offline["alarm_id"], change="cleared")
    surroundings.set_clock(0.0)


def states(console: Console) -> list[dict[str, Any]]:
    """The alarms as their retained topics tell them."""
    heard = [h.message for h in list(console.heard) if h.name.endswith("/state") and h.message]
    return [message for message in heard if "alarm_id" in message]


def test_broker_refuses(surroundings: Surroundings, tmp_path: Path) -> None:
    """What the broker refuses is put aside in time and told; other topics go on."""
    place, console = surroundings.place, surroundings.console
    acl = tmp_path / "acl"
    may = "".join(f"topic write {console.root}{t}\n" for t in ("status", "heartbeat"))
    states_too = f"topic write {console.root}alarm/+/state\ntopic write {console.root}camera/#\n"
    acl.write_text(f"topic read #\n{may}{states_too}")
    place.broker.kill()
    place.broker.start("allow_anonymous true", f"acl_file {acl}")
    place.rtsp.freeze("eye")

    def is_told() -> list[dict[str, Any]]:
        return [s for s in states(console) if s["reason"] == "broker_refuses_messages"]

    degraded = console.wait_for(is_told)[0]
    console.wait_for(lambda: console.of("heartbeat")[-1]["dead_letters"] > 0)
    assert degraded["detail"] == {"topic": "alarm", "broker": "0x87"}
    refused = log_lines(place, "message_refused", topic="alarm")
    assert [line["dead"] for line in refused].index(True) == RefusalPolicy().tries - 1
    assert {s["kind"] for s in states(console)} >= {"camera_offline"}

    place.broker.kill()
    place.broker.start("allow_anonymous true")
    place.rtsp.resume("eye")
    wait_told(console, alarm_id=degraded["alarm_id"], change="cleared")
    assert place.stop() == 0


def test_the_promised_time() -> None:
    """A message that is refused is put aside within 60 s."""
    policy = RefusalPolicy()
    assert sum(policy.wait_s(n) for n in range(1, policy.tries)) < 60


def test_nothing_of_it_is_in_the_log(surroundings: Surroundings) -> None:
    """Every line of the daemon's log is one JSON object: no traceback, no stray print."""
    lines = surroundings.place.log.read_text().splitlines()

    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []
