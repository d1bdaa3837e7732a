"""Cameras that fail: each fault is an alarm with its own reason, and is over when it is over.

Rows of the table of faults: "camera unreachable, wrong password, stops sending, sends garbage"
becomes ``camera_offline`` with the reason, and "feed older than the wall clock" becomes
``camera_lagging``. One daemon watches them all, beside a camera that has no fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from tests.clips import make_clip
from tests.system.broker import free_port
from tests.system.console import Console
from tests.system.faulty_site import (
    MARGIN_S,
    OFFLINE_AFTER_S,
    at,
    faulty_site,
    settings_of,
    told,
    wait_told,
)
from tests.system.site import PASSWORD, USER, Site, listening
from vision.settings import CameraSettings

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

REASONS = {
    "gone": "unreachable",
    "locked": "wrong_password",
    "frozen": "stopped_sending",
    "garbled": "garbage",
}
LAG_S = 2.0


@dataclass(frozen=True)
class Trouble:
    """A running site whose cameras fail, and how to end the faults."""

    place: Site
    console: Console
    broken_at: float
    mend: Callable[[], None]


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    """Every camera but ``well`` has its fault, two of them from the start."""
    folder = tmp_path_factory.mktemp("cameras")
    clips = dict.fromkeys(("well", *REASONS, "late"), make_clip(fps=10))
    port, secret = free_port(), folder / "secret"
    secret.write_text("gu3ssed")
    with ExitStack() as stack:
        place = stack.enter_context(faulty_site(folder, clips, analyses_per_s=0.5))
        settings_of(place, "gone")["url"] = f"rtsp://127.0.0.1:{port}/gone"
        settings_of(place, "locked")["password"] = {"file": str(secret)}
        late = {"read_timeout_s": 10, "offline_after_s": 20, "lag_limit_s": 0.5}
        settings_of(place, "late").update(late)
        place.write_config()
        console = stack.enter_context(listening(place))
        place.start()
        for camera in ("well", "frozen", "garbled", "late"):
            topic = f"camera/{camera}/state"
            console.wait_for(lambda topic=topic: any(s["online"] for s in console.of(topic)))
        broken_at = time.time()
        place.rtsp.freeze("frozen")
        place.rtsp.garble("garbled", 1.0)
        place.rtsp.lag("late", LAG_S)

        def mend() -> None:
            secret.write_text(PASSWORD)
            for camera in ("frozen", "garbled", "late"):
                place.rtsp.resume(camera)
            mount = Mount("gone", load_clip(clips["gone"]))
            who = Credentials(USER, PASSWORD, "digest")
            stack.enter_context(RtspServer([mount], who, port=port))

        yield Trouble(place, console, broken_at, mend)


@pytest.fixture(scope="module")
def mended(trouble: Trouble) -> Trouble:
    """Every fault was told, and then ended."""
    for camera, reason in REASONS.items():
        wait_told(trouble.console, kind="camera_offline", camera=camera, reason=reason)
    wait_told(trouble.console, kind="camera_lagging")
    trouble.mend()
    return trouble


@pytest.mark.parametrize("camera", REASONS)
def test_a_camera_that_fails(trouble: Trouble, camera: str) -> None:
    """A camera without pictures is ``camera_offline`` with the reason; its state says so too."""
    alarm = wait_told(trouble.console, kind="camera_offline", camera=camera)
    wait_told(trouble.console, kind="camera_offline", camera=camera, reason=REASONS[camera])

    assert alarm["change"] == "raised"
    states = trouble.console.of(f"camera/{camera}/state")
    trouble.console.wait_for(
        lambda: [s for s in trouble.console.of(f"camera/{camera}/state") if not s["online"]]
    )
    assert all(state["why"] is None for state in states if state["online"])


def test_a_lagging_camera(trouble: Trouble) -> None:
    """A feed that is older than the wall clock allows is ``camera_lagging``, by how much."""
    alarm = wait_told(trouble.console, kind="camera_lagging")

    assert (alarm["camera"], alarm["change"]) == ("late", "raised")
    assert 0.5 < float(alarm["detail"]["lag_s"]) < LAG_S + MARGIN_S


def test_it_is_told_in_time(trouble: Trouble) -> None:
    """A camera is offline ``offline_after_s`` after its last picture: no sooner, hardly later."""
    alarm = wait_told(trouble.console, kind="camera_offline", camera="frozen")

    silent_s = at(alarm) - trouble.broken_at
    assert OFFLINE_AFTER_S - 1 < silent_s < OFFLINE_AFTER_S + MARGIN_S


def test_the_promised_time() -> None:
    """Unless the configuration says otherwise, a camera is offline after 10 s."""
    assert CameraSettings("any", "rtsp://127.0.0.1/any").offline_after_s <= 10


@pytest.mark.parametrize("camera", REASONS)
def test_a_camera_that_comes_back(mended: Trouble, camera: str) -> None:
    """With its first pictures the alarm is cleared, under the id that it was raised with."""
    cleared = wait_told(mended.console, kind="camera_offline", camera=camera, change="cleared")

    ids = {alarm["alarm_id"] for alarm in told(mended.console, camera=camera)}
    assert ids == {cleared["alarm_id"]}
    assert cleared["reason"] == "sending_again"


def test_a_camera_that_catches_up(mended: Trouble) -> None:
    """A feed that is live again clears its alarm, and was never called offline."""
    wait_told(mended.console, kind="camera_lagging", change="cleared")

    assert told(mended.console, kind="camera_offline", camera="late") == []


def test_a_camera_beside_them(mended: Trouble) -> None:
    """The faults of others are none of a camera's that works: it was online all the time."""
    states = mended.console.of("camera/well/state")

    assert told(mended.console, camera="well") == []
    assert [state["online"] for state in states][-1]
    assert mended.place.rtsp.watchers("well") == 1
