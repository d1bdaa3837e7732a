"""Gathers what the face detector learns from and is measured by, in one place.

Here belong the sources and the split: people, parts of clips and pictures to learn from never
serve for measuring. Faces that backgrounds already hold are marked by the base model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.face_detector import FaceDetector
from models.training.collection import learnt_part_s
from models.training.face_scenes import shrunk
from models.training.faces import Face, Faced, Progress, read_faces
from models.training.samples import Picture, read_directory, split_groups
from models.training.teacher import clip_frames

_HELD_OUT = 0.2
_EVERY_S = {"one-by-one-person": 2.0, "stage-two-people": 0.25}
_OFTEN_S = 1.0
_MEASURED_EVERY_S = 0.5
_SHRUNK = (1.0, 0.5, 0.3)
_CLOSER = 2.0
_SURE, _SUSPECT = 0.7, 0.25


@dataclass(frozen=True, slots=True)
class FaceSources:
    """``faces`` to set into ``backgrounds``."""

    faces: list[Face]
    backgrounds: list[Faced]


def gather(
    data: Path, detector: FaceDetector, seed: int, progress: Progress
) -> tuple[FaceSources, FaceSources]:
    """What to learn from and what to measure on. FileNotFoundError names what is missing."""
    faces = read_faces(data / "faces-lfw-dev", detector, progress)
    learnt, held = split_groups(faces, _HELD_OUT, seed)
    parts = [
        FaceSources(one, list(backgrounds(data, detector, held_out=held_out)))
        for one, held_out in ((learnt, False), (held, True))
    ]
    for what, one in zip(("to learn from", "to measure on"), parts, strict=True):
        people = len({face.group for face in one.faces})
        progress(
            f"{what}: {len(one.faces)} faces of {people} people, {len(one.backgrounds)} backgrounds"
        )
    return parts[0], parts[1]


def backgrounds(data: Path, detector: FaceDetector, *, held_out: bool) -> Iterator[Faced]:
    """Warehouse pictures, one version of each, and frames of the clips' first or last part."""
    samples = read_directory(data / "forklift" / ("val" if held_out else "train"))
    for sample in {one.group: one for one in samples}.values():
        yield marked(sample.picture_bgr, detector)
    for clip in clips_in(data / "media"):
        end_s = learnt_part_s(clip)
        for at_s, picture in clip_frames(clip, _EVERY_S.get(clip.stem, _OFTEN_S)):
            if (at_s >= end_s) is held_out:
                yield marked(picture, detector)


def clips_in(directory: Path) -> Sequence[Path]:
    """The clips of a directory. FileNotFoundError where there are none."""
    clips = sorted(directory.glob("*.mp4"))
    if not clips:
        raise FileNotFoundError(f"{directory} holds no .mp4 clips")
    return clips


def marked(picture: Picture, detector: FaceDetector) -> Faced:
    """The picture with the faces that the base model sees at twice the size."""
    larger = cv2.resize(picture, None, fx=_CLOSER, fy=_CLOSER, interpolation=cv2.INTER_CUBIC)
    found = detector.detect(np.asarray(larger, np.uint8), _SUSPECT)
    return Faced(
        picture,
        found.boxes_xyxy_px / np.float32(_CLOSER),
        found.landmarks_px / np.float32(_CLOSER),
        found.scores >= _SURE,
    )


def clip_scenes(data: Path, detector: FaceDetector) -> list[Faced]:
    """Frames of the clips' last parts as they are, and shrunk so that their faces are small.

    The faces in them are those that the base model sees at twice the size before they are shrunk.
    """
    frames = [
        marked(picture, detector)
        for clip in clips_in(data / "media")
        for at_s, picture in clip_frames(clip, _MEASURED_EVERY_S)
        if at_s >= learnt_part_s(clip)
    ]
    return [shrunk(one, factor) for factor in _SHRUNK for one in frames]
