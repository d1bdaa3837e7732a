"""The values that the index of evidence is made of. Frozen data, no SQL and no pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A whole file of evidence, synced and under its name. Times are POSIX seconds, UTC.

    ``folder``: relative to the data directory. ``ended_by``: why it ended where it did.
    """

    alarm_id: str
    folder: str
    name: str
    kind: str
    camera_id: str
    size_bytes: int
    sha256: str
    begin_at: float
    end_at: float
    ended_by: str


@dataclass(frozen=True, slots=True)
class EvidenceGap:
    """A span, POSIX seconds, that belongs to an alarm's evidence and was not kept, and why."""

    alarm_id: str
    camera_id: str
    from_at: float
    to_at: float
    reason: str


EvidenceEntry = EvidenceFile | EvidenceGap


@dataclass(frozen=True, slots=True)
class EvidenceFolder:
    """What there is of one alarm. ``folder`` is empty where nothing but gaps is known."""

    alarm_id: str
    folder: str
    files: int
    size_bytes: int
    begin_at: float
    end_at: float
    gaps: int
    is_held: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """Who holds, or releases, evidence, when (POSIX seconds) and what they noted."""

    by: str
    at: float
    note: str


@dataclass(frozen=True, slots=True)
class ExportNote:
    """A bundle that somebody takes away. ``role``: ``original``, or ``derived`` where redacted.

    ``manifest_sha256`` tells which bundle it was; ``files`` and ``size_bytes`` are the bundle's.
    """

    by: str
    note: str
    role: str
    manifest_sha256: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """Evidence whose time is over: ``reason`` is ``age`` or ``space``."""

    alarm_id: str
    folder: str
    reason: str
