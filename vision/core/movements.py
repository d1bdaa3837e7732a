"""Tracks crossing the edges of zones: presences begin, leave, return, vanish and are resumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vision.core.judging import Judge
from vision.core.passages import PassageLog
from vision.core.policy import ScenePolicy
from vision.core.presences import Presence, PresenceBook
from vision.core.tracking import Track
from vision.core.values import AlarmDecision, AlarmKind, Change, Direction, Instant, ObjectKind
from vision.core.zones import ZoneWatch

PASSAGE_PATIENCE_S: Final = 10.0
"""How long a passage waits for an identity in a zone that sets no deadline of its own."""


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An alarm of this camera that was open before a restart."""

    incident: str
    kind: AlarmKind
    zone_id: str


class Movements:
    """Keeps the book of presences in step with where the tracks are."""

    def __init__(
        self, policy: ScenePolicy, book: PresenceBook, judge: Judge, passages: PassageLog
    ) -> None:
        self._zones = {zone.zone_id: zone for zone in policy.zones}
        self._camera_id = policy.camera_id
        self._watch = ZoneWatch(policy.views, policy.boundary, policy.aspect)
        self._book = book
        self._judge = judge
        self._passages = passages

    def adopt(self, policy: ScenePolicy) -> None:
        """Go by other deadlines from now on; the zones stay the same."""
        self._zones = {zone.zone_id: zone for zone in policy.zones}

    def place(self, track: Track, at: Instant) -> Iterator[AlarmDecision]:
        """Follow a track to where it is in this frame."""
        for zone_id, direction in self._watch.update(track.track_id, track.box, track.origin):
            yield from self._cross(track, zone_id, direction, at)
        for presence in self._book.of_track(track.track_id):
            presence.foot = track.box.foot

    def lose(self, lost: Iterable[int], at: Instant) -> None:
        """Forget where tracks were; what they owed stays on the book."""
        for track_id in lost:
            self._watch.forget(track_id)
            self._book.lose_track(track_id, at)

    def resume(self, entry: OpenIncident, at: Instant) -> Iterator[AlarmDecision]:
        """Take up an alarm from before a restart, as somebody lost from sight inside."""
        if entry.zone_id not in self._zones:
            yield self._orphaned(entry, at)
            return
        forklift = entry.kind is AlarmKind.FORKLIFT_INTRUSION
        kind = ObjectKind.FORKLIFT if forklift else ObjectKind.PERSON
        presence = self._book.begin(entry.zone_id, kind, None, Direction.INSIDE, at)
        presence.gone_s = at.stream_s
        self._judge.resume(presence, entry.incident, entry.kind, at)

    def _cross(
        self, track: Track, zone_id: str, direction: Direction, at: Instant
    ) -> Iterator[AlarmDecision]:
        heir = self._heir(track, zone_id, direction)
        if heir is not None:
            heir.track_id, heir.gone_s = track.track_id, None
            yield from self._judge.say(heir, "seen_again", at)
            return
        patience_s = self._zones[zone_id].verify_within_s or PASSAGE_PATIENCE_S
        self._passages.add(track, zone_id, direction, at, patience_s)
        presence = self._book.of_track_in(track.track_id, zone_id)
        if presence is None:
            self._book.begin(zone_id, track.kind, track.track_id, direction, at)
        else:
            yield from self._recross(presence, direction, at)

    def _heir(self, track: Track, zone_id: str, direction: Direction) -> Presence | None:
        if direction is not Direction.INSIDE:
            return None
        return self._book.heir_of(zone_id, track.kind, track.box.foot)

    def _recross(
        self, presence: Presence, direction: Direction, at: Instant
    ) -> Iterator[AlarmDecision]:
        leaving = direction is Direction.EXIT
        presence.direction = direction
        presence.gone_s = at.stream_s if leaving else None
        yield from self._judge.say(presence, "left" if leaving else "returned", at)

    def _orphaned(self, entry: OpenIncident, at: Instant) -> AlarmDecision:
        """Clear an alarm about a zone that this camera no longer watches."""
        return AlarmDecision(
            incident=entry.incident,
            change=Change.CLEARED,
            kind=entry.kind,
            camera_id=self._camera_id,
            at=at,
            reason="zone_no_longer_watched",
            zone_id=entry.zone_id,
        )
