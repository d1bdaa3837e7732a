"""The analysing thread's side of evidence: it tells what was seen and decided, and never waits.

What an alarm's evidence begins with, packets, sights and a picture, is gathered here at the
moment of the decision; writing it is the evidence thread's (``vision.evidence.writer``).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from vision.core.policy import ScenePolicy
from vision.core.values import (
    AlarmDecision,
    Change,
    Decision,
    Instant,
    Look,
    Occupancy,
    TrackView,
)
from vision.evidence.camera_memory import CameraMemory
from vision.evidence.clip_plan import ClipRules
from vision.evidence.places import snapshot_reference
from vision.evidence.recording import Beginning
from vision.evidence.stream_moments import moment_in
from vision.evidence.values import Sight, Versions
from vision.evidence.writer import EvidenceWriter
from vision.ingest.frame import Frame
from vision.ingest.ring import PrerollRing
from vision.settings import Settings

MOST_BEGUN = 1000
"""So many alarms back it is known which of them have pictures, before the disk is asked."""

DIGITS = 12
"""Of the configuration's SHA-256: enough to tell one from another, as with the models'."""


def configuration_digest(settings: Settings) -> str:
    """What tells one configuration from another."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True, slots=True)
class Analysed:
    """One frame after its analysis. ``source``: the frame that the looks were taken in."""

    at: Instant
    tracks: tuple[TrackView, ...]
    looks: tuple[Look, ...]
    policy: ScenePolicy | None
    source: Frame


@dataclass(slots=True)
class _Watched:
    """One camera of the worker."""

    ring: PrerollRing
    memory: CameraMemory
    versions: Versions


class Witness:
    """For the analysing thread, but for ``snapshot_of``, which the journal's thread asks.

    ``is_kept``: whether a picture is there, by its path below the data directory.
    """

    def __init__(
        self, writer: EvidenceWriter, rules: ClipRules, is_kept: Callable[[str], bool]
    ) -> None:
        self._writer = writer
        self._rules = rules
        self._is_kept = is_kept
        self._cameras: dict[str, _Watched] = {}
        self._open: set[tuple[str, str]] = set()
        self._begun: deque[tuple[str, str]] = deque(maxlen=MOST_BEGUN)
        self._judged_by = Versions({}, -1, "", None)
        self._settings: Settings | None = None

    @property
    def problem(self) -> str | None:
        """Why evidence cannot be kept, as a stable code; None where it can."""
        return self._writer.problem

    def attach(self, camera_id: str, ring: PrerollRing) -> None:
        """A camera is watched from now on; its packets come into this ring."""
        self.detach(camera_id)
        memory = CameraMemory(self._rules.pre_s)
        self._cameras[camera_id] = _Watched(ring, memory, self._judged_by)

    def detach(self, camera_id: str) -> None:
        """A camera is watched no more, or not over this connection: its clips end here."""
        if self._cameras.pop(camera_id, None) is not None:
            self._open = {key for key in self._open if key[1] != camera_id}
            self._writer.stop_camera(camera_id)

    def judged_by(
        self, models: Mapping[str, str], register_version: int, settings: Settings
    ) -> None:
        """What decides from now on."""
        known = self._judged_by
        if settings is self._settings and register_version == known.register_version:
            return
        self._settings = settings
        digest = configuration_digest(settings)
        self._judged_by = Versions(dict(models), register_version, digest, None)

    def show(self, camera_id: str, frame: Frame) -> None:
        """A frame is about to be analysed."""
        watched = self._cameras.get(camera_id)
        if watched is not None:
            watched.memory.show(frame)

    def saw(self, camera_id: str, analysed: Analysed) -> None:
        """A frame has been analysed."""
        watched = self._cameras.get(camera_id)
        if watched is None:
            return
        sight = Sight(
            analysed.at,
            analysed.tracks,
            analysed.looks,
            (),
            self._versions_of(watched, analysed.policy),
        )
        better = watched.memory.saw(sight, analysed.source)
        self._writer.saw(camera_id, sight, better)

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Something was decided; before it goes to the journal, which gives alarms their ids."""
        for decision in decisions:
            camera_id = decision.camera_id or ""
            watched = self._cameras.get(camera_id)
            if watched is None or isinstance(decision, Occupancy):
                continue
            versions = self._versions_of(watched, watched.versions.policy)
            told = Sight(decision.at, None, (), (decision,), versions)
            # First to the clips that there are: one that begins now gets it from memory.
            self._writer.saw(camera_id, told, {})
            watched.memory.remember(told)
            if isinstance(decision, AlarmDecision):
                self._follow(decision, camera_id, watched)

    def snapshot_of(self, decision: AlarmDecision, alarm_id: str, raised_at: float) -> str | None:
        """The reference to an alarm's snapshot; None where there is none.

        That is where its camera has shown nothing yet, and where an alarm ends that another
        process had raised, which has no pictures.
        """
        watched = self._cameras.get(decision.camera_id or "")
        if watched is None or watched.memory.newest is None or decision.camera_id is None:
            return None
        reference = snapshot_reference(alarm_id, raised_at, decision.camera_id)
        is_ours = (decision.incident, decision.camera_id) in self._begun
        if decision.change is Change.CLEARED and not is_ours and not self._is_kept(reference):
            return None
        return reference

    def _follow(self, decision: AlarmDecision, camera_id: str, watched: _Watched) -> None:
        key = (decision.incident, camera_id)
        cleared = decision.change is Change.CLEARED
        at = moment_in(watched.ring, decision.at)
        if key in self._open:
            self._writer.hear(key, decision.change, at.stream_s)
        elif not cleared:
            self._open.add(key)
            self._begun.append(key)
            self._writer.begin(self._beginning(decision, camera_id, watched, at))
        if cleared:
            self._open.discard(key)

    def _beginning(
        self, decision: AlarmDecision, camera_id: str, watched: _Watched, at: Instant
    ) -> Beginning:
        newest = watched.ring.newest()
        # What a camera showed before it fell silent is the evidence of its silence.
        end_s = at.stream_s if newest is None else min(at.stream_s, newest.at.stream_s)
        pinned = watched.ring.follow_from(end_s - self._rules.pre_s)
        picture = watched.memory.picture_of(decision.track_id)
        sights = watched.memory.recent()
        return Beginning(decision, camera_id, at, watched.ring, pinned, sights, picture)

    def _versions_of(self, watched: _Watched, policy: ScenePolicy | None) -> Versions:
        """The same object for as long as nothing changes."""
        known, now = watched.versions, self._judged_by
        same = known.models is now.models and known.register_version == now.register_version
        if not same or known.configuration != now.configuration or known.policy is not policy:
            watched.versions = replace(now, policy=policy)
        return watched.versions
