"""The live picture of a real worker, and what becomes of the worker under those who watch."""

from __future__ import annotations

import io
import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest
from PIL import Image

from bondwatch.cli import run
from tests.clips import make_clip
from tests.system.workers import Place, WorkerProcess, place
from tests.vision.waiting import eventually
from vision.child_protocol import Beat
from vision.live.client import LiveError, follow, picture
from vision.live.protocol import LivePacket, StreamBegins, Trouble
from vision.live.sockets import connect, socket_name

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

START_WITHIN_S = 100.0
"""Models are loaded first, and other tests may have the cores."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, WorkerProcess]]:
    """One worker for all: a start takes seconds."""
    with place(tmp_path_factory.mktemp("live"), make_clip(seconds=2.0)) as made:
        yield made, made.start()


@pytest.fixture
def here(running: tuple[Place, WorkerProcess]) -> Place:
    """The place, its camera delivering."""
    made, _ = running
    made.rtsp.resume("cam1")
    eventually(lambda: _shows(made), START_WITHIN_S)
    return made


def _shows(here: Place) -> bool:
    try:
        return bool(picture(here.settings.run_dir, "cam1").jpeg)
    except LiveError:
        return False


def command(here: Place, *arguments: str) -> int:
    """`bondwatch live` as an operator calls it; the exit status."""
    return run(["live", *arguments, "--config", str(here.config)])


def test_an_operator_tries_a_camera_out(here: Place, tmp_path: Path) -> None:
    """One command writes a picture and a clip, for the operator's eyes alone; both are whole."""
    jpeg, clip = tmp_path / "now.jpg", tmp_path / "now.mp4"

    assert command(here, "cam1", "--jpeg", str(jpeg), "--for", "1", "--to", str(clip)) == 0
    assert Image.open(io.BytesIO(jpeg.read_bytes())).size == (160, 120)
    with av.open(str(clip)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 20
    assert {path.stat().st_mode & 0o777 for path in (jpeg, clip)} == {0o600}


def test_a_dropped_camera_ends_the_watching_with_a_reason(
    here: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """And its picture is refused rather than an old one shown."""
    with follow(here.settings.run_dir, "cam1") as messages:
        assert isinstance(next(messages), StreamBegins)
        here.rtsp.refuse("cam1")
        with pytest.raises(LiveError) as ended:
            deque(messages)

    assert ended.value.trouble is Trouble.CAMERA_OFFLINE
    assert command(here, "cam1", "--jpeg", "never.jpg") == 1
    assert "camera_offline" in capsys.readouterr().err


def test_hostile_watchers_do_not_stop_the_eyes(
    here: Place, running: tuple[Place, WorkerProcess]
) -> None:
    """Garbage, silence and a crowd: the worker's state goes on, and the next watcher is served."""
    _, worker = running
    run_dir, journal = here.settings.run_dir, here.journal
    eventually(lambda: (state := journal.camera_state("cam1")) and state.online)
    alarms = len(journal.tail())
    crowd = [connect(run_dir, socket_name("w1"), 20.0) for _ in range(200)]
    for number, one in enumerate(crowd):
        with suppress(BrokenPipeError, ConnectionResetError):  # some are sent away at once
            one.sendall(os.urandom(1000) if number % 2 else b'{"version":1,"want":')
    beats = worker.reports().count(Beat())
    eventually(lambda: worker.reports().count(Beat()) > beats + 1)
    for one in crowd:
        one.close()

    eventually(lambda: _shows(here))
    assert len(journal.tail()) == alarms


def test_a_killed_workers_socket_is_replaced(
    here: Place, running: tuple[Place, WorkerProcess]
) -> None:
    """The next worker of that name is found where the last one was, and tells of its end."""
    run_dir, (_, first) = here.settings.run_dir, running
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(20)
    with pytest.raises(LiveError) as refused:
        picture(run_dir, "cam1")
    assert refused.value.trouble is Trouble.NOT_RUNNING
    assert (run_dir / socket_name("w1")).exists()
    second = here.start()
    eventually(lambda: _shows(here), START_WITHIN_S)
    with follow(run_dir, "cam1") as messages:
        assert isinstance(next(messages), StreamBegins)
        assert isinstance(next(messages), LivePacket)
        assert second.stop() == 0
        with pytest.raises(LiveError) as ended:
            deque(messages)

    assert ended.value.trouble is Trouble.ENDING
    assert not (run_dir / socket_name("w1")).exists()
