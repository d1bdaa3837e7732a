"""The copies and pages of a bundle, made by whoever was passed in, and what could not be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vision.bundles.case import Case, CaseFile
from vision.bundles.gathering import Copied
from vision.bundles.makers import BlurTask, Makers, NotMadeError
from vision.bundles.manifest import SHOWN
from vision.evidence.places import FileKind

REPLAY, REPORT = "replay.html", "report.pdf"


@dataclass(slots=True)
class Deriving:
    """Makes copies into a working folder. ``remarks``: what could not be made, and why.

    ``tracks``: by camera, those that the alarm is about; their faces are never blurred.
    """

    makers: Makers
    work: Path
    tracks: Mapping[str, frozenset[int]]
    remarks: list[str] = field(default_factory=list)

    def shown(self, copies: Sequence[Copied], *, redacted: bool) -> tuple[CaseFile, ...]:
        """The files with what a browser can show of each."""
        (self.work / SHOWN).mkdir(exist_ok=True)
        return tuple(
            self._blurred(one, copies) if redacted else self._playable(one)
            for one in copies
            if one.fault is None
        )

    def pages(self, case: Case) -> None:
        """The page that replays the alarm, and the report."""
        self._made(REPLAY, lambda: self.makers.replay_page(case, self.work / REPLAY))
        self._made(REPORT, lambda: self.makers.report(case, self.work / REPORT))

    def _playable(self, one: Copied) -> CaseFile:
        kind = one.file.kind
        if kind == FileKind.TIMELINE:
            return CaseFile(one.file, one.path, None)
        if kind != FileKind.CLIP or not self.makers.needs_proxy(one.path):
            return CaseFile(one.file, one.path, one.path)
        target = self.work / SHOWN / one.file.name
        is_made = self._made(
            f"{SHOWN}/{one.file.name}", lambda: self.makers.proxy(one.path, target)
        )
        return CaseFile(one.file, one.path, target if is_made else None, "proxy")

    def _blurred(self, one: Copied, copies: Sequence[Copied]) -> CaseFile:
        """What may be shown where others are not to be known: the face is the alarm's own."""
        kind = one.file.kind
        if kind == FileKind.TIMELINE:
            return CaseFile(one.file, one.path, None)
        if kind == FileKind.FACE:
            return CaseFile(one.file, one.path, one.path)
        task = BlurTask(
            file=one.file,
            source=one.path,
            target=self.work / SHOWN / one.file.name,
            lines=_lines(one.file.camera_id, copies),
            keep=self.tracks.get(one.file.camera_id, frozenset()),
        )
        makers = self.makers
        blur = makers.blur_clip if kind == FileKind.CLIP else makers.blur_picture
        is_made = self._made(f"{SHOWN}/{one.file.name}", lambda: blur(task))
        return CaseFile(one.file, one.path, task.target if is_made else None, "redacted")

    def _made(self, name: str, make: Callable[[], None]) -> bool:
        try:
            make()
        except NotMadeError as error:
            (self.work / name).unlink(missing_ok=True)
            self.remarks.append(f"{name} could not be made: {error}")
            return False
        return True


def left_out(files: Sequence[CaseFile]) -> frozenset[str]:
    """The names of originals that a redacted bundle does not hold: pictures of others."""
    return frozenset(one.file.name for one in files if one.derived == "redacted")


def tracks_of(messages: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[int]]:
    """By camera, the tracks that an alarm was about."""
    found: dict[str, set[int]] = {}
    for message in messages:
        camera, track = message.get("camera"), message.get("track")
        if isinstance(camera, str) and isinstance(track, int):
            found.setdefault(camera, set()).add(track)
    return {camera: frozenset(tracks) for camera, tracks in found.items()}


def _lines(camera: str, copies: Sequence[Copied]) -> tuple[str, ...]:
    timelines = [
        one.path
        for one in copies
        if one.fault is None and (one.file.kind, one.file.camera_id) == (FileKind.TIMELINE, camera)
    ]
    return tuple(line for path in timelines for line in path.read_text("utf-8").splitlines())
