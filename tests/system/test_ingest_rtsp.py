"""Sessions against our own RTSP server, and every way in which a camera lets one down."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from tests.clips import make_clip
from vision.ingest.camera_source import CameraSource
from vision.ingest.reading import SessionEvent
from vision.ingest.reasons import Reason, StreamFaultError
from vision.ingest.session import SessionOptions, StreamSession
from vision.ingest.sources import RtspSource, SourceSettings
from vision.settings import CameraSettings, DecodePolicy, Secret

pytestmark = pytest.mark.system

USER = "watch man"
PASSWORD = "p@ss/wo?rd#%&"  # noqa: S105 -- made up; every character that a URL could trip over
USER_ENV, PASSWORD_ENV = "TEST_CAMERA_USER", "TEST_CAMERA_PASSWORD"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USER_ENV, USER)
    monkeypatch.setenv(PASSWORD_ENV, PASSWORD)


def eventually(condition: Callable[[], bool], within_s: float = 30.0) -> bool:
    """Poll until the condition holds; the deadline is generous, since machines are slow."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def source_of(url: str) -> SourceSettings:
    """The camera's settings, with time-outs for impatient tests."""
    return SourceSettings(
        url,
        username=Secret(env=USER_ENV),
        password=Secret(env=PASSWORD_ENV),
        connect_timeout_s=5.0,
        read_timeout_s=1.0,
    )


class Watched:
    """A running session with everything it said."""

    def __init__(self, url: str, decode: DecodePolicy = DecodePolicy.EVERYTHING) -> None:
        self.events: list[SessionEvent] = []
        options = SessionOptions(decode=decode, on_event=self.events.append)
        self.session = StreamSession(source_of(url), options, rng=random.Random(1))  # noqa: S311 -- a seed

    def is_connected(self) -> bool:
        return self.session.health().connected

    def lost_for(self, reason: Reason) -> bool:
        return any(event.kind == "lost" and event.reason is reason for event in self.events)


@contextmanager
def watching(url: str, decode: DecodePolicy = DecodePolicy.EVERYTHING) -> Iterator[Watched]:
    """A running session; its thread has ended afterwards."""
    watched = Watched(url, decode)
    with watched.session:
        yield watched
    assert not watched.session._thread.is_alive()


@contextmanager
def serving(scheme: str = "digest", **clip: object) -> Iterator[RtspServer]:
    """A server with one mount, ``cam``, and one user."""
    credentials = Credentials(USER, PASSWORD, scheme)
    with RtspServer([Mount("cam", load_clip(make_clip(**clip)))], credentials) as server:
        yield server


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_frames_come_from_a_camera_with_a_password(scheme: str, codec: str) -> None:
    """Both codecs come through both ways of authentication."""
    with serving(scheme, codec=codec) as server, watching(server.url("cam")) as watched:
        assert eventually(watched.is_connected)

        frame = watched.session.frames.take(5.0)

        assert frame is not None
        assert frame.bgr(80, 60).shape == (60, 80, 3)
        assert abs(frame.at.wall_utc - time.time()) < 5.0


def test_frames_with_b_frames_and_odd_size_come_in_order() -> None:
    """Presentation order holds where the encoder reorders, over the loop of the clip."""
    clip = {"size_wh": (170, 98), "b_frames": 3, "seconds": 0.8, "gop": 10}
    with serving(**clip) as server, watching(server.url("cam")) as watched:
        times: list[float] = []
        while len(times) < 40:
            frame = watched.session.frames.take(10.0)
            assert frame is not None
            assert frame.size_wh == (170, 98)
            times.append(frame.at.stream_s)

        assert times == sorted(set(times))
        assert watched.session.health().counters.time_jumps == 0


def test_a_wrong_password_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Refused credentials are their own reason, and show nowhere, libav's own output included."""
    monkeypatch.setenv(PASSWORD_ENV, "wrong-secret")
    with serving() as server, watching(server.url("cam")) as watched:
        assert eventually(lambda: watched.lost_for(Reason.WRONG_PASSWORD))

        assert "wrong-secret" not in repr(watched.events) + repr(watched.session.health())
    assert "wrong-secret" not in "".join(capfd.readouterr())


def test_a_missing_secret_is_named_and_the_right_one_is_taken_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Secrets are read at each attempt, so setting them right needs no restart."""
    monkeypatch.delenv(PASSWORD_ENV)
    with serving() as server, watching(server.url("cam")) as watched:
        assert eventually(lambda: watched.lost_for(Reason.NO_CREDENTIALS))
        assert PASSWORD_ENV in watched.session.health().detail

        monkeypatch.setenv(PASSWORD_ENV, PASSWORD)

        assert eventually(watched.is_connected)


def test_a_path_that_is_not_there_is_named() -> None:
    """404 is told apart from a camera that is away."""
    with serving() as server, watching(server.url("nowhere")) as watched:
        assert eventually(lambda: watched.lost_for(Reason.NOT_FOUND))


def test_an_unreachable_camera_is_named() -> None:
    """Nobody listening is unreachable."""
    with serving() as server:
        url = server.url("cam")
    with watching(url) as watched:
        assert eventually(lambda: watched.lost_for(Reason.UNREACHABLE))


def test_a_camera_that_takes_connections_and_says_nothing_is_named() -> None:
    """A port that is open but dumb ends by the connect time-out."""
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        source = SourceSettings(f"rtsp://127.0.0.1:{dumb.getsockname()[1]}/", connect_timeout_s=0.3)
        with StreamSession(source, SessionOptions()) as session:
            assert eventually(lambda: session.health().reason is Reason.NO_ANSWER)


def test_no_exception_text_or_context_holds_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that leaves ingest has neither the password in it nor libav's error behind it."""
    monkeypatch.setenv(PASSWORD_ENV, "wrong-secret")
    with serving() as server, pytest.raises(StreamFaultError) as caught:
        RtspSource(source_of(server.url("cam")))

    shown = "".join(traceback.format_exception(caught.value))
    assert "wrong-secret" not in shown
    assert caught.value.__context__ is None
    assert caught.value.reason is Reason.WRONG_PASSWORD


def test_a_frozen_camera_is_lost_and_comes_back() -> None:
    """A stream that stops without closing ends by our own time-out; time never goes back."""
    with serving() as server, watching(server.url("cam")) as watched:
        assert eventually(watched.is_connected)
        before = watched.session.frames.take(5.0)
        server.freeze("cam")
        assert eventually(lambda: watched.lost_for(Reason.STOPPED_SENDING))
        assert not watched.is_connected()

        server.resume("cam")

        assert eventually(watched.is_connected)
        after = watched.session.frames.take(5.0)
        assert before is not None
        assert after is not None
        assert after.at.stream_s > before.at.stream_s
        assert watched.session.health().counters.reconnects >= 1


def test_a_short_freeze_costs_no_connection() -> None:
    """A read that is interrupted between packets goes on where it was."""
    with serving() as server:
        url = server.url("cam")
        source = SourceSettings(url, Secret(env=USER_ENV), Secret(env=PASSWORD_ENV))
        with StreamSession(source, SessionOptions()) as session:
            assert eventually(lambda: session.health().connected)
            server.freeze("cam")
            assert eventually(lambda: (session.health().last_packet_age_s or 0) > 2.2)
            packets = session.health().counters.packets

            server.resume("cam")

            assert eventually(lambda: session.health().counters.packets > packets + 25)
            assert session.health().counters.connections == 1


def test_closing_during_a_frozen_read_is_bounded() -> None:
    """A session that waits for packets ends when told to, its thread joined."""
    with serving() as server:
        watched = Watched(server.url("cam"))
        watched.session.start()
        assert eventually(watched.is_connected)
        server.freeze("cam")

        assert watched.session.close()


def test_a_dropped_connection_is_made_again() -> None:
    """A connection that the camera closes is a clean end, and is followed by another."""
    with serving() as server, watching(server.url("cam")) as watched:
        assert eventually(watched.is_connected)

        server.drop("cam")

        assert eventually(lambda: watched.lost_for(Reason.ENDED))
        assert eventually(watched.is_connected)


def test_a_refusing_camera_is_not_connected() -> None:
    """A camera that hangs up before it answers is never taken for a delivering one."""
    with serving() as server:
        server.refuse("cam")
        with watching(server.url("cam")) as watched:
            assert eventually(lambda: any(event.kind == "lost" for event in watched.events))
            assert not watched.is_connected()


def test_a_killed_server_is_noticed() -> None:
    """A server that dies is an end of the stream, whatever libav says of it."""
    process, url = start_server_process()
    try:
        with watching(url) as watched:
            assert eventually(watched.is_connected)

            os.kill(process.pid, signal.SIGKILL)

            assert eventually(lambda: watched.lost_for(Reason.ENDED))
            assert eventually(lambda: watched.lost_for(Reason.UNREACHABLE))
    finally:
        process.kill()
        process.wait()


def start_server_process() -> tuple[subprocess.Popen[str], str]:
    """The server as its own process, as a user would start it."""
    words = ["--mount", f"cam={make_clip()}", "--user", USER, "--password-env", PASSWORD_ENV]
    process = subprocess.Popen(
        [sys.executable, "-m", "bondwatch.rtsp_server", *words, "--print-port"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().split('"port": ')[1].split(",")[0]
    return process, f"rtsp://127.0.0.1:{port}/cam"


def test_garbage_is_named() -> None:
    """A stream of which nothing decodes is lost for that reason, though packets come."""
    with serving(size_wh=(320, 240)) as server, watching(server.url("cam")) as watched:
        assert eventually(watched.is_connected)

        server.garble("cam", 0.3)

        assert eventually(lambda: watched.lost_for(Reason.GARBAGE))
        server.resume("cam")
        assert eventually(watched.is_connected)


def test_lost_packets_are_counted_and_survived() -> None:
    """Frames with holes are marked, and the session goes on."""
    with serving(size_wh=(640, 480), gop=25) as server, watching(server.url("cam")) as watched:
        assert eventually(watched.is_connected)

        server.lose("cam", 0.2)

        assert eventually(lambda: watched.session.health().counters.corrupt > 0)
        server.resume("cam")
        assert eventually(watched.is_connected)


def test_a_resolution_may_change_within_a_session() -> None:
    """New parameter sets in the stream change the frames, not the connection."""
    other = make_clip(size_wh=(320, 240))
    with serving() as server, watching(server.url("cam")) as watched:
        assert eventually(watched.is_connected)

        server.switch("cam", other)

        assert eventually(lambda: watched.session.health().size_wh == (320, 240))
        counters = watched.session.health().counters
        assert (counters.resolution_changes, counters.connections) == (1, 1)


def test_a_lagging_feed_is_seen_as_lagging() -> None:
    """What arrives later than it was taken shows as lag, not as a younger picture."""
    with serving() as server:
        source = SourceSettings(
            server.url("cam"), Secret(env=USER_ENV), Secret(env=PASSWORD_ENV), read_timeout_s=10.0
        )
        with StreamSession(source, SessionOptions()) as session:
            assert eventually(lambda: session.health().counters.packets > 10)
            server.lag("cam", 1.5)

            assert eventually(lambda: (session.health().lag_s or 0.0) > 1.2)
            frame = session.frames.take(5.0)
            assert frame is not None
            assert frame.at.wall_utc < time.time() - 1.0


def test_packets_only_keeps_the_ring_and_decodes_nothing() -> None:
    """A stream that is only kept is connected by its packets."""
    with (
        serving() as server,
        watching(server.url("cam"), DecodePolicy.PACKETS) as watched,
    ):
        assert eventually(lambda: watched.session.ring.counts().packets > 20)

        health = watched.session.health()
        assert (health.connected, health.counters.frames) == (True, 0)


def test_key_frames_only_shows_each_group_once() -> None:
    """Decoding key frames gives one frame a group of pictures, at once."""
    with (
        serving(gop=5) as server,
        watching(server.url("cam"), DecodePolicy.KEY_FRAMES) as watched,
    ):
        assert eventually(lambda: watched.session.health().counters.frames >= 4)

        counters = watched.session.health().counters
        assert counters.packets >= 5 * (counters.frames - 1)
        assert counters.corrupt == 0


def test_a_sharper_stream_gives_the_frame_of_the_same_moment() -> None:
    """The record stream is decoded on demand, at the moment of a detection frame."""
    small, large = make_clip(size_wh=(160, 120)), make_clip(size_wh=(640, 480))
    mounts = [Mount("sub", load_clip(small)), Mount("main", load_clip(large))]
    with RtspServer(mounts, Credentials(USER, PASSWORD)) as server:
        settings = CameraSettings(
            "dock",
            detect_url=server.url("sub"),
            record_url=server.url("main"),
            username=Secret(env=USER_ENV),
            password=Secret(env=PASSWORD_ENV),
        )
        with CameraSource(settings) as camera:
            assert eventually(lambda: camera.health().connected)
            assert eventually(lambda: camera.preroll.counts().packets > 30)
            frame = camera.frames.take(5.0)
            assert frame is not None

            sharp = camera.record_frame_near(frame.at)

            assert sharp is not None
            assert sharp.size_wh == (640, 480)
            assert abs(sharp.at.wall_utc - frame.at.wall_utc) <= 0.2
            assert camera.record is not None
            assert camera.record.health().counters.frames == 0
