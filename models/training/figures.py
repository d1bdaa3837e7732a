"""The figures of a model card, measured through the product's own adapter.

Here belongs what is measured and on what. Counting is `precision.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.detector import Detector, Picture
from models.training.collection import learnt_part_s
from models.training.measuring import seen
from models.training.precision import Curve, average_precision, curve, partners
from models.training.samples import FORKLIFT, KINDS, PERSON, Boxes, Sample, read_directory
from models.training.teacher import Teacher, clip_frames

EVERY_SCORE = 0.01
"""Measured from here on: a curve that ends at the daemon's own lowest score is cut short."""
_INSIDE = 0.7
_SAME = 0.5
_EVERY_S = 0.5
_PRECISION = 0.9
_CLEAR_SCORES = (0.25, 0.5)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number and what it is."""

    what: str
    value: float


def on_labelled(detector: Detector, directory: Path) -> Iterator[Figure]:
    """Figures on pictures with labels in YOLO's format."""
    samples = read_directory(directory)
    for kind in (PERSON, FORKLIFT):
        pictures = seen(detector, samples, kind)
        half, mean = average_precision(pictures)
        yield Figure(f"{KINDS[kind]} AP50", half)
        yield Figure(f"{KINDS[kind]} AP50:95", mean)
        yield from _clear(KINDS[kind], curve(pictures))
    for score in _CLEAR_SCORES:
        yield Figure(f"driver recall at score {score}", _driver_recall(detector, samples, score))


def on_clips(detector: Detector, frames: Sequence[Sample]) -> Iterator[Figure]:
    """Figures on frames of clips, whose people the teacher has marked."""
    pictures = seen(detector, frames, PERSON)
    half, mean = average_precision(pictures)
    yield Figure("clips person AP50", half)
    yield Figure("clips person AP50:95", mean)
    yield from _clear("clips person", curve(pictures))


def clip_samples(directory: Path, teacher: Teacher) -> list[Sample]:
    """Frames of the parts of the clips that nothing was learnt from, with the teacher's boxes."""
    return [
        teacher.completed(_bare(picture, clip.stem), in_parts=True)
        for clip in sorted(directory.glob("*.mp4"))
        for at_s, picture in clip_frames(clip, _EVERY_S)
        if at_s >= learnt_part_s(clip)
    ]


def _bare(picture: Picture, group: str) -> Sample:
    return Sample(picture, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), group)


def _clear(what: str, counted: Curve) -> Iterator[Figure]:
    """Recall where nine of ten are right, and precision and recall at scores one might choose."""
    yield Figure(f"{what} recall at precision {_PRECISION}", counted.recall_at(_PRECISION))
    for score in _CLEAR_SCORES:
        last = int((counted.scores >= score).sum()) - 1
        precision, recall = (
            (counted.precision[last], counted.recall[last]) if last >= 0 else (0.0, 0.0)
        )
        yield Figure(f"{what} precision at score {score}", float(precision))
        yield Figure(f"{what} recall at score {score}", float(recall))


def _driver_recall(detector: Detector, samples: Sequence[Sample], score: float) -> float:
    """The share of the people in forklifts who are found with at least the given score."""
    found = total = 0
    for sample, one in zip(samples, seen(detector, samples, PERSON), strict=True):
        height, width = sample.picture_bgr.shape[:2]
        forklifts = sample.boxes_xyxy_px[sample.kinds == FORKLIFT] / (width, height, width, height)
        drivers = inside(one.true, forklifts.astype(np.float32))
        sure = one.scores >= score
        # Everybody is matched, so that a bystander's box cannot count for a driver.
        own = partners(one.found[sure], one.scores[sure], one.true, _SAME)
        found += int(drivers[own[own >= 0]].sum())
        total += int(drivers.sum())
    return found / max(total, 1)


def inside(boxes: Boxes, around: Boxes) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which boxes ``(N, 4)`` lie mostly in one of the others: ``(N,)``."""
    low = np.maximum(boxes[:, None, :2], around[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], around[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    own = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1e-12)
    return np.asarray((shared / own[:, None] >= _INSIDE).any(axis=1))
