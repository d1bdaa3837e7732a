"""Detections of single frames become tracks: one object over time.

The life of a track lives here: born, confirmed, coasting, lost, and with whom it may have
been confused. How well a box fits a track is ``vision.core.association``'s question; who a
track is, and where it stands, are others'. All ages are seconds of the stream's clock.

The association is of the ByteTrack class (Zhang et al., "ByteTrack: multi-object tracking by
associating every detection box", 2022): detections of high score are given away first, those
of low score may then only continue a track, never begin one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vision.core.association import (
    DISTANCE_LIMIT,
    OVERLAP_LIMIT,
    Round,
    as_array,
    association_costs,
    doubtful_swaps,
    match_in_rounds,
    overlapping,
)
from vision.core.policy import TrackingPolicy
from vision.core.trails import Trail
from vision.core.values import Box, Detection, Instant, ObjectKind

FAINT_LIMIT: Final = 0.8
"""A detection of low score must fit better than others do to continue a track."""


class TimeNotForwardError(ValueError):
    """A frame is not newer than the one before; the tracker has changed nothing."""


@dataclass(frozen=True, slots=True)
class Track:
    """One object over time, as it stands after one frame.

    ``box``: smoothed; while ``coasting`` (not found in this frame) where it is expected.
    ``born``, ``origin``: when and where it was first seen, before it was confirmed.
    ``last_seen``: its newest detection. ``score``: of that detection.
    ``crossed``: tracks of the same kind that it may have been confused with in this frame,
    for on their way from the frame before they overlap, or their detections could as well be
    exchanged; tracks that are not yet
    confirmed, hence not reported, are among them. ``doubtful``: in this frame it was found
    again after more than ``occlusion_s`` out of sight, or by distance alone, so it may have
    become another object. Both err on the side of doubt.
    """

    track_id: int
    kind: ObjectKind
    box: Box
    score: float
    born: Instant
    last_seen: Instant
    origin: Box
    crossed: frozenset[int] = frozenset()
    coasting: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class TrackerStep:
    """What one frame has changed.

    ``tracks``: all confirmed tracks, coasting ones too, by ascending id; ``born``: those of
    them that were confirmed just now; ``lost``: those that ended, as they were last reported.
    """

    tracks: tuple[Track, ...] = ()
    born: tuple[Track, ...] = ()
    lost: tuple[Track, ...] = ()


class Tracker:
    """The tracks of one camera.

    Deterministic: ids count up from 1 in the order of births, and equal calls give equal
    steps. An id is never used twice. ``aspect``: width of the picture over its height; it
    only makes distances to the side comparable with those in depth.
    """

    def __init__(self, policy: TrackingPolicy, aspect: float = 16 / 9) -> None:
        self._policy = policy
        self._aspect = aspect
        self._now_s = float("-inf")
        self._trails: list[Trail] = []
        self._births = 0

    def update(self, detections: Sequence[Detection], at: Instant) -> TrackerStep:
        """Take in all detections of one frame.

        Frames may be any time apart; after more than ``lost_s`` without one (an outage of the
        camera) every track is lost and what is seen is born anew. Detections without area, or
        with NaN in them, are ignored.

        Raises:
            TimeNotForwardError: ``at`` is not later than the frame before.

        """
        if not at.stream_s > self._now_s:
            raise TimeNotForwardError(
                f"frame at {at.stream_s} s after one at {self._now_s} s; drop it, it is no news"
            )
        lost = self.expire(at)
        known = {trail.track_id for trail in self._trails if trail.confirmed}
        self._move_to(at)
        for kind in ObjectKind:
            self._continue(kind, detections, at)
        self._drop_tentative(at)
        self._note_overlaps()
        tracks = tuple(_reported(trail) for trail in self._trails if trail.confirmed)
        born = tuple(track for track in tracks if track.track_id not in known)
        return TrackerStep(tracks, born, lost)

    def expire(self, at: Instant) -> tuple[Track, ...]:
        """Let tracks end that have not been seen for ``lost_s``; the confirmed among them.

        For moments without a frame. It changes nothing else, and may be called as often as
        one likes.
        """
        oldest_s = at.stream_s - self._policy.lost_s
        ended = [trail for trail in self._trails if trail.last_seen.stream_s < oldest_s]
        self._trails = [trail for trail in self._trails if trail.last_seen.stream_s >= oldest_s]
        return tuple(_reported(trail) for trail in ended if trail.confirmed)

    def _move_to(self, at: Instant) -> None:
        elapsed_s = at.stream_s - self._now_s
        for trail in self._trails:
            trail.move(elapsed_s, at, self._aspect)
        self._now_s = at.stream_s

    def _continue(self, kind: ObjectKind, seen: Sequence[Detection], at: Instant) -> None:
        """Give the detections of one kind to its trails; what is left over may begin new ones."""
        trails = [trail for trail in self._trails if trail.kind is kind]
        found = [one for one in seen if one.kind is kind and _is_usable(one.box)]
        if not (trails and found):  # nothing to pair, in most frames of most kinds
            for trail in trails:
                trail.coasting = True
            self._begin(found, at)
            return
        costs = association_costs(
            as_array([trail.box for trail in trails]),
            np.array([trail.unseen_s(at) for trail in trails]),
            as_array([one.box for one in found]),
            self._aspect,
        )
        pairs = match_in_rounds(costs, self._rounds(trails, found))
        for i, j in doubtful_swaps(costs, pairs):
            trails[i].cross(trails[j])
        found_rows = {i for i, _ in pairs}
        for i, trail in enumerate(trails):
            trail.coasting |= i not in found_rows
        for i, j in pairs:
            by_distance = bool(costs[i, j] >= OVERLAP_LIMIT)
            self._find(trails[i], found[j], at, by_distance=by_distance)
        taken = {j for _, j in pairs}
        self._begin((one for j, one in enumerate(found) if j not in taken), at)

    def _rounds(self, trails: Sequence[Trail], found: Sequence[Detection]) -> Iterator[Round]:
        """Who may have which detections, the surest first.

        A track that is in sight comes before one that is coasting, which would otherwise put
        on the person who hides it. A tentative one takes nothing that a confirmed one could
        have, or a false box would break the track of the person beside it.
        """
        high = self._policy.high_score
        sure = [j for j, one in enumerate(found) if one.score >= high]
        faint = [j for j, one in enumerate(found) if self._policy.low_score <= one.score < high]
        in_sight = [i for i, t in enumerate(trails) if t.confirmed and not t.coasting]
        hidden = [i for i, t in enumerate(trails) if t.confirmed and t.coasting]
        tentative = [i for i, t in enumerate(trails) if not t.confirmed]
        yield in_sight, sure, OVERLAP_LIMIT
        yield in_sight, faint, FAINT_LIMIT
        yield in_sight, sure, DISTANCE_LIMIT
        yield hidden, sure, OVERLAP_LIMIT
        yield hidden, faint, FAINT_LIMIT
        yield hidden, sure, DISTANCE_LIMIT
        yield tentative, sure, OVERLAP_LIMIT
        yield tentative, sure, DISTANCE_LIMIT
        yield tentative, faint, FAINT_LIMIT

    def _find(self, trail: Trail, found: Detection, at: Instant, *, by_distance: bool) -> None:
        hidden = trail.coasting and trail.unseen_s(at) > self._policy.occlusion_s
        trail.find(found, at, self._aspect)
        trail.doubtful = hidden or by_distance
        old_enough = at.stream_s - trail.born.stream_s >= self._policy.confirm_s
        trail.confirmed |= old_enough and found.score >= self._policy.high_score

    def _begin(self, left_over: Iterable[Detection], at: Instant) -> None:
        for found in left_over:
            if found.score >= self._policy.high_score:
                self._births += 1
                self._trails.append(Trail.begin(self._births, found, at, self._aspect))

    def _drop_tentative(self, at: Instant) -> None:
        """One that is missed before it was confirmed gets ``confirm_s`` to show up again."""
        self._trails = [
            trail
            for trail in self._trails
            if trail.confirmed or not trail.coasting or trail.unseen_s(at) <= self._policy.confirm_s
        ]

    def _note_overlaps(self) -> None:
        if len(self._trails) < 2:  # noqa: PLR2004 -- it takes two
            return
        threshold = self._policy.crossing_overlap
        for i, j in overlapping(as_array([trail.swept for trail in self._trails]), threshold):
            one, other = self._trails[i], self._trails[j]
            if one.kind is other.kind:
                one.cross(other)


def _is_usable(box: Box) -> bool:
    """Whether a box has an area; NaN has none."""
    return box.width > 0.0 and box.height > 0.0


def _reported(trail: Trail) -> Track:
    return Track(
        track_id=trail.track_id,
        kind=trail.kind,
        box=trail.box,
        score=trail.score,
        born=trail.born,
        last_seen=trail.last_seen,
        origin=trail.origin,
        crossed=frozenset(trail.crossed),
        coasting=trail.coasting,
        doubtful=trail.doubtful,
    )
