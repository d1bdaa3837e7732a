"""Gathers what the warehouse detector learns from and is chosen by, once, into one file.

Here belongs the order of reading, turning upright and asking the teacher. It takes minutes, so
the result is kept beside the checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from models.training.samples import Sample, read_directory, split_groups
from models.training.teacher import Teacher, clip_frames

_HELD_OUT = 0.1
_LEARNT_PART = 0.6
"""The share of each clip, from its start, that frames to learn from are taken from; the rest is
for measuring."""
_EVERY_S = {"one-by-one-person": 1.0, "stage-two-people": 0.5}
_OFTEN_S = 0.33
_MICROSECONDS = 1_000_000
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Collection:
    """Labelled pictures to learn from and to choose by, and frames of clips to learn from."""

    labelled: list[Sample]
    held_out: list[Sample]
    frames: list[Sample]


def collect(data: Path, teacher: Teacher, seed: int, progress: Progress) -> Collection:
    """Everything, completed by the teacher. FileNotFoundError names what is missing in ``data``."""
    learnt, held_out = split_groups(read_directory(data / "forklift" / "train"), _HELD_OUT, seed)
    frames = list(_first_parts(data / "media"))
    completed = _counted("labelled", _upright(learnt, teacher), progress)
    return Collection(
        [teacher.completed(one, in_parts=False) for one in completed],
        _counted("held out", _upright(held_out, teacher), progress),
        _counted("frames", (teacher.completed(one, in_parts=True) for one in frames), progress),
    )


def kept(path: Path, make: Callable[[], Collection]) -> Collection:
    """The collection in the file, made and written first where there is none."""
    if not path.is_file():
        _write(path, make())
    with np.load(path, allow_pickle=False) as arrays:
        return Collection(
            *(list(_samples(arrays, part)) for part in ("labelled", "held_out", "frames"))
        )


def learnt_part_s(path: Path) -> float:
    """Up to which second a clip is learnt from."""
    with av.open(str(path)) as container:
        return _LEARNT_PART * (container.duration or 0) / _MICROSECONDS


def _upright(samples: Iterable[Sample], teacher: Teacher) -> Iterator[Sample]:
    return (teacher.upright(sample) for sample in samples)


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
    for part in ("labelled", "held_out", "frames"):
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
