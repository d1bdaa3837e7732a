"""What would be decided today about a clip, against what was decided then. Pure.

Two timelines go in, differences come out. Grave are those that are another decision: about the
alarm itself any, about others all but a doubt instead of an answer. Everything else explains them,
or is told so that nobody wonders later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from vision.bundles.charges import charges_of, same_matter
from vision.bundles.matching import LEAST_MOMENTS, Pairs, paths_of, related
from vision.bundles.seen import SeenIdentity, Timeline, TrackKey
from vision.core.values import AlarmKind, Direction

MOVED_S: Final = 2.0
"""Alarms and passages are the same within this time: analysed moments differ, pre-roll is short."""

MOVED_SIMILARITY: Final = 0.02
EDGE_S: Final = 0.3
"""What was decided so close to a clip's edge is in it: two streams of a camera have two clocks."""

SETTLING_S: Final = 2.0
"""What is seen in a clip's first seconds as news may have been going on before it began."""

ACTIVE: Final = "active"
UNDETERMINED: Final = "undetermined"


class What(StrEnum):
    """What differs: stable codes."""

    ALARM_ABSENT = "alarm_absent"
    ALARM_NEW = "alarm_new"
    ALARM_KIND = "alarm_kind"
    ALARM_MOMENT = "alarm_moment"
    IDENTITY = "identity"
    SIMILARITY = "similarity"
    PASSAGE_ABSENT = "passage_absent"
    PASSAGE_NEW = "passage_new"
    TRACK_ABSENT = "track_absent"
    MODEL = "model"
    THRESHOLD = "threshold"
    ZONE = "zone"
    REGISTER = "register"
    CONFIGURATION = "configuration"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was. ``at``: POSIX seconds, None where it has no moment."""

    what: What
    about: str
    then: str | float | None
    now: str | float | None
    grave: bool = False
    at: float | None = None


Span = tuple[float, float]


def within(timeline: Timeline, spans: Sequence[Span]) -> Timeline:
    """What a timeline says of these spans, in the order of time."""

    def holds(at: float) -> bool:
        return any(begin - EDGE_S <= at <= end + EDGE_S for begin, end in spans)

    frames = sorted((one for one in timeline.frames if holds(one.at)), key=lambda one: one.at)
    return replace(
        timeline,
        frames=tuple(frames),
        alarms=tuple(alarm for alarm in timeline.alarms if holds(alarm.at)),
        passages=tuple(passage for passage in timeline.passages if holds(passage.at)),
    )


def compare(then: Timeline, now: Timeline, standing: Mapping[str, str]) -> tuple[Difference, ...]:
    """All differences, the grave ones first.

    ``standing``: how each person stands on the register today, by staff id: ``active``, or why
    not; who is not in it is on no register any more. Frames must be in the order of time.
    """
    pairs = related(paths_of(then), paths_of(now))
    found = [
        *_alarms(then, now, pairs),
        *_people(then, now, pairs),
        *_passages(then, now),
        *_judged_by(_newest(then), _newest(now)),
        *_standing(then, standing),
    ]
    return tuple(sorted(found, key=lambda one: not one.grave))


def _alarms(then: Timeline, now: Timeline, pairs: Pairs) -> Iterator[Difference]:
    before, after = charges_of(then), charges_of(now)
    for charge in before:
        partners = [one for one in after if same_matter(charge, one, pairs)]
        same = [one for one in partners if one.kind == charge.kind]
        if not partners:
            yield Difference(
                What.ALARM_ABSENT, charge.name, charge.kind, None, grave=True, at=charge.at
            )
        elif not same:
            other = partners[0].kind
            grave = charge.is_own or AlarmKind.UNVERIFIED_PERSON not in {charge.kind, other}
            yield Difference(What.ALARM_KIND, charge.name, charge.kind, other, grave, charge.at)
        elif all(abs(one.at - charge.at) > MOVED_S for one in same):
            yield Difference(What.ALARM_MOMENT, charge.name, charge.at, same[0].at, at=charge.at)
    known_before = _known_by_more(then)
    for charge in after:
        if not any(same_matter(one, charge, pairs) for one in before):
            partners_then = {one for one, other in pairs if other in charge.keys}
            grave = charge.kind != AlarmKind.UNVERIFIED_PERSON or not partners_then & known_before
            yield Difference(What.ALARM_NEW, charge.name, None, charge.kind, grave, charge.at)


def _known_by_more(timeline: Timeline) -> frozenset[TrackKey]:
    """Tracks whose identity rested on more than the clip: on looks before it, or a guard's word."""
    first: dict[TrackKey, tuple[float, SeenIdentity | None]] = {}
    vouched = set()
    for frame in timeline.frames:
        for track in frame.tracks:
            first.setdefault(track.key, (frame.at, track.identity))
            if track.identity is not None and track.identity.vouched:
                vouched.add(track.key)
    return frozenset(vouched) | {
        key
        for key, (at, identity) in first.items()
        if at - timeline.frames[0].at <= SETTLING_S and _called(identity) != UNDETERMINED
    }


@dataclass(slots=True)
class _Person:
    """What was found of one track."""

    last: SeenIdentity | None = None
    best: float | None = None

    def see(self, identity: SeenIdentity | None) -> None:
        """Take in one frame; a doubt undoes nothing, and a guard's word is not in the pictures."""
        if identity is None or identity.vouched:
            return
        if self.last is None or identity.state != UNDETERMINED:
            self.last = identity

    def look(self, similarity: float | None) -> None:
        if similarity is not None:
            self.best = max(similarity, self.best or similarity)


def _persons(timeline: Timeline) -> dict[TrackKey, _Person]:
    persons: dict[TrackKey, _Person] = {}
    for frame in timeline.frames:
        for track in frame.tracks:
            persons.setdefault(track.key, _Person()).see(track.identity)
        for look in frame.looks:
            if look.key in persons:
                persons[look.key].look(look.similarity)
    return persons


def _people(then: Timeline, now: Timeline, pairs: Pairs) -> Iterator[Difference]:
    before, after = _persons(then), _persons(now)
    paths = paths_of(then)
    own = then.own_tracks
    for key, person in before.items():
        about, at = f"{paths[key].kind} {_shown(key)}", paths[key].times[0]
        partners = [after[other] for one, other in sorted(pairs) if one == key]
        if not partners:
            if len(paths[key].times) >= LEAST_MOMENTS:
                yield Difference(What.TRACK_ABSENT, about, "seen", None, at=at)
            continue
        yield from _identity(person, partners, about, at, own=key in own)
        yield from _similarity(person, partners, about, at)


def _identity(
    person: _Person, partners: list[_Person], about: str, at: float, *, own: bool
) -> Iterator[Difference]:
    was, found = _called(person.last), [_called(one.last) for one in partners]
    if was in found:
        return
    decided = [one for one in found if one != UNDETERMINED]
    now = decided[0] if decided else found[0]
    grave = own or UNDETERMINED not in {was, now}
    yield Difference(What.IDENTITY, about, was, now, grave, at)


def _similarity(
    person: _Person, partners: list[_Person], about: str, at: float
) -> Iterator[Difference]:
    found = [one.best for one in partners if one.best is not None]
    best = max(found, default=None)
    if person.best is None and best is None:
        return
    if person.best is None or best is None or abs(person.best - best) > MOVED_SIMILARITY:
        yield Difference(What.SIMILARITY, about, person.best, best, at=at)


def _called(identity: SeenIdentity | None) -> str:
    if identity is None:
        return UNDETERMINED
    return f"registered {identity.staff_id}" if identity.staff_id else identity.state


def _passages(then: Timeline, now: Timeline) -> Iterator[Difference]:
    """Passages that have no counterpart near in time."""
    left = list(now.passages)
    for passage in then.passages:
        known = (passage.kind, passage.zone, _way(passage.direction))
        same = [
            one
            for one in left
            if (one.kind, one.zone, _way(one.direction)) == known
            and abs(one.at - passage.at) <= MOVED_S
        ]
        if same:
            left.remove(same[0])
        else:
            about = f"{passage.kind} in {passage.zone}"
            yield Difference(What.PASSAGE_ABSENT, about, passage.direction, None, at=passage.at)
    begin_at = now.frames[0].at if now.frames else 0.0
    for passage in left:
        if passage.at - begin_at > SETTLING_S:
            about = f"{passage.kind} in {passage.zone}"
            yield Difference(What.PASSAGE_NEW, about, None, passage.direction, at=passage.at)


def _way(direction: str) -> str:
    """Somebody first seen inside has entered, at a time that nobody knows."""
    return Direction.ENTRY if direction == Direction.INSIDE else direction


def _newest(timeline: Timeline) -> Mapping[str, Any]:
    return timeline.versions[-1] if timeline.versions else {}


def _judged_by(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Models, thresholds, zones, register and configuration that are not the same."""
    yield from _changed(What.MODEL, then.get("models", {}), now.get("models", {}))
    yield from _changed(What.THRESHOLD, then.get("thresholds", {}), now.get("thresholds", {}))
    yield from _changed(What.ZONE, _zones(then), _zones(now))
    for what, key in (
        (What.REGISTER, "register_version"),
        (What.CONFIGURATION, "configuration"),
    ):
        yield from _changed(what, {key: then.get(key)}, {key: now.get(key)})


def _changed(what: What, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield Difference(what, name, then.get(name), now.get(name))


def _zones(versions: Mapping[str, Any]) -> dict[str, str]:
    """Each zone's corners and deadline, as they are told."""
    return {
        zone["zone"]: f"{zone['polygon']}, verify_within_s {zone['verify_within_s']}"
        for zone in versions.get("zones", ())
    }


def _standing(then: Timeline, standing: Mapping[str, str]) -> Iterator[Difference]:
    """People who were recognised then, and are no longer on the register as active."""
    seen = [track.identity for frame in then.frames for track in frame.tracks]
    seen += [alarm.identity for alarm in then.alarms]
    known = {one.staff_id for one in seen if one is not None and one.staff_id}
    for staff_id in sorted(known):
        now = standing.get(staff_id, "erased")
        if now != ACTIVE:
            yield Difference(What.PERSON, staff_id, "recognised", now)


def _shown(key: TrackKey) -> str:
    """A track as the timeline calls it; which scene's, where there were several."""
    return f"{key.number}" if key.life == 1 else f"{key.life}.{key.number}"
