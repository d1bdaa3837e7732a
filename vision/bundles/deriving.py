"""The copies and pages of a bundle, made by whoever was passed in, and what could not be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from vision.bundles.anonymous import Pseudonyms
from vision.bundles.case import Case, CaseFile
from vision.bundles.gathering import Copied
from vision.bundles.makers import Makers, NotMadeError
from vision.bundles.manifest import SHOWN
from vision.evidence.places import FileKind

REPLAY, REPORT = "replay.html", "report.pdf"

_T = TypeVar("_T")


@dataclass(slots=True)
class Deriving:
    """Makes copies into a working folder. ``remarks``: what could not be made, and why."""

    makers: Makers
    work: Path
    remarks: list[str] = field(default_factory=list)

    def playable(self, copies: Sequence[Copied]) -> tuple[CaseFile, ...]:
        """The files with what a browser can show of each."""
        return tuple(self._playable(file) for file in _sound(copies))

    def redacted(self, copies: Sequence[Copied], pseudonyms: Pseudonyms) -> tuple[CaseFile, ...]:
        """Redacted copies in place of all files; what cannot be redacted is not among them."""
        files = tuple(_sound(copies))
        made = (self._redacted(file, files, pseudonyms) for file in files)
        return tuple(file for file in made if file is not None)

    def pages(self, case: Case) -> None:
        """The page that replays the alarm, and the report."""
        self._page(REPLAY, lambda target: self.makers.replay_page(case, target))
        self._page(REPORT, lambda target: self.makers.report(case, target))

    def _playable(self, file: CaseFile) -> CaseFile:
        made = self._tried(file.file.name, lambda: self.makers.proxied(file, self._folder()))
        return made or replace(file, shown=None)

    def _redacted(
        self, file: CaseFile, files: Sequence[CaseFile], pseudonyms: Pseudonyms
    ) -> CaseFile | None:
        def make() -> CaseFile:
            texts = _timelines(file.file.camera_id, files)
            return self.makers.redacted(file, texts, self._folder(), pseudonyms)

        return self._tried(file.file.name, make)

    def _page(self, name: str, make: Callable[[Path], None]) -> None:
        target = self.work / name
        try:
            make(target)
        except NotMadeError as error:
            target.unlink(missing_ok=True)
            self.remarks.append(f"{name} could not be made: {error}")

    def _tried(self, name: str, make: Callable[[], _T]) -> _T | None:
        try:
            return make()
        except NotMadeError as error:
            self.remarks.append(f"no copy of {name} to show could be made: {error}")
            return None

    def _folder(self) -> Path:
        folder = self.work / SHOWN
        folder.mkdir(exist_ok=True)
        return folder


def _sound(copies: Sequence[Copied]) -> Iterator[CaseFile]:
    for one in copies:
        if one.fault is None:
            is_picture = one.file.kind != FileKind.TIMELINE
            yield CaseFile(one.file, one.path, one.path if is_picture else None)


def _timelines(camera_id: str, files: Sequence[CaseFile]) -> list[str]:
    """The camera's timelines, the oldest first."""
    found = [
        one.file
        for one in files
        if (one.file.kind, one.file.camera_id) == (FileKind.TIMELINE, camera_id)
    ]
    paths = {one.file.name: one.path for one in files}
    ordered = sorted(found, key=lambda one: one.begin_at)
    return [paths[one.name].read_text("utf-8", errors="replace") for one in ordered]
