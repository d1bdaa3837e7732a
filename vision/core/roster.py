"""The tracks of a scene and who each of them is.

Holds one ``TrackIdentity`` a track, ends trust where tracks may have been swapped or one
person shows up twice, and says which tracks deserve a look. Knows no zones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from vision.core.identity import TrackIdentity
from vision.core.policy import IdentityPolicy
from vision.core.tracking import Track, TrackerStep
from vision.core.values import (
    Box,
    IdentityEvidence,
    IdentityState,
    Look,
    LookWanted,
    ObjectKind,
)

HEAD_PART: Final = 0.45
"""The part of a standing person's box, from the top, that holds the head with room to spare."""

CUT_OFF_AT: Final = 0.98
"""A box that reaches this far down is cut off by the picture: the head may be anywhere in it."""

APART_S: Final = 1.0
"""Tracks have parted when they were not near each other for this long: edges of boxes flicker."""


def head_of(person: Box) -> Box:
    """The region of a person's box to search for a face, clipped to the picture."""
    part = 1.0 if person.bottom >= CUT_OFF_AT else HEAD_PART
    margin_x, margin_y = 0.1 * person.width, 0.05 * person.height
    return Box(
        max(0.0, person.left - margin_x),
        max(0.0, person.top - margin_y),
        min(1.0, person.right + margin_x),
        min(1.0, person.top + part * person.height),
    )


class Roster:
    """Every live track with its identity."""

    def __init__(self, policy: IdentityPolicy) -> None:
        self._policy = policy
        self._identities: dict[int, TrackIdentity] = {}
        self._near: dict[int, dict[int, float]] = {}
        self.visible: tuple[Track, ...] = ()

    def renew(self, step: TrackerStep, now_s: float) -> None:
        """Take over the tracks of one frame; those that met or parted must be verified again."""
        for track in step.tracks:
            identity = self._identities.setdefault(track.track_id, TrackIdentity(self._policy))
            if self._met_or_parted(track, now_s) or track.doubtful:
                identity.doubt()
        self.visible = tuple(track for track in step.tracks if not track.coasting)

    def _met_or_parted(self, track: Track, now_s: float) -> bool:
        near = self._near.setdefault(track.track_id, {})
        met = not track.crossed <= near.keys()
        near.update(dict.fromkeys(track.crossed, now_s))
        parted = [other for other, seen_s in near.items() if now_s - seen_s > APART_S]
        for other in parted:
            del near[other]
        return met or bool(parted)

    def forget(self, lost: frozenset[int]) -> None:
        """Drop tracks that ended."""
        for track_id in lost:
            self._identities.pop(track_id, None)
            self._near.pop(track_id, None)
        self.visible = tuple(track for track in self.visible if track.track_id not in lost)

    def evidence(self, track_id: int) -> IdentityEvidence:
        """Who a live track is, and why."""
        return self._identities[track_id].evidence

    def add(self, look: Look) -> None:
        """Count a look; one at a track that is gone is ignored."""
        identity = self._identities.get(look.track_id)
        if identity is not None:
            identity.add(look)

    def vouch(self, track_id: int, staff_id: str, by: str, now_s: float) -> None:
        """Take a guard's word for who a live track is."""
        self._identities[track_id].vouch(staff_id, by, now_s)

    def forget_votes(self) -> None:
        """Drop what was found by another gallery."""
        for identity in self._identities.values():
            identity.forget_votes()

    def end_stale_trust(self, now_s: float) -> None:
        """End trust that is too old, or that two visible tracks claim for the same person."""
        for identity in self._identities.values():
            identity.expire(now_s)
        seen = [self._identities[track.track_id] for track in self.visible]
        claims = Counter(i.staff_id for i in seen if i.state is IdentityState.REGISTERED)
        for identity in seen:
            if claims[identity.staff_id] > 1:
                identity.contradict()

    def looks_wanted(self, now_s: float) -> Iterator[LookWanted]:
        """The people in the newest frame whose faces would help now."""
        for track in self.visible:
            identity = self._identities[track.track_id]
            if track.kind is ObjectKind.PERSON and identity.ask(now_s):
                head = head_of(track.box)
                yield LookWanted(track.track_id, track.box, head, identity.since_s)
