"""The last embeddings of each track, so that several looks can be taken for one.

The mean of some looks is a better probe than any of them. Here belong the rows and their ages;
whether a mean may name anybody is the core's to decide. Rows live for seconds, in memory only.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]


class _Aged(NamedTuple):
    at_s: float
    row: Row


class TrackProbes:
    """At most ``looks`` rows a track, none older than ``window_s`` (stream seconds)."""

    def __init__(self, looks: int, window_s: float) -> None:
        self._looks = looks
        self._window_s = window_s
        self._rows: dict[int, deque[_Aged]] = {}

    def add(self, track_id: int, row: Row, at_s: float, since_s: float) -> tuple[Row, int]:
        """Add a unit row ``(D,)``; the mean of the track's rows, unit length, and their number.

        Rows from before ``since_s`` are dropped: the track may have been somebody else then.
        """
        self._forget(at_s)
        held = self._rows.setdefault(track_id, deque(maxlen=self._looks))
        while held and not max(since_s, at_s - self._window_s) <= held[0].at_s <= at_s:
            held.popleft()
        held.append(_Aged(at_s, row))
        total = np.sum([aged.row for aged in held], axis=0)
        length = float(np.linalg.norm(total))
        if length == 0:  # rows that cancel each other out are no one person's
            held.clear()
            return row, 1
        return np.asarray(total / length, np.float32), len(held)

    def _forget(self, now_s: float) -> None:
        """Let go of tracks that have not been looked at for long, and of another clock's."""
        stale = [
            track_id
            for track_id, held in self._rows.items()
            if not now_s - self._window_s <= held[-1].at_s <= now_s
        ]
        for track_id in stale:
            del self._rows[track_id]
