"""What happened to each track, out of the frames of a timeline: events with their reasons. Pure.

A frame says how things stand; an event is where that becomes another thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.identities import Names, called, reasons
from console.story_events import Event, event
from console.timelines import Line, Timeline
from console.words import coded, moment, said

Deadlines = Mapping[str, float | None]


@dataclass(slots=True)
class _Standing:
    """How a track stood in the frame before."""

    who: tuple[str, str | None] = ("undetermined", None)
    zones: frozenset[str] = frozenset()
    verdict: str | None = None


@dataclass(slots=True)
class _Watch:
    """The tracks of one timeline while its lines are gone through."""

    camera_id: str
    names: Names
    deadlines: Deadlines = field(default_factory=dict)
    standing: dict[int, _Standing] = field(default_factory=dict)

    def follow(self, line: Line) -> Iterator[Event]:
        if line["type"] == "versions":
            self.deadlines = {
                zone["zone"]: zone.get("verify_within_s") for zone in line.get("zones", ())
            }
        elif line["type"] == "frame":
            for track in line.get("tracks", ()):
                yield from self._changes(track, line["wall_utc"])

    def _changes(self, track: Line, at: float) -> Iterator[Event]:
        number = track["track"]
        before = self.standing.get(number, _Standing())
        identity = track.get("identity") or {}
        now = _Standing(
            (identity.get("state") or "undetermined", identity.get("staff_id")),
            frozenset(track.get("zones", ())),
            track.get("verdict"),
        )
        self.standing[number] = now
        if track.get("object") == "person":
            for zone in sorted(now.zones - before.zones):
                yield self._inside(number, zone, at)
            if now.who != before.who:
                yield self._identified(number, identity, at)
        if now.verdict != before.verdict:
            yield self._judged(number, now.verdict, at)

    def _inside(self, number: int, zone: str, at: float) -> Event:
        within_s = self.deadlines.get(zone)
        lines = []
        if within_s is not None:
            lines = [said("event.deadline", within_s=f"{within_s:g}", at=moment(at + within_s))]
        title = said("event.inside", track=number, zone=zone)
        deadline_at = None if within_s is None else at + within_s
        return event("inside", at, self.camera_id, title, lines, track=number) | {
            "deadline_at": deadline_at
        }

    def _identified(self, number: int, identity: Line, at: float) -> Event:
        name = called(identity.get("staff_id"), self.names)
        state = coded("identity", self.standing[number].who[0])
        key = "event.identity" if name is None else "event.identity_named"
        title = said(key, track=number, state=state, name=name)
        lines = reasons(identity, self.names)
        return event("identity", at, self.camera_id, title, lines, track=number)

    def _judged(self, number: int, verdict: str | None, at: float) -> Event:
        key = "event.no_verdict" if verdict is None else "event.verdict"
        title = said(key, track=number, kind=coded("kind", verdict))
        return event("verdict", at, self.camera_id, title, (), track=number)


def track_events(timeline: Timeline, names: Names) -> Iterator[Event]:
    """Where a track came into a zone, got an identity, or began or ceased to hold an alarm."""
    watch = _Watch(timeline.camera_id, names)
    for line in timeline.lines:
        yield from watch.follow(line)


def looks_of(timeline: Timeline, names: Names) -> Iterator[dict[str, Any]]:
    """Every look, flat: one row of a chart or a table."""
    for frame in timeline.of_type("frame"):
        for look in frame.get("looks", ()):
            yield _look(look, frame["wall_utc"], names)


def _look(look: Line, at: float, names: Names) -> dict[str, Any]:
    best = look.get("best") or {}
    together = look.get("together") or {}
    return {
        "at": at,
        "track": look["track"],
        "similarity": best.get("similarity"),
        "name": called(best.get("staff_id"), names),
        "runner_up": (look.get("runner_up") or {}).get("similarity"),
        "together": (together.get("best") or {}).get("similarity"),
        "size_px": look.get("size_px"),
        "quality": look.get("quality"),
    }
