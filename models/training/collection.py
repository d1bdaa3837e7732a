"""Gathers what the warehouse detector learns from, once, into one file.

Here belongs the order of reading, restoring, turning upright and asking the teacher. It takes
minutes, so the result is kept beside the checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import av
import numpy as np

from models.training.restoring import restored
from models.training.samples import Sample, read_directory
from models.training.teacher import Teacher, clip_frames
from models.training.upright import upright

_LEARNT_PART = 0.6
"""The share of each clip, from its start, that frames to learn from are taken from; the rest is
for measuring."""
_EVERY_S = {"one-by-one-person": 1.0, "stage-two-people": 0.5}
_OFTEN_S = 0.33
_MICROSECONDS = 1_000_000
_PARTS = ("labelled", "frames")
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Collection:
    """Labelled pictures and frames of clips."""

    labelled: list[Sample]
    frames: list[Sample]


def collect(data: Path, teacher: Teacher, progress: Progress) -> Collection:
    """Everything, completed by the teacher. FileNotFoundError names what is missing in ``data``."""
    labelled = _prepared(read_directory(data / "forklift" / "train"), teacher)
    frames = _first_parts(data / "media")
    complete = teacher.completed
    return Collection(
        _counted("labelled", (complete(one, in_parts=False) for one in labelled), progress),
        _counted("frames", (complete(one, in_parts=True) for one in frames), progress),
    )


def kept(path: Path, make: Callable[[], Collection]) -> Collection:
    """The collection in the file, made and written first where there is none."""
    if not path.is_file():
        _write(path, make())
    with np.load(path, allow_pickle=False) as arrays:
        return Collection(*(list(_samples(arrays, part)) for part in _PARTS))


def learnt_part_s(path: Path) -> float:
    """Up to which second a clip is learnt from."""
    with av.open(str(path)) as container:
        return _LEARNT_PART * (container.duration or 0) / _MICROSECONDS


def _prepared(samples: Iterable[Sample], teacher: Teacher) -> Iterator[Sample]:
    """Untilted and upright, each picture's versions together; they come side by side."""
    for _, versions in groupby(samples, key=lambda one: one.group):
        yield from upright(restored(list(versions)), teacher)


def _first_parts(directory: Path) -> Iterator[Sample]:
    """Frames of the first part of each clip, as samples without boxes."""
    clips = sorted(directory.glob("*.mp4"))
    if not clips:
        raise FileNotFoundError(f"{directory} holds no .mp4 clips")
    for clip in clips:
        end_s = learnt_part_s(clip)
        for at_s, picture in clip_frames(clip, _EVERY_S.get(clip.stem, _OFTEN_S)):
            if at_s < end_s:
                nothing = np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
                yield Sample(picture, *nothing, clip.stem)


def _counted(what: str, samples: Iterable[Sample], progress: Progress) -> list[Sample]:
    done = []
    for sample in samples:
        done.append(sample)
        if len(done) % 100 == 0:
            progress(f"{what}: {len(done)}")
    progress(f"{what}: {len(done)} pictures")
    return done


def _write(path: Path, collection: Collection) -> None:
    arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = {}
    for part in _PARTS:
        samples: Sequence[Sample] = getattr(collection, part)
        arrays[f"{part}/groups"] = np.array([one.group for one in samples])
        for index, one in enumerate(samples):
            arrays[f"{part}/{index}/picture"] = one.picture_bgr
            arrays[f"{part}/{index}/boxes"] = one.boxes_xyxy_px
            arrays[f"{part}/{index}/kinds"] = one.kinds
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part.npz")
    np.savez(scratch, allow_pickle=False, **arrays)
    scratch.replace(path)


def _samples(arrays: np.lib.npyio.NpzFile, part: str) -> Iterator[Sample]:
    for index, group in enumerate(arrays[f"{part}/groups"]):
        picture, boxes, kinds = (
            arrays[f"{part}/{index}/{what}"] for what in ("picture", "boxes", "kinds")
        )
        yield Sample(picture, boxes, kinds, str(group))
