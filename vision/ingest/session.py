"""One stream's session: connect, demux, keep, decode, hand over; again after every failure.

The session is a thread (not a daemon: nothing native may run while the interpreter ends) and
the values it shares: the pre-roll ring, the newest-frame slot, the health. It decides nothing
about cameras; it never raises into its owner.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from vision.ingest.backoff import Backoff
from vision.ingest.frame import Frame
from vision.ingest.health import HealthMeter, SessionHealth
from vision.ingest.reading import Clocks, Lane, Reading, SessionEvent
from vision.ingest.reasons import Reason, StreamFaultError
from vision.ingest.ring import PrerollRing
from vision.ingest.slot import NewestFrameSlot
from vision.ingest.sources import SourceSettings, open_source
from vision.redaction import redact_url
from vision.settings import DecodePolicy

CLOSE_WITHIN_S = 3.0
_LASTED_S = 10.0  # a connection that held this long makes the next attempt an early one


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What a session keeps and how it decodes.

    ``wanted_s``: the moment, monotonic, from which on the next picture is wanted; until then
    packets may wait to be decoded together. It, ``on_event`` and ``on_frame`` are called in the
    session's thread: keep them short; they must not raise.
    """

    preroll_s: float = 12.0
    preroll_bytes: int = 32 * 1024 * 1024
    decode: DecodePolicy = DecodePolicy.EVERYTHING
    on_event: Callable[[SessionEvent], None] = field(default=lambda _event: None)
    on_frame: Callable[[], None] | None = None
    wanted_s: Callable[[], float] = field(default=lambda: float("-inf"))


class StreamSession:
    """Starts with ``start`` and ends with ``close``; everything shared is safe to read."""

    def __init__(
        self,
        source: SourceSettings,
        options: SessionOptions,
        *,
        clocks: Clocks | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.url = redact_url(source.url)
        self.ring = PrerollRing(options.preroll_s, options.preroll_bytes)
        self.frames: NewestFrameSlot[Frame] = NewestFrameSlot(options.on_frame)
        self._source = source
        self._clocks = clocks or Clocks()
        self._backoff = Backoff(rng or random.Random())  # noqa: S311 -- spreads retries only
        self._meter = HealthMeter(self._clocks.mono_s())
        self._emit = options.on_event
        self._closing = threading.Event()
        self._lane = Lane(
            ring=self.ring,
            frames=self.frames,
            meter=self._meter,
            clocks=self._clocks,
            emit=options.on_event,
            policy=options.decode,
            wanted_s=options.wanted_s,
        )
        self._thread = threading.Thread(target=self._run, name=f"ingest {self.url}")

    def start(self) -> Self:
        self._thread.start()
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

    def stop(self) -> None:
        """Tell the thread to end, without waiting for it."""
        self._closing.set()
        self.frames.close()

    def close(self, within_s: float = CLOSE_WITHIN_S) -> bool:
        """End the session and wait for its thread, at most ``within_s``.

        True where it has ended. A read ends within a second; only a thread that is still
        connecting may outlast the wait, and it ends by itself within twice the connect
        time-out.
        """
        self.stop()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def set_policy(self, policy: DecodePolicy) -> None:
        """Decode more or less; more begins at the next key frame."""
        self._lane.policy = policy

    def health(self) -> SessionHealth:
        """How the session is now."""
        return self._meter.snapshot(self._clocks.mono_s(), self.frames.dropped)

    def _run(self) -> None:
        while not self._closing.is_set():
            began_s = self._clocks.mono_s()
            reason, detail = self._connect_once()
            self._meter.failed(reason, detail)
            if reason is Reason.CLOSED:
                return
            self._emit(SessionEvent("lost", reason, detail))
            if reason is Reason.ENDED and self._source.is_file:
                return
            if self._clocks.mono_s() - began_s >= _LASTED_S:
                self._backoff.reset()
            self._closing.wait(self._backoff.next_s())

    def _connect_once(self) -> tuple[Reason, str]:
        """One connection from its opening to its end; why it ended."""
        try:
            source = open_source(self._source, self._closing)
            try:
                reading = Reading(self._lane, source, self._source.read_timeout_s)
                return reading.run(self._closing)
            finally:
                source.close()
        except StreamFaultError as fault:
            return fault.reason, fault.detail
        except Exception as error:  # noqa: BLE001 -- our own mistake is reported, and retried
            return Reason.INTERNAL_ERROR, type(error).__name__
