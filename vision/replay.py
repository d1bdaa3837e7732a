"""A recording through the same pipeline as a live camera, as fast as it goes.

The clock is the file's own, so two runs give the same lines. Nothing is journalled and nothing
is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from models.loading import ModelSet
from vision.core.policy import ScenePolicy
from vision.core.scene import Scene
from vision.core.values import AlarmDecision, Decision, Occupancy, PassageDecision
from vision.face_looks import FaceLooker
from vision.ingest.frame import Frame
from vision.ingest.replay import read_file
from vision.pipeline import Pipeline, aspect_of
from vision.register_watch import RegisterView

EPOCH = "replay"

_TYPES: dict[type[Decision], str] = {
    AlarmDecision: "alarm",
    PassageDecision: "passage",
    Occupancy: "occupancy",
}


@dataclass(frozen=True, slots=True)
class ReplayRules:
    """What a replay follows; ``start_utc``: POSIX seconds at which the file is taken to begin."""

    policy: ScenePolicy
    analyses_per_s: float
    start_utc: float


def replay(
    video: Path, rules: ReplayRules, models: ModelSet, register: RegisterView
) -> Iterator[str]:
    """Yield one JSON line for each decision, in order.

    Raises:
        StreamFaultError: the file cannot be read, or ends in the middle.
        ModelRunError: a model failed.
    """
    pipeline: Pipeline | None = None
    for frame in read_file(video, rules.start_utc, min_gap_s=1.0 / rules.analyses_per_s):
        if pipeline is None:
            pipeline = pipeline_for(frame, rules.policy, models, register)
            yield from map(_line, pipeline.see_register(register, frame.at).decisions)
        for step in pipeline.analyse(frame, frame.at):
            yield from map(_line, step.decisions)


def pipeline_for(
    first: Frame, policy: ScenePolicy, models: ModelSet, register: RegisterView
) -> Pipeline:
    """A pipeline for a recording that begins with this frame: only that tells its shape."""
    shaped = replace(policy, aspect=aspect_of(first.size_wh))
    looker = FaceLooker(models.face_detector, models.embedder, policy.identity)
    return Pipeline(Scene(shaped, register.staff, EPOCH), models.detector, looker, register)


def _line(decision: Decision) -> str:
    fields = {"type": _TYPES[type(decision)], **asdict(decision)}
    return json.dumps({key: _rounded(value) for key, value in fields.items()}, ensure_ascii=False)


def _rounded(value: Any) -> Any:
    """Numbers as people and diffs want them: six decimals are a microsecond, or a pixel's part."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return value
