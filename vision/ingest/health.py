"""What a session tells about itself: a snapshot of values, and the meter that keeps it.

No judgement: when a camera counts as offline or lagging is the core's rule.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field

from vision.ingest.reasons import Reason

_FPS_WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals since the session object was made.

    ``dropped``: newer frames replaced them; ``shed``: not decoded, to catch up;
    ``out_of_order``: older than one already shown; ``unreadable``: packets that did not decode.
    """

    packets: int = 0
    bytes: int = 0
    frames: int = 0
    dropped: int = 0
    shed: int = 0
    out_of_order: int = 0
    corrupt: int = 0
    unreadable: int = 0
    connections: int = 0
    reconnects: int = 0
    resolution_changes: int = 0
    time_jumps: int = 0
    wall_jumps: int = 0


@dataclass(frozen=True, slots=True)
class SessionHealth:
    """One moment of a session; times are seconds of the monotonic clock.

    ``connected``: usable video has come over the present connection (a sound frame, or a
    packet where nothing is decoded). ``silent_s``: since the last usable video, or since the
    start. ``lag_s``: how late the newest packet came; None while not connected.
    ``detail``: one sentence for people, without credentials.
    """

    connected: bool
    reason: Reason
    detail: str
    silent_s: float
    last_packet_age_s: float | None
    fps: float
    lag_s: float | None
    size_wh: tuple[int, int]
    counters: Counters


@dataclass(slots=True)
class HealthMeter:
    """Written by the session's thread, read by any. ``started_s`` is monotonic."""

    started_s: float
    _reason: Reason = Reason.CONNECTING
    _detail: str = ""
    _connected: bool = False
    _usable_s: float | None = None
    _packet_s: float | None = None
    _lag_s: float | None = None
    _size_wh: tuple[int, int] = (0, 0)
    _totals: Counter[str] = field(default_factory=Counter)  # of the names in Counters
    _arrivals_s: deque[float] = field(default_factory=lambda: deque(maxlen=600))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connecting(self) -> None:
        """A connection has been opened; the last reason stays until video is usable."""
        with self._lock:
            self._totals["reconnects"] += self._totals["connections"] > 0
            self._totals["connections"] += 1
            self._arrivals_s.clear()

    def packet(self, now_s: float, size_bytes: int, lag_s: float | None) -> None:
        """A packet has come in."""
        with self._lock:
            self._totals["packets"] += 1
            self._totals["bytes"] += size_bytes
            self._packet_s, self._lag_s = now_s, lag_s
            self._arrivals_s.append(now_s)

    def usable(self, now_s: float) -> bool:
        """Usable video has come in; True where that is news on this connection."""
        with self._lock:
            is_news = not self._connected
            self._usable_s, self._connected = now_s, True
            self._reason, self._detail = Reason.DELIVERING, ""
            return is_news

    def failed(self, reason: Reason, detail: str) -> None:
        """The connection is over, or none could be made."""
        with self._lock:
            self._reason, self._detail, self._connected = reason, detail, False

    def size(self, size_wh: tuple[int, int]) -> bool:
        """The size of the newest frame; True where it is another than before."""
        with self._lock:
            if size_wh == self._size_wh:
                return False
            is_change = self._size_wh != (0, 0)
            self._size_wh = size_wh
            self._totals["resolution_changes"] += is_change
            return is_change

    def count(self, **more: int) -> None:
        """Add to counters by name."""
        with self._lock:
            for name, number in more.items():
                self._totals[name] += number

    def set_jumps(self, time_jumps: int, wall_jumps: int) -> None:
        """The totals as stream time counts them."""
        with self._lock:
            self._totals["time_jumps"], self._totals["wall_jumps"] = time_jumps, wall_jumps

    def snapshot(self, now_s: float, dropped: int) -> SessionHealth:
        """The state at a moment; ``dropped`` is the slot's count."""
        with self._lock:
            since_s = self._usable_s if self._usable_s is not None else self.started_s
            return SessionHealth(
                connected=self._connected,
                reason=self._reason,
                detail=self._detail,
                silent_s=max(0.0, now_s - since_s),
                last_packet_age_s=None if self._packet_s is None else now_s - self._packet_s,
                fps=self._fps(now_s),
                lag_s=self._lag_s if self._connected else None,
                size_wh=self._size_wh,
                counters=Counters(**{**self._totals, "dropped": dropped}),
            )

    def _fps(self, now_s: float) -> float:
        recent = [at_s for at_s in self._arrivals_s if now_s - at_s <= _FPS_WINDOW_S]
        if len(recent) < 2 or not self._connected:  # noqa: PLR2004 -- one arrival has no rate
            return 0.0
        return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-6)
