"""A camera's streams together: the one that is looked at, and perhaps a sharper one beside it.

Only puts sessions together from the settings; it decides nothing about them.
"""

from __future__ import annotations

import random
from dataclasses import replace
from types import TracebackType
from typing import Self

from vision.core.values import Instant
from vision.ingest.frame import Frame
from vision.ingest.health import SessionHealth
from vision.ingest.reading import Clocks
from vision.ingest.ring import PrerollRing
from vision.ingest.ring_decoder import RingDecoder
from vision.ingest.session import SessionOptions, StreamSession
from vision.ingest.slot import NewestFrameSlot
from vision.ingest.sources import SourceSettings
from vision.settings import CameraSettings, DecodePolicy


class CameraSource:
    """One camera. ``detect`` is always there; ``record`` where the settings have its URL.

    The record stream is kept as packets and decoded on demand only.
    """

    def __init__(
        self,
        settings: CameraSettings,
        options: SessionOptions | None = None,
        *,
        clocks: Clocks | None = None,
        rng: random.Random | None = None,
        loop_files: bool = False,
    ) -> None:
        wanted = options or SessionOptions()
        detecting = replace(
            wanted,
            preroll_s=settings.preroll_s,
            preroll_bytes=settings.preroll_bytes,
            decode=settings.decode,
        )
        recording = SessionOptions(
            settings.preroll_s, settings.preroll_bytes, DecodePolicy.PACKETS, wanted.on_event
        )
        self.detect = StreamSession(
            _source(settings, settings.detect_url, loop=loop_files),
            detecting,
            clocks=clocks,
            rng=rng,
        )
        self.record: StreamSession | None = None
        if settings.record_url is not None:
            source = _source(settings, settings.record_url, loop=loop_files)
            self.record = StreamSession(source, recording, clocks=clocks, rng=rng)
        self._record_frames = None if self.record is None else RingDecoder(self.record.ring)

    @property
    def frames(self) -> NewestFrameSlot[Frame]:
        """Where the newest frame to detect on waits."""
        return self.detect.frames

    @property
    def preroll(self) -> PrerollRing:
        """The packets for evidence: of the record stream where there is one."""
        return (self.record or self.detect).ring

    def start(self) -> Self:
        for session in self._sessions():
            session.start()
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> bool:
        """End both sessions, side by side; True where both threads have ended."""
        sessions = self._sessions()
        for session in sessions:
            session.stop()
        ended = [session.close() for session in sessions]
        return all(ended)

    def record_frame_near(self, at: Instant, within_s: float = 0.2) -> Frame | None:
        """The record stream's frame nearest to a moment, decoded now.

        None without a record stream, or where it has no frame so near: cut from the detection
        frame then. The two streams are matched by wall time, which is as exact as their
        arrivals are even. To be called from one thread. Raises StreamFaultError where the
        record stream's codec cannot be decoded.
        """
        if self._record_frames is None:
            return None
        return self._record_frames.frame_near(at.wall_utc, within_s)

    def health(self) -> SessionHealth:
        """The health of whichever stream is worse: the one that has been silent for longer.

        The picture's size is that of the stream that is looked at.
        """
        healths = [session.health() for session in self._sessions()]
        worse = max(healths, key=lambda health: (not health.connected, health.silent_s))
        return replace(worse, size_wh=healths[0].size_wh)

    def _sessions(self) -> tuple[StreamSession, ...]:
        return (self.detect,) if self.record is None else (self.detect, self.record)


def _source(settings: CameraSettings, url: str, *, loop: bool) -> SourceSettings:
    return SourceSettings(
        url=url,
        username=settings.username,
        password=settings.password,
        connect_timeout_s=settings.connect_timeout_s,
        read_timeout_s=settings.read_timeout_s,
        loop=loop,
    )
