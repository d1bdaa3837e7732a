"""Which tracks of two timelines of the same clip are the same people and forklifts. Pure.

Ids say nothing: each time tracks are counted anew, at other moments, and broken elsewhere. What
counts is being at the same place at the same time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vision.bundles.seen import Timeline, TrackKey
from vision.core.values import Box, ObjectKind

LONGEST_STEP_S: Final = 1.5
"""Between two sightings further apart, where a track was is not known."""

LEAST_OVERLAP: Final = 0.3
"""Mean intersection over union; two people side by side have less, boxes of two detectors more."""

LEAST_MOMENTS: Final = 2


Pairs = frozenset[tuple[TrackKey, TrackKey]]
"""Tracks then and now that are the same."""


@dataclass(slots=True)
class Path:
    """Where one track was, the oldest sighting first."""

    kind: ObjectKind
    times: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def box_at(self, at: float) -> Box | None:
        """Where it was at a moment, between two sightings; None where that is not known."""
        after = bisect_left(self.times, at)
        if after < len(self.times) and self.times[after] == at:
            return self.boxes[after]
        if after in {0, len(self.times)}:
            return None
        begin, end = self.times[after - 1], self.times[after]
        if end - begin > LONGEST_STEP_S:
            return None
        return _between(self.boxes[after - 1], self.boxes[after], (at - begin) / (end - begin))


def paths_of(timeline: Timeline) -> dict[TrackKey, Path]:
    """All tracks by key. Frames must be in the order of time."""
    paths: dict[TrackKey, Path] = {}
    for frame in timeline.frames:
        for track in frame.tracks:
            path = paths.setdefault(track.key, Path(track.kind))
            path.times.append(frame.at)
            path.boxes.append(track.box)
    return paths


def related(then: Mapping[TrackKey, Path], now: Mapping[TrackKey, Path]) -> Pairs:
    """Pairs of tracks, then and now, each the best partner of at least one of both.

    So a track that was broken in two has two partners.
    """
    scores = {
        (one, other): score
        for one, path in then.items()
        for other, partner in now.items()
        if path.kind is partner.kind and (score := _together_s(path, partner)) > 0
    }
    ranked = sorted(scores, key=lambda pair: (scores[pair], pair))
    best_of_then = {pair[0]: pair for pair in ranked}
    best_of_now = {pair[1]: pair for pair in ranked}
    return frozenset(best_of_then.values()) | frozenset(best_of_now.values())


def _together_s(one: Path, other: Path) -> float:
    """The sum of overlaps at the moments of the first path; 0 where they are not the same."""
    known = [
        _overlap(box, place)
        for at, box in zip(one.times, one.boxes, strict=True)
        if (place := other.box_at(at)) is not None
    ]
    total = sum(known)
    same = len(known) >= LEAST_MOMENTS and total / len(known) >= LEAST_OVERLAP
    return total if same else 0.0


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union, [0, 1]."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (one.width * one.height + other.width * other.height - shared)


def _between(one: Box, other: Box, part: float) -> Box:
    def mixed(begin: float, end: float) -> float:
        return begin + (end - begin) * part

    return Box(
        mixed(one.left, other.left),
        mixed(one.top, other.top),
        mixed(one.right, other.right),
        mixed(one.bottom, other.bottom),
    )
