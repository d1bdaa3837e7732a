"""Sessions against GStreamer's RTSP server: what works with our own must work with another."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bondwatch.rtsp_server.clips import CLOCK_HZ, load_clip
from tests.clips import make_clip
from vision.ingest.reasons import Reason
from vision.ingest.session import SessionOptions, StreamSession
from vision.ingest.sources import SourceSettings
from vision.settings import Secret

pytestmark = pytest.mark.system

PYTHON = "/usr/bin/python3"
PROBE = "import gi; gi.require_version('GstRtspServer', '1.0')"
USER, PASSWORD = "guard", "quiet-night"
PAYLOADERS = {"h264": "rtph264pay", "hevc": "rtph265pay"}
CAPS = {"h264": "video/x-h264", "hevc": "video/x-h265"}


@pytest.fixture(autouse=True)
def _needs_gstreamer() -> None:
    try:
        found = subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"no {PYTHON}")
    if found.returncode:
        pytest.skip("GStreamer's RTSP server is missing: gir1.2-gst-rtsp-server-1.0 python3-gi")


def write_units(codec: str, path: Path) -> Path:
    """The access units of a clip, as ``gst_server.py`` reads them."""
    clip = load_clip(make_clip(codec))
    caps = f"{CAPS[codec]},stream-format=byte-stream,alignment=au,framerate=25/1"
    head = json.dumps({"caps": caps, "payloader": PAYLOADERS[codec]}) + "\n"
    nanoseconds = 1_000_000_000
    with path.open("wb") as file:
        file.write(head.encode())
        for unit in clip.units:
            data = b"".join(b"\0\0\0\1" + nal for nal in unit.nals)
            pts = unit.pts * nanoseconds // CLOCK_HZ
            file.write(struct.pack(">QQQ", pts, nanoseconds // 25, len(data)) + data)
    return path


@contextmanager
def gstreamer(codec: str, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The server as its own process; its URL and the process."""
    script = Path(__file__).with_name("gst_server.py")
    units = write_units(codec, tmp_path / "units.bin")
    process = subprocess.Popen(
        [PYTHON, str(script), str(units), USER, PASSWORD], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"rtsp://127.0.0.1:{process.stdout.readline().strip()}/cam", process
    finally:
        process.kill()
        process.wait()


def session_on(url: str, monkeypatch: pytest.MonkeyPatch, word: str = PASSWORD) -> StreamSession:
    """A session that knows the user and a password."""
    monkeypatch.setenv("GST_USER", USER)
    monkeypatch.setenv("GST_PASSWORD", word)
    source = SourceSettings(url, Secret(env="GST_USER"), Secret(env="GST_PASSWORD"))
    return StreamSession(source, SessionOptions(), rng=random.Random(1))  # noqa: S311 -- a seed


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_frames_come_in_order_over_the_loop(
    codec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server's packets, description and digest are understood too."""
    with (
        gstreamer(codec, tmp_path) as (url, _),
        session_on(url, monkeypatch) as session,
    ):
        times = []
        while len(times) < 60:
            frame = session.frames.take(30.0)
            assert frame is not None
            times.append(frame.at.stream_s)

        assert times == sorted(set(times))
        health = session.health()
        assert (health.size_wh, health.counters.time_jumps) == ((160, 120), 0)
        assert health.counters.corrupt == 0


def test_a_wrong_password_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the same as with our own server."""
    with (
        gstreamer("h264", tmp_path) as (url, _),
        session_on(url, monkeypatch, "wrong") as session,
    ):
        deadline = time.monotonic() + 30
        while session.health().reason is Reason.CONNECTING and time.monotonic() < deadline:
            time.sleep(0.02)

        assert session.health().reason is Reason.WRONG_PASSWORD


def test_a_killed_server_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken for delivering that is gone."""
    with (
        gstreamer("h264", tmp_path) as (url, process),
        session_on(url, monkeypatch) as session,
    ):
        assert session.frames.take(30.0) is not None

        process.kill()

        deadline = time.monotonic() + 30
        while session.health().reason is not Reason.UNREACHABLE and time.monotonic() < deadline:
            time.sleep(0.02)
        assert session.health().reason is Reason.UNREACHABLE
        assert not session.health().connected
