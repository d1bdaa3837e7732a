"""A connection's packets on their way, on a machine that is too slow for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.clips import make_clip
from vision.ingest.frame import Frame
from vision.ingest.health import HealthMeter
from vision.ingest.reading import Clocks, Lane, Reading, SessionEvent
from vision.ingest.ring import PrerollRing
from vision.ingest.slot import NewestFrameSlot
from vision.ingest.sources import RawPacket, open_file, raw_packet, video_of
from vision.settings import DecodePolicy

FPS, SECONDS = 25, 8


class Feed:
    """A clip as a live source on a made clock; ``late_s``: how long each packet is under way."""

    def __init__(self, late_s: float = 0.0, decode_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.late_s, self.decode_s = late_s, decode_s
        self.lags_s: list[float] = []
        self.wanted_s = float("-inf")
        self.shown_s: list[float] = []
        self.frames: NewestFrameSlot[Frame] = NewestFrameSlot(self._decoded)
        self.lane = Lane(
            ring=PrerollRing(10.0, 10_000_000),
            frames=self.frames,
            meter=HealthMeter(self.now_s),
            clocks=Clocks(lambda: self.now_s, lambda: 1_800_000_000 + self.now_s),
            emit=self._hear,
            policy=DecodePolicy.EVERYTHING,
            wanted_s=lambda: self.wanted_s,
        )
        self.events: list[SessionEvent] = []
        clip = make_clip(fps=FPS, seconds=SECONDS, gop=FPS)
        with open_file(clip) as container:
            stream, self.format = video_of(container, str(clip))
            self._raw = [raw_packet(p) for p in container.demux(stream) if p.size]

    def packets(self) -> Iterator[RawPacket | None]:
        """Each packet at its time, or at once where that is past."""
        for index, raw in enumerate(self._raw):
            late_s = 0.0 if index < FPS else self.late_s
            self.now_s = max(self.now_s, 100.0 + index / FPS + late_s)
            yield raw
            self.lags_s.append(self.lane.time.lag_s() or 0.0)

    def read(self) -> int:
        """Read it to the end; how many frames were decoded."""
        Reading(self.lane, self, 5.0).run(threading.Event())
        return self.lane.meter.snapshot(self.now_s, 0).counters.frames

    def close(self) -> None:
        """Nothing is open."""

    def _decoded(self) -> None:
        self.now_s += self.decode_s
        self.shown_s.append(self.now_s)

    def _hear(self, event: SessionEvent) -> None:
        self.events.append(event)


@pytest.mark.parametrize("late_s", [0.0, 3.0])
def test_a_machine_that_keeps_up_decodes_everything(late_s: float) -> None:
    """Also of a feed that is late by itself: waiting for it costs nothing."""
    feed = Feed(late_s=late_s)

    assert feed.read() == FPS * SECONDS
    assert feed.lane.meter.snapshot(feed.now_s, 0).counters.shed == 0


def test_a_machine_that_is_too_slow_leaves_frames_out() -> None:
    """It decodes key frames until it has caught up, so pictures stay fresh; packets are kept."""
    feed = Feed(decode_s=2.5 / FPS)

    decoded = feed.read()

    assert FPS < decoded < FPS * SECONDS
    assert max(feed.lags_s) < 1.5
    assert [event.kind for event in feed.events] == ["connected", "behind"]
    assert len(feed.lane.ring.since(float("-inf"))) == FPS * SECONDS


def test_pictures_that_nobody_wants_yet_wait_for_each_other() -> None:
    """All of them are decoded, the newest is shown, and that at the moment that was asked for."""
    feed = Feed()
    feed.wanted_s = 100.5

    frames = feed.read()

    assert frames == FPS * SECONDS
    assert feed.shown_s[0] == pytest.approx(100.5, abs=0.5 / FPS)


def test_an_analysis_now_and_then_costs_no_picture() -> None:
    """Whoever wants five pictures a second is shown five; none is left undecoded."""
    feed = Feed()

    def want_next() -> None:
        feed.shown_s.append(feed.now_s)
        feed.wanted_s = max(feed.wanted_s, 100.0) + 0.2

    feed.frames = feed.lane.frames = NewestFrameSlot(want_next)

    assert feed.read() == FPS * SECONDS
    assert len(feed.shown_s) == 5 * SECONDS + 1
    assert feed.lane.meter.snapshot(feed.now_s, 0).counters.shed == 0


def test_what_waits_when_a_stream_ends_is_shown() -> None:
    """The last picture before a loss may be the one that counts."""
    feed = Feed()
    feed.wanted_s = float("inf")

    feed.read()

    shown, newest = feed.frames.take(), feed.lane.ring.newest()
    assert shown is not None
    assert newest is not None
    assert shown.at == newest.at
