"""Looks again at what is kept of an alarm, camera by camera, and compares with what was decided.

Evidence is read through ``vision.evidence.reading``, a file at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vision.bundles.comparing import Difference, compare, within
from vision.bundles.second_look import ClipPart, JudgedPart, SecondLook
from vision.bundles.seen import Timeline
from vision.bundles.timelines import read_timelines
from vision.evidence.places import FileKind, camera_of, kind_of, whole
from vision.evidence.reading import copy_plain
from vision.outputs.evidence_values import EvidenceFile, EvidenceGap


@dataclass(frozen=True, slots=True)
class CameraEvidence:
    """What is kept of an alarm by one camera, the oldest file first.

    ``timelines``: their paths; where none is whole, one that still grows. ``growing``: the names
    of clips that are not whole.
    """

    camera_id: str
    clips: tuple[EvidenceFile, ...]
    timelines: tuple[Path, ...]
    gaps: tuple[EvidenceGap, ...]
    growing: tuple[str, ...]

    @property
    def begin_at(self) -> float:
        return self.clips[0].begin_at


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What came of it. ``changed``: the names of clips that are not as they were recorded."""

    evidence: CameraEvidence
    parts: Mapping[str, JudgedPart]
    changed: tuple[str, ...]
    left_out: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Where a file of evidence lies in the clear while it is read. ``copy`` puts it there."""

    path: Path
    copy: Callable[[Path, Path], None] = copy_plain

    @contextmanager
    def opened(self, stored: Path) -> Iterator[Path]:
        """The file in the clear, until the block is left. OSError where it cannot be had."""
        target = self.path / stored.name
        try:
            self.copy(stored, target)
            yield target
        finally:
            target.unlink(missing_ok=True)


def evidence_by_camera(
    data_dir: Path, files: Sequence[EvidenceFile], gaps: Iterable[EvidenceGap]
) -> tuple[CameraEvidence, ...]:
    """What there is of an alarm, of the cameras that have a whole part of a clip."""
    folders = sorted({data_dir / file.folder for file in files})
    unfinished = [path for folder in folders for path in sorted(folder.glob("*")) if _grows(path)]
    known_gaps = tuple(gaps)
    cameras = {file.camera_id for file in files if file.kind == FileKind.CLIP}
    return tuple(
        CameraEvidence(
            camera,
            tuple(_of(files, camera, FileKind.CLIP)),
            tuple(data_dir / one.folder / one.name for one in _of(files, camera, FileKind.TIMELINE))
            or tuple(_growing(unfinished, camera, FileKind.TIMELINE)),
            tuple(gap for gap in known_gaps if gap.camera_id == camera),
            tuple(path.name for path in _growing(unfinished, camera, FileKind.CLIP)),
        )
        for camera in sorted(cameras)
    )


def decided_then(evidence: CameraEvidence, folder: WorkFolder) -> Timeline:
    """What the camera's timelines say. Raises TimelineError, and OSError as ``recheck``."""
    texts = []
    for path in evidence.timelines:
        with folder.opened(path) as copy:
            texts.append(copy.read_text(encoding="utf-8", errors="replace"))
    return read_timelines(texts)


def recheck(
    evidence: CameraEvidence,
    then: Timeline,
    data_dir: Path,
    look: SecondLook,
    standing: Mapping[str, str],
    folder: WorkFolder,
) -> Rechecked:
    """Look again at one camera's clip.

    Raises:
        ModelRunError: a model failed.
        EvidenceUnreadableError: what is sealed cannot be opened.
        OSError: a file is gone or cannot be read.
    """
    judged: dict[str, JudgedPart] = {}
    changed = []
    spans = []
    for file in evidence.clips:
        begin_at = then.parts.get(file.name, file.begin_at)
        with folder.opened(data_dir / file.folder / file.name) as copy:
            if _digest(copy) != file.sha256:
                changed.append(file.name)
            judged[file.name] = part = look.judge(ClipPart(copy, begin_at))
        spans.append((begin_at, part.end_at))
    now = read_timelines([look.text])
    differences = compare(within(then, spans), within(now, spans), standing)
    return Rechecked(evidence, judged, tuple(changed), then.left_out, differences)


def _of(files: Sequence[EvidenceFile], camera: str, kind: FileKind) -> list[EvidenceFile]:
    found = [file for file in files if (file.camera_id, file.kind) == (camera, kind)]
    return sorted(found, key=lambda file: file.begin_at)


def _grows(path: Path) -> bool:
    return whole(path.name) is not None


def _growing(paths: Sequence[Path], camera: str, kind: FileKind) -> list[Path]:
    return [path for path in paths if (camera_of(path.name), kind_of(path.name)) == (camera, kind)]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
