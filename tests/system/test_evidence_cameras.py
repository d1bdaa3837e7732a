"""Evidence of real connections: both codecs, and what cameras do in the middle of a clip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bondwatch.rtsp_server.clips import Clip, load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from tests.clips import make_clip
from tests.vision.evidence.evidence_site import EvidenceSite, evidence_site
from tests.vision.evidence.packets import frames_in, nals_in
from tests.vision.waiting import eventually
from vision.core.values import Instant
from vision.ingest.session import SessionOptions, StreamSession
from vision.ingest.sources import SourceSettings
from vision.settings import DecodePolicy

pytestmark = pytest.mark.system


@dataclass
class Watched:
    """A camera, its session, and the evidence of it."""

    rtsp: RtspServer
    session: StreamSession
    site: EvidenceSite
    clip: Clip

    def raise_alarm(self) -> None:
        """Now, with at least two seconds before it."""
        eventually(lambda: self.session.ring.counts().span_s > 2.0)
        self.site.raise_alarm(self.now())
        self.site.wait_for("cam1.1.part.mp4")

    def now(self) -> Instant:
        """The newest packet's moment."""
        newest = self.session.ring.newest()
        assert newest is not None
        return newest.at


@pytest.fixture(params=["h264", "hevc"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    """A camera that shows two seconds again and again."""
    clip = load_clip(make_clip(request.param, gop=25))
    source = SourceSettings("", connect_timeout_s=5.0, read_timeout_s=1.0)
    options = SessionOptions(decode=DecodePolicy.PACKETS)
    with ExitStack() as stack:
        rtsp = stack.enter_context(RtspServer([Mount("cam1", clip)]))
        url = SourceSettings(rtsp.url("cam1"), source.username, source.password, 5.0, 1.0)
        session = stack.enter_context(StreamSession(url, options))
        site = stack.enter_context(evidence_site(tmp_path, ring=session.ring))
        yield Watched(rtsp, session, site, clip)


def test_a_cameras_own_units_are_in_the_clip(watched: Watched) -> None:
    """Each picture's bytes are among those that the camera sent, and it plays."""
    watched.raise_alarm()
    watched.site.clear(watched.now())

    (clip,) = watched.site.wait_kept("clip")

    path = watched.site.folder / clip.name
    sent = {nal for unit in watched.clip.units for nal in unit.nals}
    assert set(nals_in(path)) <= sent | set(watched.clip.parameter_sets)
    assert frames_in(path) > 60
    assert clip.ended_by == "post_roll"


def test_a_camera_that_hangs_up(watched: Watched) -> None:
    """The part ends there; the connection that follows begins another."""
    watched.raise_alarm()
    watched.rtsp.drop("cam1")
    watched.site.wait_for("cam1.2.part.mp4")
    watched.site.clear(watched.now())

    first, second = watched.site.wait_kept("clip", 2)

    assert (first.ended_by, second.ended_by) == ("camera_lost", "post_roll")
    assert first.end_at < second.begin_at
    assert all(frames_in(watched.site.folder / one.name) > 10 for one in (first, second))


def test_a_camera_that_garbles_its_packets(watched: Watched) -> None:
    """What came is kept as it came; every part can be opened, and sound video follows again."""
    watched.raise_alarm()
    watched.rtsp.garble("cam1", 0.3)
    at = watched.now().stream_s
    eventually(lambda: watched.now().stream_s > at + 2.0)
    watched.rtsp.resume("cam1")
    at = watched.now().stream_s
    eventually(lambda: watched.now().stream_s > at + 3.0)
    watched.site.clear(watched.now())
    watched.site.wait_kept("timeline")

    clips = watched.site.kept("clip")

    assert clips[-1].ended_by == "post_roll"
    assert all(list(nals_in(watched.site.folder / one.name)) for one in clips)
    assert frames_in(watched.site.folder / clips[-1].name) > 25
