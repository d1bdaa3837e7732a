"""Redacted copies of evidence: of all people, only the alarm's own subject can be recognised.

What the timelines say of where people were decides what is hidden in clips and pictures; where they
say nothing, everything is. So nothing here looks for faces, and what the detector did not see is
not hidden: whoever hands a copy on looks at it first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from vision.bundles.anonymous import Pseudonyms, anonymous_timeline
from vision.bundles.browser_video import DerivingError, Planes, encode
from vision.bundles.case import CaseFile
from vision.bundles.hiding import hide, hide_in_planes
from vision.bundles.seen import Timeline
from vision.bundles.timelines import TimelineError, read_timelines
from vision.bundles.whereabouts import Whereabouts
from vision.core.values import Box
from vision.evidence.pictures import room_around
from vision.evidence.places import FileKind

REDACTED: Final = "redacted"

_JPEG_QUALITY: Final = 90
_SAME_PICTURE_S: Final = 0.05
_USUAL_ASPECT: Final = 16 / 9

Pixels = NDArray[np.uint8]


def redacted(
    file: CaseFile, texts: Sequence[str], folder: Path, pseudonyms: Pseudonyms
) -> CaseFile:
    """A redacted copy, in ``folder``, in a file's place; ``texts``: its camera's timelines.

    These are the oldest first. ``path`` and ``shown`` are the copy, so that nothing leads to the
    original; ``file`` still says what was recorded, with its digest.

    Raises:
        DerivingError: something is damaged, so that it cannot be redacted.
        OSError: a file cannot be read, or the folder not written.
    """
    target = folder / _name(file.file.name)
    try:
        timeline = read_timelines(texts)
    except TimelineError as error:
        raise DerivingError(f"{error}, so nothing can be redacted by it; {_REMEDY}") from error
    _MAKERS[FileKind(file.file.kind)](_Source(file, timeline, pseudonyms), target)
    return replace(file, path=target, shown=target, derived=REDACTED)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file to redact, and what is known of its camera."""

    file: CaseFile
    timeline: Timeline
    pseudonyms: Pseudonyms

    @property
    def title(self) -> str:
        return f"Redacted copy of {self.file.file.name}: faces of others are hidden; not evidence"

    def others(self, aspect: float) -> Whereabouts:
        return Whereabouts(self.timeline, self.timeline.own_tracks, aspect)


def _name(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{REDACTED}.{suffix}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DerivingError(f"{path.name} is no text; {_REMEDY}") from error


def _redact_clip(source: _Source, target: Path) -> None:
    file = source.file
    begin_at = source.timeline.parts.get(file.file.name, file.file.begin_at)
    others: list[Whereabouts] = []

    def paint(planes: Planes, since_s: float) -> None:
        if not others:
            others.append(source.others(planes.shape[1] / (planes.shape[0] * 2 / 3)))
        for box in others[0].hidden_at(begin_at + since_s):
            hide_in_planes(planes, box)

    encode(file.path, target, source.title, paint)


def _redact_timeline(source: _Source, target: Path) -> None:
    text = anonymous_timeline(_text(source.file.path), source.pseudonyms)
    target.write_text(text, encoding="utf-8")


def _redact_snapshot(source: _Source, target: Path) -> None:
    pixels = _pixels(source.file.path)
    others = source.others(pixels.shape[1] / pixels.shape[0])
    for box in others.hidden_at(source.file.file.begin_at):
        hide(pixels, box)
    _put(pixels, target, source.title)


def _redact_face(source: _Source, target: Path) -> None:
    """The subject's own face; of the others, what reaches into the cut-out."""
    pixels = _pixels(source.file.path)
    cut = _cut_of(source.timeline, source.file.file.begin_at)
    others = source.others(_USUAL_ASPECT).hidden_at(source.file.file.begin_at)
    for box in (Box(0.0, 0.0, 1.0, 1.0),) if cut is None else [_within(box, cut) for box in others]:
        hide(pixels, box)
    _put(pixels, target, source.title)


def _cut_of(timeline: Timeline, at: float) -> Box | None:
    """Where in the picture of that moment the subject's face was cut out; None where unknown."""
    faces = [
        look.face
        for frame in timeline.frames
        if abs(frame.at - at) <= _SAME_PICTURE_S
        for look in frame.looks
        if look.key in timeline.own_tracks and look.face is not None
    ]
    return room_around(faces[0]) if len(faces) == 1 else None


def _within(box: Box, cut: Box) -> Box:
    """A box relative to a cut-out instead of to the whole picture."""
    return Box(
        (box.left - cut.left) / cut.width,
        (box.top - cut.top) / cut.height,
        (box.right - cut.left) / cut.width,
        (box.bottom - cut.top) / cut.height,
    )


def _pixels(path: Path) -> Pixels:
    try:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"), np.uint8)
    except (UnidentifiedImageError, SyntaxError) as error:
        raise DerivingError(f"{path.name} is no picture; {_REMEDY}") from error


def _put(pixels: Pixels, target: Path, title: str) -> None:
    Image.fromarray(pixels).save(target, "JPEG", quality=_JPEG_QUALITY, comment=title.encode())


_REMEDY: Final = "see 'bondwatch evidence show' whether the file is as it was recorded"

_MAKERS: Final[Mapping[FileKind, Callable[[_Source, Path], None]]] = {
    FileKind.CLIP: _redact_clip,
    FileKind.TIMELINE: _redact_timeline,
    FileKind.SNAPSHOT: _redact_snapshot,
    FileKind.FACE: _redact_face,
}
