"""The story of a case: what was decided when, and why, in the order of time. Pure.

Revisions are told as they went out. Of a timeline's own lines about the same alarm only those are
told that no revision tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, pairwise
from typing import Any

from console.identities import Names, reasons
from console.story_events import Event, event
from console.timelines import Line, Timeline
from console.tracks import track_events
from console.words import Said, coded, moment, said
from vision.bundles.case import Case
from vision.outputs.evidence_values import EvidenceGap

_WHY = {
    "unregistered_person": "why.unregistered",
    "unverified_person": "why.unverified",
    "unauthorised_person": "why.unauthorised",
    "watchlisted_person": "why.watchlisted",
    "forklift_intrusion": "why.forklift",
}
_SAME_MOMENT_S = 0.002
"""Times of messages are cut to milliseconds, those of timelines rounded."""


def posix(iso: str) -> float:
    """POSIX seconds of a message's time."""
    return datetime.fromisoformat(iso).timestamp()


def decided_at(revision: Mapping[str, Any]) -> float:
    """When a revision was decided; an acknowledgement, when somebody gave it."""
    if revision["reason"] == "acknowledged" and revision["acknowledged"]:
        return posix(revision["acknowledged"]["at"])
    return posix(revision["times"]["wall"])


def why_raised(case: Case) -> list[Said]:
    """In sentences, why there is this alarm; empty where no revision is known."""
    if not case.revisions:
        return []
    first = case.revisions[0]
    reason = coded("reason", first["reason"])
    kind = coded("kind", first["kind"])
    key = _WHY.get(first["kind"], "why.other")
    told = [said(key, kind=kind, reason=reason, zone=first["zone"])]
    if key != "why.other" and first["kind"] != "unauthorised_person":
        told.append(said("event.reason", reason=reason))
    told += reasons(first["identity"], case.names)
    return [*told, _where(first)]


def _where(first: Mapping[str, Any]) -> Said:
    at = moment(decided_at(first))
    if first["camera"] is None or first["track"] is None:
        return said("why.decided", at=at)
    return said("why.seen", camera=first["camera"], track=first["track"], at=at)


def events(case: Case, timelines: Sequence[Timeline]) -> list[Event]:
    """Everything that is told, the earliest first; at one moment, causes before alarms."""
    told = chain(
        chain.from_iterable(_of_timeline(one, case.names) for one in timelines),
        map(_gap, case.gaps),
        (_revision(one, case.names) for one in case.revisions),
        _untold(case, timelines),
    )
    return sorted(told, key=lambda one: float(one["at"]))


def _revision(revision: Mapping[str, Any], names: Names) -> Event:
    if revision["reason"] == "acknowledged" and revision["acknowledged"]:
        return _acknowledgement(revision)
    title = said(
        "event.alarm",
        kind=coded("kind", revision["kind"]),
        change=coded("change", revision["change"]),
    )
    lines = [
        said("event.reason", reason=coded("reason", revision["reason"])),
        *reasons(revision["identity"], names),
        _numbered(revision),
    ]
    at = decided_at(revision)
    return event("alarm", at, revision["camera"], title, lines, track=revision["track"])


def _numbered(revision: Mapping[str, Any]) -> Said:
    return said(
        "event.revision",
        revision=revision["revision"],
        priority=coded("priority", revision["priority"]),
        written=moment(posix(revision["times"]["written"])),
    )


def _acknowledgement(revision: Mapping[str, Any]) -> Event:
    seen = revision["acknowledged"]
    lines = [said("event.note", note=seen["note"])] if seen["note"] else []
    title = said("event.acknowledged", by=seen["by"])
    return event("acknowledged", posix(seen["at"]), None, title, [*lines, _numbered(revision)])


def _gap(gap: EvidenceGap) -> Event:
    title = said("event.gap", seconds=f"{gap.to_at - gap.from_at:.1f}")
    lines = [said("event.why", why=coded("ended", gap.reason))]
    return event("gap", gap.from_at, gap.camera_id, title, lines)


def _of_timeline(timeline: Timeline, names: Names) -> Iterator[Event]:
    for kind in ("part", "part_end"):
        for line in timeline.of_type(kind):
            yield _part(line, timeline.camera_id)
    yield from track_events(timeline, names)
    for line in timeline.of_type("passage"):
        yield _passage(line, timeline.camera_id, names)
    yield from _changes(timeline)
    yield from _doubts(timeline)


def _passage(line: Line, camera_id: str, names: Names) -> Event:
    title = said(
        "event.passage",
        object=coded("object", line["object"]),
        track=line["track"],
        direction=coded("passage", line["direction"]),
        zone=line["zone"],
    )
    lines = reasons(line["identity"], names)
    return event("passage", line["wall_utc"], camera_id, title, lines, track=line["track"])


def _part(line: Line, camera_id: str) -> Event:
    lines = [said("event.why", why=coded("ended", line["why"]))] if "why" in line else []
    title = said(f"event.{line['type']}", file=line["file"])
    return event(line["type"], line["wall_utc"], camera_id, title, lines)


def _timed(timeline: Timeline) -> Iterator[tuple[float, Line]]:
    """Each line with the moment of the latest one before it that has one, or its own."""
    at = next((line["wall_utc"] for line in timeline.lines if "wall_utc" in line), 0.0)
    for line in timeline.lines:
        at = line.get("wall_utc", at)
        yield at, line


def _changes(timeline: Timeline) -> Iterator[Event]:
    found = [(at, line) for at, line in _timed(timeline) if line["type"] == "versions"]
    for _, (at, line) in pairwise(found):
        facts = said(
            "event.register",
            register=line.get("register_version"),
            configuration=line.get("configuration"),
        )
        yield event("versions", at, timeline.camera_id, said("event.versions"), [facts])


def _doubts(timeline: Timeline) -> Iterator[Event]:
    """Where the timeline itself is not all that it should be."""
    last_at = 0.0
    for at, line in _timed(timeline):
        last_at = at
        if line["type"] == "left_out":
            title = said("event.left_out", frames=line["frames"])
            yield event("left_out", at, timeline.camera_id, title, ())
    if timeline.unreadable:
        title = said("event.unreadable", lines=timeline.unreadable, file=timeline.name)
        yield event("left_out", last_at, timeline.camera_id, title, ())
    if not timeline.is_whole:
        title = said("event.not_whole", file=timeline.name)
        yield event("left_out", last_at, timeline.camera_id, title, ())


def _untold(case: Case, timelines: Sequence[Timeline]) -> Iterator[Event]:
    """Decisions of timelines that are no revision of this alarm: other alarms of the camera."""
    told = [(one["change"], decided_at(one)) for one in case.revisions]
    for timeline in timelines:
        own = next((head.get("incident") for head in timeline.of_type("head")), None)
        for line in timeline.of_type("alarm"):
            if line["incident"] != own or not _is_told(line, told):
                yield _decision(
                    line, timeline.camera_id, case.names, is_own=line["incident"] == own
                )


def _is_told(line: Line, told: Sequence[tuple[str, float]]) -> bool:
    return any(
        line["change"] == change and abs(line["wall_utc"] - at) <= _SAME_MOMENT_S
        for change, at in told
    )


def _decision(line: Line, camera_id: str, names: Names, *, is_own: bool) -> Event:
    key = "event.alarm" if is_own else "event.other_alarm"
    title = said(key, kind=coded("kind", line["kind"]), change=coded("change", line["change"]))
    lines = [
        said("event.reason", reason=coded("reason", line["reason"])),
        *reasons(line["identity"], names),
    ]
    kind = "alarm" if is_own else "other_alarm"
    return event(kind, line["wall_utc"], camera_id, title, lines, track=line["track"])
