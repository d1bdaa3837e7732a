"""What the tests of faults share: a site of several cameras, and what was said and logged of it.

The faults themselves, and what must become of each, stand in the tests ``test_fault_*.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.frame import PictureType

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from tests.system.broker import Broker
from tests.system.console import Console
from tests.system.site import PASSWORD, USER, Site, eventually

ONE_MAN = (92, 215)
"""The pictures of the clip of the stage between two cuts, with one man in them."""

OFFLINE_AFTER_S = 2.0
MARGIN_S = 5.0
"""How much later than promised something may be on a machine that has much else to do."""


@contextmanager
def faulty_site(folder: Path, clips: Mapping[str, Path], **camera: Any) -> Iterator[Site]:
    """A site with a camera for each clip, quick to notice a fault; not started yet.

    The cameras are like the one of ``site``, all but what ``camera`` says. The first sees the
    zone; one worker has them all.
    """
    quick = {"connect_timeout_s": 2, "read_timeout_s": 1, "offline_after_s": OFFLINE_AFTER_S}
    with ExitStack() as stack:
        mounts = [Mount(name, load_clip(clip)) for name, clip in clips.items()]
        rtsp = stack.enter_context(RtspServer(mounts, Credentials(USER, PASSWORD, "digest")))
        broker = Broker.make(folder / "broker").start()
        stack.callback(broker.kill)
        place = Site(folder, rtsp, broker)
        stack.callback(place.tear_down)
        (first,) = place.settings["cameras"]
        place.settings["cameras"] = [
            deepcopy({**first, **quick, **camera, "id": name, "url": rtsp.url(name)})
            for name in clips
        ]
        for other in place.settings["cameras"][1:]:
            del other["views"]
        place.settings["workers"] = 1
        place.write_config()
        yield place


def one_man_alone(stage: Path, made: Path) -> Path:
    """A clip that shows the man on the stage all the time: one part of the clip, there and back.

    So it loops without a cut, and he never leaves the picture.
    """
    with av.open(str(stage)) as source:
        frames = list(source.decode(video=0))[slice(*ONE_MAN)]
    options = {"preset": "ultrafast", "bf": "0", "g": "15"}
    with av.open(str(made), "w") as container:
        stream = container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height = frames[0].width, frames[0].height
        stream.pix_fmt = "yuv420p"
        for index, frame in enumerate([*frames, *reversed(frames)]):
            frame.pts, frame.time_base = index, Fraction(1, 30)
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return made


def settings_of(place: Site, camera: str) -> dict[str, Any]:
    """The configuration of one camera, to be changed before it is written."""
    return next(found for found in place.settings["cameras"] if found["id"] == camera)


def log_lines(place: Site, event: str, **facts: Any) -> list[dict[str, Any]]:
    """The lines of the daemon's log that tell of an event."""
    lines = [json.loads(line) for line in _whole_lines(place) if line.startswith("{")]
    return [line for line in lines if {"event": event, **facts}.items() <= line.items()]


def _whole_lines(place: Site) -> list[str]:
    *whole, _ = place.log.read_text().split("\n") if place.log.exists() else [""]
    return whole


def wait_ready(place: Site, *children: str) -> None:
    """Wait until children have begun to work: ``w1`` and ``publisher`` where none is named."""
    for child in children or ("w1", "publisher"):
        eventually(lambda child=child: log_lines(place, "child_ready", child=child))


def pid_of(place: Site, child: str) -> int:
    """The process id of a child's newest process."""
    return int(log_lines(place, "child_started", child=child)[-1]["child_pid"])


def told(console: Console, **facts: Any) -> list[dict[str, Any]]:
    """The revisions of alarms that were heard with these facts, each once, in order."""
    heard = {(one["alarm_id"], one["revision"]): one for one in console.of("alarm")}
    return [alarm for alarm in heard.values() if facts.items() <= alarm.items()]


def wait_told(console: Console, **facts: Any) -> dict[str, Any]:
    """Wait for a revision with these facts; the first of them."""
    return console.wait_for(lambda: told(console, **facts))[0]


def part(alarm: Mapping[str, Any]) -> str:
    """What a ``system_degraded`` is about, for messages of failed tests."""
    return f"{alarm['kind']} {alarm['reason']} {alarm['detail']}"


def at(alarm: Mapping[str, Any], which: str = "wall") -> float:
    """One of an alarm's times, POSIX seconds."""
    return datetime.fromisoformat(alarm["times"][which]).timestamp()


def payloads_by_revision(console: Console) -> dict[tuple[str, int], set[bytes]]:
    """Every payload that was heard of each revision: there must be one of each."""
    payloads: dict[tuple[str, int], set[bytes]] = {}
    for heard in list(console.heard):
        if heard.name == "alarm" and heard.message is not None:
            key = (heard.message["alarm_id"], heard.message["revision"])
            payloads.setdefault(key, set()).add(heard.payload)
    return payloads
