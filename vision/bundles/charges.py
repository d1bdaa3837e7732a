"""The alarms that a timeline tells of, each with the tracks that held it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vision.bundles.matching import Pairs
from vision.bundles.seen import SeenAlarm, Timeline, TrackKey
from vision.core.values import AlarmKind

CAMERA_KINDS: Final = frozenset(
    {AlarmKind.CAMERA_OFFLINE, AlarmKind.CAMERA_LAGGING, AlarmKind.CAMERA_TAMPERED}
)
"""Alarms about the camera itself, which its pictures do not decide."""


@dataclass(frozen=True, slots=True)
class Charge:
    """An alarm that was held open, with all tracks that held it and what it became last.

    ``is_own``: the one whose evidence the timeline is.
    """

    kind: str
    zone: str | None
    at: float
    keys: frozenset[TrackKey]
    is_own: bool = False

    @property
    def name(self) -> str:
        name = self.kind if self.zone is None else f"{self.kind} in {self.zone}"
        return f"{name}, this alarm" if self.is_own else name


def same_matter(then: Charge, now: Charge, pairs: Pairs) -> bool:
    """Whether two alarms are about the same presence."""
    if None not in {then.zone, now.zone} and then.zone != now.zone:
        return False
    if then.keys and now.keys:
        return any((one, other) in pairs for one in then.keys for other in now.keys)
    return then.kind == now.kind


def charges_of(timeline: Timeline) -> list[Charge]:
    """Every alarm about people and forklifts, those too that were open when the clip began."""
    by_incident: dict[str, list[SeenAlarm]] = {}
    for alarm in timeline.alarms:
        if alarm.change != "cleared" and alarm.kind not in CAMERA_KINDS:
            by_incident.setdefault(alarm.incident, []).append(alarm)
    told = [
        Charge(
            lines[-1].kind,
            lines[-1].zone,
            lines[0].at,
            frozenset(line.key for line in lines if line.key is not None),
            incident == timeline.incident,
        )
        for incident, lines in by_incident.items()
    ]
    known = {key for charge in told for key in charge.keys}
    return told + [charge for charge in _held(timeline) if not charge.keys & known]


def _held(timeline: Timeline) -> list[Charge]:
    """What tracks held open, by their verdicts."""
    last: dict[TrackKey, Charge] = {}
    for frame in timeline.frames:
        for track in frame.tracks:
            if track.verdict is not None:
                begun = last[track.key].at if track.key in last else frame.at
                zone = track.zones[0] if len(track.zones) == 1 else None
                last[track.key] = Charge(track.verdict, zone, begun, frozenset({track.key}))
    return list(last.values())
