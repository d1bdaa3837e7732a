"""Sessions on files: a file is a camera that needs no network."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.clips import make_clip
from vision.ingest.camera_source import CameraSource
from vision.ingest.reading import SessionEvent
from vision.ingest.reasons import Reason
from vision.ingest.session import SessionOptions, StreamSession
from vision.ingest.sources import SourceSettings, path_of
from vision.settings import CameraSettings, DecodePolicy


def drain(session: StreamSession, count: int) -> list[float]:
    """The times of so many frames, as they come."""
    times = []
    while len(times) < count and (frame := session.frames.take(10.0)) is not None:
        times.append(frame.at.stream_s)
    return times


def test_a_file_plays_once_at_its_own_pace_and_ends() -> None:
    """The end of a file is an end, not a failure to be retried."""
    ended = threading.Event()
    events: list[SessionEvent] = []

    def note(event: SessionEvent) -> None:
        events.append(event)
        if event.kind == "lost":
            ended.set()

    source = SourceSettings(str(make_clip(seconds=0.6)))
    with StreamSession(source, SessionOptions(on_event=note)) as session:
        assert ended.wait(30.0)

        health = session.health()
        assert (health.reason, health.connected) == (Reason.ENDED, False)
        assert health.counters.packets == 15
        assert [event.kind for event in events] == ["connected", "lost"]


def test_a_looped_file_has_no_seam() -> None:
    """The timestamps run on over the loop: no jump, no reconnect."""
    source = SourceSettings(f"file://{make_clip(seconds=0.4)}", loop=True)
    with StreamSession(source, SessionOptions()) as session:
        times = drain(session, 25)

        assert times == sorted(set(times))
        counters = session.health().counters
        assert (counters.time_jumps, counters.connections) == (0, 1)


def test_more_may_be_decoded_from_the_next_key_frame_on() -> None:
    """A policy that changes while the stream runs never shows half a group of pictures."""
    source = SourceSettings(str(make_clip(gop=12)), loop=True)
    with StreamSession(source, SessionOptions(decode=DecodePolicy.PACKETS)) as session:
        assert session.frames.take(0.3) is None

        session.set_policy(DecodePolicy.EVERYTHING)

        frame = session.frames.take(30.0)
        assert frame is not None
        assert frame.at.stream_s == session.ring.group_at(frame.at.stream_s)[0].at.stream_s
        assert session.health().counters.corrupt == 0


def test_a_missing_file_is_named_and_tried_again(tmp_path: Path) -> None:
    """A network share may come back."""
    file = tmp_path / "clip.mp4"
    lost = threading.Event()
    options = SessionOptions(on_event=lambda event: lost.set() if event.kind == "lost" else None)
    with StreamSession(SourceSettings(str(file)), options) as session:
        assert lost.wait(30.0)
        assert session.health().reason is Reason.NOT_FOUND

        file.write_bytes(make_clip().read_bytes())

        assert session.frames.take(30.0) is not None


def test_closing_without_starting_is_harmless() -> None:
    """Putting parts together may fail half-way."""
    assert StreamSession(SourceSettings("/nowhere"), SessionOptions()).close()


def test_a_camera_without_a_record_stream_has_no_sharper_frame() -> None:
    """Then the caller cuts from the detection frame."""
    settings = CameraSettings("dock", detect_url=str(make_clip()))
    with CameraSource(settings, loop_files=True) as camera:
        frame = camera.frames.take(30.0)
        assert frame is not None

        assert camera.record_frame_near(frame.at) is None
        assert camera.preroll is camera.detect.ring


@pytest.mark.parametrize(
    ("url", "path"), [("/a/b c.mp4", "/a/b c.mp4"), ("file:///a/b%20c.mp4", "/a/b c.mp4")]
)
def test_paths_and_file_urls_name_files(url: str, path: str) -> None:
    """Both ways to write a file down work."""
    assert path_of(url) == Path(path)
    assert SourceSettings(url).is_file
