"""From a camera's frames to the best looks at one person, with guidance or as they come.

Here ``enrolment.guided`` meets frames and models. Nothing is enrolled here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from enrolment.best_looks import BestLooks
from enrolment.enrolling import Examiner, GoodFace
from enrolment.guided import Guide, Patience, Pose, Prompt, Seen
from enrolment.judging import PhotoResult
from enrolment.refusals import PhotoRefusedError, Refusal
from vision.ingest.frame import Frame

_LONGEST_PX = 1920
"""Longer side at which frames are looked at: a face worth enrolling is large enough in it."""


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """A look that was taken, and the picture ``(H, W, 3)`` BGR that it is in."""

    result: PhotoResult
    pixels: NDArray[np.uint8] = field(repr=False)


def guided_looks(
    frames: Iterable[Frame], examiner: Examiner, say: Callable[[Prompt], None]
) -> list[Captured]:
    """Lead somebody through the poses; the best look of each, or none where it was given up.

    ``say`` hears each prompt when it becomes due.
    """
    guide, patience = Guide(), Patience()
    best: dict[Pose, GoodFace] = {}
    for frame in frames:
        good, seen = _seen(frame, examiner)
        guide, guidance = guide.advance(frame.at.stream_s, seen)
        if guidance.keep is not None and good is not None:
            best[guidance.keep] = good
        patience, aloud = patience.hear(frame.at.stream_s, guidance.prompt)
        if aloud:
            say(guidance.prompt)
        if guide.finished:
            break
    if guide.given_up or Pose.AHEAD not in best:
        return []
    return [_captured(pose, good, examiner) for pose, good in best.items()]


def looks_of_recording(frames: Iterable[Frame], examiner: Examiner) -> list[Captured]:
    """The best looks of each pose in a recording."""
    looks: BestLooks[GoodFace] = BestLooks()
    for frame in frames:
        good, seen = _seen(frame, examiner)
        if good is None or isinstance(seen, Refusal):
            continue
        at_s = frame.at.stream_s
        pose = looks.wants(at_s, seen)
        if pose is not None:
            looks.keep(at_s, pose, seen, good)
    return [_captured(pose, good, examiner) for pose, good in looks.all()]


def _seen(frame: Frame, examiner: Examiner) -> tuple[GoodFace | None, Seen | Refusal]:
    if frame.is_corrupt:
        return None, Refusal.NO_FACE
    try:
        good = examiner.look_at(_pixels(frame), any_way_up=False)
    except PhotoRefusedError as refused:
        return None, refused.reason
    return good, Seen(good.measures.yaw, good.measures.pitch, good.quality)


def _pixels(frame: Frame) -> NDArray[np.uint8]:
    width, height = frame.size_wh
    scale = min(1.0, _LONGEST_PX / max(width, height))
    return frame.bgr(max(1, round(width * scale)), max(1, round(height * scale)))


def _captured(pose: Pose, good: GoodFace, examiner: Examiner) -> Captured:
    try:
        result = PhotoResult(pose, examiner.embed(good))
    except PhotoRefusedError as refused:
        result = PhotoResult(pose, refusal=refused.reason, detail=refused.detail)
    return Captured(result, good.pixels)
