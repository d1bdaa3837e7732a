"""What a timeline says, as values: who was seen where, and what was decided. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vision.core.judging import EVERYBODY
from vision.core.values import Box, ObjectKind


class TrackKey(NamedTuple):
    """One track of a camera. Numbers begin anew with each ``life`` of its scene."""

    life: int
    number: int


@dataclass(frozen=True, slots=True)
class SeenIdentity:
    """Who somebody was taken for: ``state`` as in the messages. ``vouched``: by a guard's word."""

    state: str
    staff_id: str | None = None
    similarity: float | None = None
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class SeenTrack:
    """A track in one analysed frame. ``verdict``: the kind of the alarm that it held open."""

    key: TrackKey
    kind: ObjectKind
    box: Box
    identity: SeenIdentity | None = None
    verdict: str | None = None
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenLook:
    """A look: where the face was, and the people who were most similar to it."""

    key: TrackKey
    face: Box | None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """One analysed frame; ``at``: POSIX seconds, as everywhere here."""

    at: float
    tracks: tuple[SeenTrack, ...] = ()
    looks: tuple[SeenLook, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenAlarm:
    """A decision about an alarm. ``key``: None where no track is told."""

    at: float
    incident: str
    change: str
    kind: str
    reason: str
    zone: str | None
    key: TrackKey | None
    identity: SeenIdentity | None = None


@dataclass(frozen=True, slots=True)
class SeenPassage:
    """An entry or exit."""

    at: float
    kind: str
    zone: str
    direction: str
    key: TrackKey | None
    identity: SeenIdentity | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that the timelines of one camera say of an alarm.

    ``incident``: the alarm's own. ``versions``: what was judged by, as it is written, from the
    first to the last. ``parts``: when each file of the clip begins. ``in_order``: whether time
    never ran back in it.
    """

    camera_id: str
    incident: str
    frames: tuple[SeenFrame, ...] = ()
    alarms: tuple[SeenAlarm, ...] = ()
    passages: tuple[SeenPassage, ...] = ()
    versions: tuple[Mapping[str, Any], ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    left_out: int = 0
    in_order: bool = True

    @property
    def own_tracks(self) -> frozenset[TrackKey]:
        """The tracks that the alarm is about.

        While nobody can be identified a zone has one alarm about everybody: then only who it was
        raised about.
        """
        own = [a for a in self.alarms if a.incident == self.incident and a.change != "cleared"]
        if self.incident.startswith(f"{EVERYBODY}/"):
            own = [alarm for alarm in own if alarm.change == "raised"]
        return frozenset(alarm.key for alarm in own if alarm.key is not None)
