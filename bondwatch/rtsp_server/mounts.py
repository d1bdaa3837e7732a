"""A mount: a clip on an endless timeline, and the faults that are switched on for it.

The timeline is shared by everybody who watches, as with a real camera. Times are seconds of
the monotonic clock; timestamps are RTP ticks that run on over the loop and over a change of
clip.
"""

from __future__ import annotations

import bisect
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bondwatch.rtsp_server.clips import CLOCK_HZ, AccessUnit, Clip

SOON_S = 1.0
"""How long somebody who joins is left waiting for the next key frame."""

JUST_NOW_S = 0.1
"""A key frame missed by this little still serves: who starts a timeline gets its first one."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a mount now. Shares are in [0, 1]; ``lag_s`` delays every unit."""

    frozen: bool = False
    refusing: bool = False
    lost: float = 0.0
    garbled: float = 0.0
    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Due:
    """One unit with the moment it is due and its RTP timestamp (not yet cut to 32 bits)."""

    due_s: float
    timestamp: int
    unit: AccessUnit


@dataclass(frozen=True, slots=True)
class Timeline:
    """A looped clip laid on the monotonic clock: tick 0 of it is due at ``origin_s``."""

    clip: Clip
    origin_s: float
    origin_ticks: int

    def units_from(self, now_s: float) -> Iterator[Due]:
        """Endless units from a key frame on, in decoding order.

        The key frame is the next one where it is due soon; otherwise the one before, and the
        units up to now come as a burst, as from cameras that keep the current group of
        pictures for those who join.
        """
        elapsed = max(0, round((now_s - self.origin_s) * CLOCK_HZ))
        loop, within = divmod(elapsed, self.clip.duration)
        index = self._first_index(within)
        while True:
            for unit in self.clip.units[index:]:
                base = loop * self.clip.duration
                due_s = self.origin_s + (base + unit.dts) / CLOCK_HZ
                yield Due(due_s, self.origin_ticks + base + unit.pts, unit)
            loop, index = loop + 1, 0

    def _first_index(self, within: int) -> int:
        keys = [index for index, unit in enumerate(self.clip.units) if unit.is_key]
        times = [self.clip.units[index].dts for index in keys]
        following = bisect.bisect_left(times, within - JUST_NOW_S * CLOCK_HZ)
        if following < len(keys) and times[following] - within <= SOON_S * CLOCK_HZ:
            return keys[following]
        if following == len(keys) and self.clip.duration - within <= SOON_S * CLOCK_HZ:
            return len(self.clip.units)
        return keys[following - 1]


class Mount:
    """One stream's name, clip and faults; safe to use from several threads."""

    def __init__(self, name: str, clip: Clip, rng: random.Random | None = None) -> None:
        self.name = name
        self.rng = rng or random.Random(0)  # noqa: S311 -- faults are rehearsed, not secret
        self._lock = threading.Lock()
        self._clip = clip
        self._timeline: Timeline | None = None
        self._faults = Faults()

    @property
    def clip(self) -> Clip:
        with self._lock:
            return self._clip

    @property
    def faults(self) -> Faults:
        with self._lock:
            return self._faults

    def break_with(self, **changes: float) -> None:
        """Switch faults on or off by the names of Faults."""
        with self._lock:
            self._faults = replace(self._faults, **changes)  # type: ignore[arg-type]  # checked by replace

    def resume(self) -> None:
        """No faults any more."""
        with self._lock:
            self._faults = Faults()

    def timeline(self, now_s: float) -> Timeline:
        """The shared timeline; the first to ask starts it, at the clip's first picture."""
        with self._lock:
            if self._timeline is None:
                self._timeline = Timeline(self._clip, now_s, 0)
            return self._timeline

    def switch(self, clip: Clip, now_s: float) -> None:
        """Another clip from now on; the timestamps run on."""
        with self._lock:
            old, self._clip = self._timeline, clip
            if old is not None:
                ticks = old.origin_ticks + round((now_s - old.origin_s) * CLOCK_HZ)
                self._timeline = Timeline(clip, now_s, ticks)
