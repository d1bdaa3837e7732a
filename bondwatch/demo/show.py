"""The demo from beginning to end: start the parts, watch what they say, judge, end them.

Every part is the real one and a process of its own: RTSP server, broker, daemon. The demo
itself is only a subscriber.
"""

from __future__ import annotations

import queue
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bondwatch.demo import site
from bondwatch.demo.board import Board
from bondwatch.demo.broker import broker, find_mosquitto
from bondwatch.demo.cast import STAFF
from bondwatch.demo.children import Child
from bondwatch.demo.clip import clip_path, make_clip
from bondwatch.demo.expectations import CameraExpectations, ClipExpectations, Expectations
from bondwatch.demo.scenery import ZONE
from bondwatch.demo.screen import Screen, save_picture, screen
from bondwatch.demo.source import Source, real_camera, streamed_clip
from bondwatch.demo.staff import enrol_staff
from bondwatch.demo.subscriber import Inbox, Received, subscriber
from bondwatch.failures import CommandError, Status
from enrolment.key_rotation import init_keys
from models.loading import ModelLoader, pack_names
from models.manifest import read_manifest
from models.store import standard_store
from vision.config_reader import read_settings
from vision.outputs.topics import root

LONGEST_S: Final = 90.0
"""How long to wait for everything that is expected where no time is given."""

CAMERA_S: Final = 60.0
"""How long to watch a real camera where no time is given."""

MACHINERY: Final = (
    "This shows that the machinery works, not how accurate it is: people and portraits come from"
    " one photo."
)
_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command was told. ``for_s``: None ends as soon as everything was heard."""

    for_s: float | None = None
    as_json: bool = False
    source: str | None = None
    keep: Path | None = None
    picture: Path | None = None


def show(wishes: Wishes) -> Status:
    """Run the demo; whether what must be heard was heard.

    Raises:
        CommandError: something is not installed, or a part did not come up or ended.
        ModelError: weights are missing or wrong.
        PhotoUnusableError: there is no photo to make the clip of.
    """
    check_ready()
    with _stoppable(), screen(as_json=wishes.as_json) as out, ExitStack() as stack:
        directory = stack.enter_context(_directory(wishes.keep))
        try:
            watch = _shown(wishes, out, directory, stack)
        finally:
            _deafen()  # a second Ctrl-C must not leave processes behind
    return _judged(watch, wishes)


def check_ready() -> None:
    """CommandError or WeightMissingError for the first thing missing; nothing is started."""
    find_mosquitto()
    store, manifest = standard_store(), read_manifest()
    for name in manifest.pack(site.PACK).entries:
        store.find(manifest.entry(name))


def _shown(wishes: Wishes, out: Screen, directory: Path, stack: ExitStack) -> Watch:
    source = _source(wishes, out, directory, stack)
    running = stack.enter_context(broker(directory))
    out.say(f"broker: Mosquitto on 127.0.0.1:{running.port}")
    configuration = directory / "config.yaml"
    site.write_configuration(configuration, source, running.port)
    _enrol(configuration, out)
    inbox = stack.enter_context(subscriber(running.port, f"{root(site.SITE)}#"))
    command = [sys.executable, "-m", "bondwatch", "run", "--config", str(configuration)]
    log = directory / "daemon.log"
    daemon = stack.enter_context(Child("the daemon", command, log, source.environment))
    out.say("daemon: bondwatch run; from here on everything is what MQTT says")
    parts = [part for part in (daemon, running.child, source.child) if part is not None]
    expected = CameraExpectations() if wishes.source else ClipExpectations()
    watch = Watch(out, expected, parts)
    try:
        watch.watch(inbox, _duration_s(wishes), to_the_end=_to_the_end(wishes))
    except KeyboardInterrupt:
        if wishes.source is None:
            raise
    return watch


def _source(wishes: Wishes, out: Screen, directory: Path, stack: ExitStack) -> Source:
    if wishes.source:
        return real_camera(wishes.source)
    if not clip_path().is_file():
        out.say("clip: making it takes some seconds, this once")
    clip = make_clip()
    source = stack.enter_context(streamed_clip(clip, ZONE, directory))
    out.say(f"camera: {source.url}, with a password of its own")
    return source


def _enrol(configuration: Path, out: Screen) -> None:
    """Enrol the staff; their portraits are gone again when this returns."""
    register = read_settings(configuration).register_place
    if register.keys is not None:
        init_keys(register.keys)
    loader, chosen = ModelLoader(standard_store()), pack_names(site.PACK)
    models = (loader.face_detector(chosen.face_detector), loader.embedder(chosen.embedder))
    with tempfile.TemporaryDirectory(prefix="bondwatch-portraits-") as photos:
        names = enrol_staff(register, Path(photos), *models)
        out.say(f"enrolled: {', '.join(names)}")


class Watch:
    """Takes messages in until time is up or everything was heard."""

    def __init__(self, out: Screen, expected: Expectations, parts: list[Child]) -> None:
        self.board = Board({actor.key: str(actor.name) for actor in STAFF})
        self._out = out
        self.expected = expected
        self._parts = parts

    def watch(self, inbox: Inbox, for_s: float, *, to_the_end: bool) -> None:
        """Watch for at most ``for_s``. CommandError where a part of the demo ends."""
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline:
            try:
                self._take(inbox.get(timeout=_POLL_S))
            except queue.Empty:
                for part in self._parts:
                    part.check()
            if not to_the_end and not self.expected.missing():
                return

    def _take(self, received: Received) -> None:
        topic = received.topic.removeprefix(root(site.SITE))
        if received.payload is not None:
            self.board.add(topic, received.payload)
            self.expected.add(topic, received.payload)
        self._out.show(topic, received, self.board)


def _duration_s(wishes: Wishes) -> float:
    if wishes.for_s is not None:
        return wishes.for_s
    return CAMERA_S if wishes.source else LONGEST_S


def _to_the_end(wishes: Wishes) -> bool:
    """Whether to go on although everything expected was heard."""
    return wishes.for_s is not None or wishes.source is not None


def _judged(watch: Watch, wishes: Wishes) -> Status:
    """The plain summary, on standard error where standard output is for programs."""
    faults = [*watch.expected.missing(), *watch.expected.wrong()]
    lines = [f"NOT as expected: {fault}" for fault in faults] or [_success(watch.board, wishes)]
    lines += list(_hints(watch.board, wishes)) if faults else []
    lines += [] if wishes.source else [MACHINERY]
    stream = sys.stderr if wishes.as_json else sys.stdout
    stream.write("".join(f"{line}\n" for line in lines))
    if wishes.picture is not None:
        save_picture(wishes.picture, watch.board, lines)
    return Status.FAILED if faults else Status.DONE


def _hints(board: Board, wishes: Wishes) -> Iterator[str]:
    """Where to look for the reason."""
    about_system = [alarm for alarm in board.alarms.values() if alarm["identity"] is None]
    if about_system:
        told = ", ".join(f"{alarm['kind']} ({alarm['reason']})" for alarm in about_system)
        yield f"Heard besides: {told}."
    logs = f"{wishes.keep}/daemon.log" if wishes.keep else "DIR/daemon.log after --keep DIR"
    yield f"The daemon's own words: {logs}."


def _success(board: Board, wishes: Wishes) -> str:
    if wishes.source:
        return f"As expected: the camera was online; {board.messages} messages were received."
    return (
        f"As expected: every stranger raised an alarm, staff raised none"
        f" ({len(board.alarms)} alarms, {board.messages} messages)."
    )


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    """A place for configuration, data and logs: to be kept, or gone at the end."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise CommandError(f"{keep} is not empty", "name another directory", Status.USAGE)
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep.absolute()
        return
    directory = Path(tempfile.mkdtemp(prefix="bondwatch-demo-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does: in order."""
    stops = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.signal(number, _interrupt) for number in stops}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _deafen() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
