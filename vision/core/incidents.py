"""One incident, one alarm: who holds which incident open, and what changes.

Several presences may hold the same incident (one person on two tracks; everybody, while
faces cannot be compared at all). It is raised by the first and cleared with the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vision.core.values import AlarmKind, Change


@dataclass(frozen=True, slots=True)
class Transition:
    """What to say about an incident after a presence took it up, changed it or let it go."""

    incident: str
    change: Change
    kind: AlarmKind


@dataclass(slots=True)
class _Open:
    kind: AlarmKind
    holders: set[str] = field(default_factory=set)


class IncidentBook:
    """The incidents open in one scene, by key."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    @property
    def kinds(self) -> Mapping[str, AlarmKind]:
        """The kind of every open incident."""
        return MappingProxyType({key: entry.kind for key, entry in self._open.items()})

    def hold(self, incident: str, kind: AlarmKind, holder: str) -> Transition | None:
        """Open an incident, join it or change its kind; None where nothing changes."""
        entry = self._open.get(incident)
        if entry is None:
            self._open[incident] = _Open(kind, {holder})
            return Transition(incident, Change.RAISED, kind)
        if entry.kind is kind and holder in entry.holders:
            return None
        entry.kind = kind
        entry.holders.add(holder)
        return Transition(incident, Change.UPDATED, kind)

    def resume(self, incident: str, kind: AlarmKind, holder: str) -> None:
        """Take up an incident that was opened before a restart, without saying so again."""
        self._open.setdefault(incident, _Open(kind)).holders.add(holder)

    def release(self, incident: str, holder: str) -> Transition | None:
        """Let go of an incident; cleared with its last holder."""
        entry = self._open.get(incident)
        if entry is None or holder not in entry.holders:
            return None
        entry.holders.discard(holder)
        if entry.holders:
            return None
        del self._open[incident]
        return Transition(incident, Change.CLEARED, entry.kind)
