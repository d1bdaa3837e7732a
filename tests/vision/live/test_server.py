"""The live picture over a real socket, with real streams out of files."""

from __future__ import annotations

import socket
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.vision.waiting import eventually
from vision.ingest.camera_source import CameraSource
from vision.live.client import LiveError, follow, picture
from vision.live.protocol import (
    LivePacket,
    Message,
    MessageReader,
    Refusal,
    Request,
    StreamBegins,
    Trouble,
    Want,
    encode_request,
)
from vision.live.server import LiveServer
from vision.live.serving import MOST_WATCHERS
from vision.live.sockets import connect, socket_name
from vision.settings import CameraSettings, DecodePolicy

JPEG = b"\xff\xd8"


class Site:
    """A worker's cameras and its live socket."""

    def __init__(self, run_dir: Path, stack: ExitStack) -> None:
        self.run_dir = run_dir
        self.cameras: dict[str, CameraSource] = {}
        self._stack = stack

    def add(self, camera_id: str, clip: Path, policy: DecodePolicy) -> CameraSource:
        """A camera that shows a clip again and again."""
        settings = CameraSettings(camera_id, str(clip), decode=policy)
        source = CameraSource(settings, loop_files=True)
        self.cameras[camera_id] = self._stack.enter_context(source)
        return source

    def serve(self, worker_id: str = "w1") -> LiveServer:
        """A server for them, until the test's end."""
        return self._stack.enter_context(LiveServer(self.run_dir, worker_id, self.cameras.get))

    def connection(self, request: bytes = b"") -> socket.socket:
        """A connection that has said something."""
        made = eventually(self._connected)
        self._stack.callback(made.close)
        made.sendall(request)
        return made

    def _connected(self) -> socket.socket | None:
        try:
            return connect(self.run_dir, socket_name("w1"), 30.0)
        except OSError:
            return None


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A served camera that is decoded whole."""
    with ExitStack() as stack:
        made = Site(tmp_path / "run", stack)
        made.add("gate", make_clip(), DecodePolicy.EVERYTHING)
        made.serve()
        eventually(lambda: made.cameras["gate"].health().connected)
        eventually(lambda: _answers(made.run_dir))
        yield made


def answer(connection: socket.socket) -> Message:
    """The next message of a connection."""
    reader = MessageReader()
    while data := connection.recv(65536):
        for message in reader.feed(data):
            return message
    raise AssertionError("the connection ended without a word")


def is_closed(connection: socket.socket) -> bool:
    """Whether the worker has let go of a connection."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


def trouble_of(site: Site, camera_id: str) -> Trouble:
    """Why there is no picture of a camera."""
    with pytest.raises(LiveError) as refused:
        picture(site.run_dir, camera_id)
    return refused.value.trouble


class TestWatching:
    """What a watcher gets."""

    def test_packets_begin_with_a_key_frame_and_go_on(self, site: Site) -> None:
        """The stream's description first, and then more than the ring held at the beginning."""
        with follow(site.run_dir, "gate") as messages:
            begins, first = next(messages), next(messages)
            later = [next(messages) for _ in range(30)]

        assert isinstance(begins, StreamBegins)
        assert (begins.format.codec, begins.format.size_wh) == ("h264", (160, 120))
        assert isinstance(first, LivePacket)
        assert first.is_key
        assert {type(one) for one in later} == {LivePacket}

    def test_a_picture_is_the_newest_frame(self, site: Site) -> None:
        """As JPEG, in its own size, with its time; each is a newer one."""
        first, second = picture(site.run_dir, "gate"), picture(site.run_dir, "gate")

        assert first.jpeg.startswith(JPEG)
        assert first.size_wh == (160, 120)
        eventually(lambda: picture(site.run_dir, "gate").wall_utc > second.wall_utc)

    @pytest.mark.parametrize("policy", [DecodePolicy.KEY_FRAMES, DecodePolicy.PACKETS])
    def test_a_stream_that_is_hardly_decoded_has_a_picture(
        self, site: Site, policy: DecodePolicy
    ) -> None:
        """A key frame: of its frames, or decoded for the watcher alone."""
        source = site.add("yard", make_clip("hevc"), policy)
        eventually(lambda: source.health().connected)

        assert picture(site.run_dir, "yard").jpeg.startswith(JPEG)
        assert (source.frames.newest is None) == (policy is DecodePolicy.PACKETS)

    def test_a_watcher_in_a_shell_may_have_said_all(self, site: Site) -> None:
        """Its end of the line is the end of its words, not of its patience."""
        asking = site.connection(encode_request(Request(Want.PICTURE, "gate")))
        asking.shutdown(socket.SHUT_WR)
        heard = b""
        while data := asking.recv(65536):
            heard += data

        assert JPEG in heard

    def test_another_workers_camera_is_found(self, site: Site) -> None:
        """A client need not know who has which camera."""
        other = LiveServer(site.run_dir, "w0", {}.get)
        with other:
            eventually((site.run_dir / socket_name("w0")).exists)

            assert picture(site.run_dir, "gate").jpeg.startswith(JPEG)

    def test_any_depth_of_the_data_directory_will_do(self, tmp_path: Path) -> None:
        """An address of a Unix socket holds 107 bytes; the path may hold more."""
        with ExitStack() as stack:
            site = Site(tmp_path / ("long" * 30) / "run", stack)
            site.add("gate", make_clip(), DecodePolicy.PACKETS)
            site.serve()
            eventually(lambda: _answers(site.run_dir))
            eventually(lambda: site.cameras["gate"].health().connected)

            assert picture(site.run_dir, "gate").jpeg.startswith(JPEG)


class TestNothingToSee:
    """What a watcher is told instead."""

    def test_a_camera_that_nobody_has(self, site: Site) -> None:
        """Every worker was asked."""
        assert trouble_of(site, "ghost") is Trouble.UNKNOWN_CAMERA

    def test_a_camera_that_is_offline(self, site: Site, tmp_path: Path) -> None:
        """With the reason that the health tells."""
        site.add("gone", tmp_path / "no-such.mp4", DecodePolicy.EVERYTHING)
        with pytest.raises(LiveError) as refused, follow(site.run_dir, "gone") as messages:
            next(messages)

        assert refused.value.trouble is Trouble.CAMERA_OFFLINE
        assert refused.value.why in {"connecting", "not_found"}
        assert trouble_of(site, "gone") is Trouble.CAMERA_OFFLINE

    def test_a_camera_that_goes_away(self, site: Site) -> None:
        """Who watches it hears that, and why, after the last packet."""
        with follow(site.run_dir, "gate") as messages:
            next(messages)
            site.cameras.pop("gate").close()
            with pytest.raises(LiveError) as ended:
                deque(messages)

        assert ended.value.trouble is Trouble.UNKNOWN_CAMERA

    def test_no_frame_yet(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """The camera is connected, and nothing has been decoded or kept."""
        source = site.add("fresh", make_clip(), DecodePolicy.PACKETS)
        eventually(lambda: source.health().connected)
        monkeypatch.setattr(source.preroll, "newest", lambda: None)

        assert trouble_of(site, "fresh") is Trouble.NO_PICTURE_YET

    def test_no_worker(self, tmp_path: Path) -> None:
        """Neither a directory, nor a socket that a killed worker left, is an answer."""
        with closing(socket.socket(socket.AF_UNIX)) as dead:
            dead.bind(str(tmp_path / socket_name("w1")))
        for run_dir in (tmp_path / "none", tmp_path):
            with pytest.raises(LiveError) as refused:
                picture(run_dir, "gate")

            assert refused.value.trouble is Trouble.NOT_RUNNING

    def test_a_worker_that_ends(self, tmp_path: Path) -> None:
        """Its watchers are told, and its socket is gone."""
        with ExitStack() as stack:
            site = Site(tmp_path, stack)
            source = site.add("gate", make_clip(), DecodePolicy.PACKETS)
            eventually(lambda: source.health().connected)
            server = LiveServer(tmp_path, "w1", site.cameras.get)
            with server:
                watching = site.connection(encode_request(Request(Want.PACKETS, "gate")))
                assert isinstance(answer(watching), StreamBegins)
            assert is_closed(watching)

        assert server.ended
        assert not (tmp_path / socket_name("w1")).exists()


class TestSocket:
    """Who may watch, and what becomes of the name."""

    def test_it_is_for_its_owner_alone(self, site: Site) -> None:
        """No credentials are asked for; the file's rights are all there is."""
        mode = (site.run_dir / socket_name("w1")).stat().st_mode

        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        assert stat.S_IMODE(site.run_dir.stat().st_mode) == 0o700

    def test_what_a_killed_worker_left_is_replaced(self, tmp_path: Path) -> None:
        """A name that leads nowhere would keep everybody out."""
        path = tmp_path / socket_name("w1")
        with closing(socket.socket(socket.AF_UNIX)) as dead:
            dead.bind(str(path))

        with LiveServer(tmp_path, "w1", {}.get):
            eventually(lambda: _answers(tmp_path))

    def test_the_end_of_an_earlier_worker_takes_nothing_from_a_later_one(
        self, tmp_path: Path
    ) -> None:
        """They may overlap: a worker whose supervisor was killed lives on for some seconds."""
        path = tmp_path / socket_name("w1")
        with ExitStack() as earlier:
            earlier.enter_context(LiveServer(tmp_path, "w1", {}.get))
            eventually(lambda: _answers(tmp_path))
            before = path.stat().st_ino

            def is_taken_over() -> bool:
                with suppress(FileNotFoundError):  # for a moment there is neither
                    return path.stat().st_ino != before
                return False

            with LiveServer(tmp_path, "w1", {}.get):
                eventually(lambda: is_taken_over() and _answers(tmp_path))
                earlier.close()

                assert _answers(tmp_path)

    def test_a_name_that_was_swept_away_comes_back(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody tidied the run directory."""
        monkeypatch.setattr("vision.live.server.IDLE_S", 0.05)
        (site.run_dir / socket_name("w1")).unlink()

        eventually(lambda: _answers(site.run_dir))

    def test_a_place_that_cannot_be_used_is_told_and_tried_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The worker goes on without it."""
        monkeypatch.setattr("vision.live.server.RETRY_S", 0.05)
        (tmp_path / "run").write_text("a file")
        with LiveServer(tmp_path / "run", "w1", {}.get) as server:
            eventually(lambda: server.problem == "not_served")
            (tmp_path / "run").unlink()

            eventually(lambda: server.problem is None)


class TestHostility:
    """Whatever others do, somebody who behaves is served."""

    @pytest.mark.parametrize("words", [b"\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 8192])
    def test_garbage_is_refused_and_ended(self, site: Site, words: bytes) -> None:
        """One answer, by name."""
        rude = site.connection(words)
        refusal = answer(rude)

        assert isinstance(refusal, Refusal)
        assert refusal.trouble is Trouble.BAD_REQUEST
        assert is_closed(rude)

    def test_who_asks_twice_is_sent_away(self, site: Site) -> None:
        """A connection is for one thing; more words would be work without end."""
        request = encode_request(Request(Want.PACKETS, "gate"))
        rude = site.connection(request)
        assert isinstance(answer(rude), StreamBegins)
        rude.sendall(request)

        assert is_closed(rude)

    def test_who_never_asks_is_sent_away(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        """A place is not held by silence."""
        monkeypatch.setattr("vision.live.serving.ASK_WITHIN_S", 0.1)

        assert isinstance(answer(site.connection()), Refusal)

    def test_a_thousand_connections_change_nothing(self, site: Site) -> None:
        """Sixteen places; the rest are told so, and a place that is free again is given."""
        with follow(site.run_dir, "gate") as messages:
            next(messages)
            crowd = [site.connection() for _ in range(MOST_WATCHERS - 1)]
            told = answer(site.connection())
            for _ in range(1000):
                site.connection().close()
            assert any(isinstance(next(messages), LivePacket) for _ in range(5))
            for one in crowd:
                one.close()

            assert isinstance(told, Refusal)
            assert told.trouble is Trouble.BUSY
            eventually(lambda: _seen(site))


def _answers(run_dir: Path) -> bool:
    """Whether a worker says that it has no such camera."""
    try:
        picture(run_dir, "ghost")
    except LiveError as error:
        return error.trouble is Trouble.UNKNOWN_CAMERA
    return False


def _seen(site: Site) -> bool:
    try:
        return picture(site.run_dir, "gate").jpeg.startswith(JPEG)
    except LiveError:
        return False
