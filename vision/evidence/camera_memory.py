"""What a camera showed in the last seconds: kept for the alarm that may come of it.

For the analysing thread alone, but for ``newest``. Values and a few pictures; the packets are the
pre-roll ring's.
"""

from __future__ import annotations

from collections import deque

from vision.core.values import Look
from vision.evidence.timeline import quality
from vision.evidence.values import Picture, Sight
from vision.ingest.frame import Frame

MOST_PICTURES = 4
"""Pictures kept at once, each of some megabytes: those of the tracks looked at last."""

MOST_SIGHTS = 1200


class CameraMemory:
    """``keep_s``: how long sights are kept."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._sights: deque[Sight] = deque(maxlen=MOST_SIGHTS)
        self._best: dict[int, Picture] = {}
        self.newest: Frame | None = None

    def show(self, frame: Frame) -> None:
        """The frame that is going to be analysed."""
        self.newest = frame

    def saw(self, sight: Sight, source: Frame) -> dict[int, Picture]:
        """Remember a sight; the pictures that are the best yet of their tracks.

        ``source``: the frame that the looks were taken in.
        """
        self.remember(sight)
        better = {}
        for look in sight.looks:
            picture = _picture(look, source)
            if picture is not None and self._is_better(look.track_id, picture):
                better[look.track_id] = picture
        self._keep(better)
        return better

    def remember(self, sight: Sight) -> None:
        """Remember a sight, and forget those that are too old."""
        self._sights.append(sight)
        oldest_s = sight.at.stream_s - self._keep_s
        while self._sights[0].at.stream_s < oldest_s:
            self._sights.popleft()

    def recent(self) -> tuple[Sight, ...]:
        """What was seen in the last seconds, the oldest first."""
        return tuple(self._sights)

    def picture_of(self, track_id: int | None) -> Picture | None:
        """The best picture of a track, or else the newest of all; None before the first."""
        best = None if track_id is None else self._best.get(track_id)
        if best is not None or self.newest is None:
            return best
        return Picture(self.newest)

    def _is_better(self, track_id: int, picture: Picture) -> bool:
        before = self._best.get(track_id)
        return before is None or picture.quality > before.quality

    def _keep(self, better: dict[int, Picture]) -> None:
        for track_id, picture in better.items():
            self._best.pop(track_id, None)
            self._best[track_id] = picture
        while len(self._best) > MOST_PICTURES:
            del self._best[next(iter(self._best))]


def _picture(look: Look, source: Frame) -> Picture | None:
    return None if look.face is None else Picture(source, look.face, quality(look.measures))
