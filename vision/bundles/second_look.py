"""A recorded clip before today's models, register and rules: what would be seen and decided now.

The same pipeline as a live camera's and as ``vision.replay``'s; what comes out is a timeline, as
the daemon would write it beside the clip. Nothing is journalled and nothing is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.loading import ModelSet
from vision.core.policy import ScenePolicy
from vision.core.values import Decision, Instant, TrackView
from vision.evidence import timeline
from vision.evidence.values import Sight, Versions
from vision.ingest.frame import Frame
from vision.ingest.reasons import StreamFaultError
from vision.ingest.replay import read_file
from vision.pipeline import Pipeline
from vision.register_watch import RegisterView
from vision.replay import pipeline_for

_STEP_S: Final = 0.001
"""The least by which a part follows the one before, however the clocks jumped."""


@dataclass(frozen=True, slots=True)
class ClipPart:
    """A file of a clip, in the clear. ``begin_at``: when its first picture was taken, POSIX s."""

    path: Path
    begin_at: float


@dataclass(frozen=True, slots=True)
class JudgedPart:
    """What became of a part: how many frames were analysed, until when, and what went wrong."""

    frames: int
    end_at: float
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides today. ``configuration``: the settings' digest, as timelines name it."""

    policy: ScenePolicy
    analyses_per_s: float
    configuration: str


class SecondLook:
    """One camera's clip, part by part, before one scene: who is lost in a gap is lost."""

    def __init__(self, rules: Rules, models: ModelSet, register: RegisterView) -> None:
        self._rules = rules
        self._models = models
        self._register = register
        self._versions = Versions(
            models.versions, register.version, rules.configuration, rules.policy
        )
        self._pipeline: Pipeline | None = None
        self._newest: Instant | None = None
        self._written = [timeline.versions(self._versions)]

    @property
    def text(self) -> str:
        """The timeline so far."""
        return "".join(self._written)

    def judge(self, part: ClipPart) -> JudgedPart:
        """Look at the next part. A part that ends in the middle is judged until there.

        Raises:
            ModelRunError: a model failed.
        """
        shift_s: float | None = None
        frames, end_at = 0, part.begin_at
        try:
            for frame in read_file(part.path, part.begin_at, min_gap_s=self._gap_s):
                if shift_s is None:
                    shift_s = self._shift_to(frame.at)
                at = Instant(frame.at.stream_s + shift_s, frame.at.wall_utc)
                self._analyse(frame, at)
                frames, end_at = frames + 1, frame.at.wall_utc
        except StreamFaultError as error:
            return JudgedPart(frames, end_at, str(error.reason))
        return JudgedPart(frames, end_at)

    @property
    def _gap_s(self) -> float:
        return 1.0 / self._rules.analyses_per_s

    def _shift_to(self, first: Instant) -> float:
        """What to add to a part's own time, so that it goes on where the one before ended."""
        newest = self._newest
        if newest is None:
            return -first.stream_s
        passed_s = max(_STEP_S, first.wall_utc - newest.wall_utc)
        return newest.stream_s + passed_s - first.stream_s

    def _analyse(self, frame: Frame, at: Instant) -> None:
        decisions: list[Decision] = []
        if self._pipeline is None:
            policy, register = self._rules.policy, self._register
            self._pipeline = pipeline_for(frame, policy, self._models, register)
            before = Instant(at.stream_s - _STEP_S / 2, at.wall_utc)
            decisions.extend(self._pipeline.see_register(register, before).decisions)
        tracks: tuple[TrackView, ...] = ()
        for step in self._pipeline.analyse(frame, at):
            decisions.extend(step.decisions)
            tracks = step.tracks
        self._newest = at
        sight = Sight(at, tracks, self._pipeline.looks, tuple(decisions), self._versions)
        self._written.append(timeline.sight(sight))
