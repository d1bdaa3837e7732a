"""Who is, or was, inside which zone: presences, and what remains of them when sight is lost.

A presence outlives its track. One that leaves or vanishes unexplained stays on the book
with its clock running, and a track born inside the zone inherits it: cutting a track never
resets a deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot, inf

from vision.core.values import Direction, IdentityEvidence, IdentityState, Instant, ObjectKind

Point = tuple[float, float]
UNKNOWN_PLACE: Point = (inf, inf)

UNDETERMINED = IdentityEvidence(IdentityState.UNDETERMINED)


@dataclass(slots=True)
class Presence:
    """One stay of one object in one zone.

    ``clock_s``: stream time since when it has been unexplained, None while it is explained.
    ``gone_s``: stream time at which it left the zone or was lost from sight, None while it is
    there. ``track_id``: None once the track is lost. ``reported_s``: when its incident was
    last taken up, so that an alarm is never cleared in the moment of its raising.
    ``own_incident``: the key of an alarm about this presence alone that a restart interrupted.
    """

    key: str
    zone_id: str
    kind: ObjectKind
    track_id: int | None
    direction: Direction
    foot: Point
    clock_s: float | None
    evidence: IdentityEvidence = UNDETERMINED
    gone_s: float | None = None
    incident: str | None = None
    own_incident: str | None = None
    reported_s: float = -inf

    @property
    def vanished(self) -> bool:
        """Lost from sight while inside, as opposed to having been seen to leave."""
        return self.track_id is None and self.direction is not Direction.EXIT

    @property
    def owes(self) -> bool:
        """Whether it is unexplained, or has an alarm open."""
        return self.clock_s is not None or self.incident is not None


class PresenceBook:
    """Every presence of one scene that is current or still owed an explanation.

    ``prefix`` makes keys unique across restarts: two lives of a daemon never mean different
    people by one key.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self._entries: dict[str, Presence] = {}

    def __iter__(self) -> Iterator[Presence]:
        return iter(tuple(self._entries.values()))

    def of_track(self, track_id: int) -> tuple[Presence, ...]:
        """The presences that a live track has, also in zones that it left."""
        return tuple(p for p in self._entries.values() if p.track_id == track_id)

    def of_track_in(self, track_id: int, zone_id: str) -> Presence | None:
        """The presence that a live track has in one zone."""
        return next((p for p in self.of_track(track_id) if p.zone_id == zone_id), None)

    def holding(self, incident: str) -> tuple[Presence, ...]:
        """The presences that hold an incident open."""
        return tuple(p for p in self._entries.values() if p.incident == incident)

    def drop(self, presence: Presence) -> None:
        """Forget a presence that owes nothing any more."""
        del self._entries[presence.key]

    def begin(
        self,
        zone_id: str,
        kind: ObjectKind,
        track_id: int | None,
        direction: Direction,
        at: Instant,
    ) -> Presence:
        """Open a presence whose clock starts now."""
        self._count += 1
        key = f"{self._prefix}/{self._count}"
        presence = Presence(key, zone_id, kind, track_id, direction, UNKNOWN_PLACE, at.stream_s)
        self._entries[key] = presence
        return presence

    def heir_of(self, zone_id: str, kind: ObjectKind, foot: Point) -> Presence | None:
        """The nearest unexplained presence that vanished in the zone, for a track born there."""
        waiting = [
            p
            for p in self._entries.values()
            if p.zone_id == zone_id and p.kind is kind and p.vanished and p.owes
        ]
        x, y = foot
        return min(waiting, key=lambda p: hypot(p.foot[0] - x, p.foot[1] - y), default=None)

    def lose_track(self, track_id: int, at: Instant) -> None:
        """The track is no longer seen; what it owed is still owed."""
        for entry in self._entries.values():
            if entry.track_id == track_id:
                entry.track_id = None
                if entry.gone_s is None:
                    entry.gone_s = at.stream_s
