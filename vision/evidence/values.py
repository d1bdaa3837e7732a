"""The values that evidence is made from and told with. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vision.core.policy import ScenePolicy
from vision.core.values import AlarmDecision, Box, Decision, Instant, Look, TrackView
from vision.ingest.frame import Frame


@dataclass(frozen=True, slots=True)
class Versions:
    """What a camera's pictures were judged by.

    ``models``: manifest entry to the first digits of its sha256; ``configuration``: those of the
    settings'. ``policy``: the zones, the deadlines and the thresholds themselves.
    """

    models: Mapping[str, str]
    register_version: int
    configuration: str
    policy: ScenePolicy | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture worth keeping of a track: ``face`` in it, and how good the look was, [0, 1]."""

    frame: Frame
    face: Box | None = None
    quality: float = 0.0


@dataclass(frozen=True, slots=True)
class Sight:
    """One analysed frame of a camera, or something that was decided at a moment.

    ``tracks`` is None where no frame was analysed.
    """

    at: Instant
    tracks: tuple[TrackView, ...] | None
    looks: tuple[Look, ...]
    decisions: tuple[Decision, ...]
    versions: Versions


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose evidence a recording is: the decision that it began with, and the alarm's place."""

    decision: AlarmDecision
    camera_id: str
    alarm_id: str
    folder: str
