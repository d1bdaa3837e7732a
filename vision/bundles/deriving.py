"""The copies and pages of a bundle, made by whoever was passed in, and what could not be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vision.bundles.case import Case, CaseFile
from vision.bundles.gathering import Copied
from vision.bundles.makers import Makers, NotMadeError
from vision.bundles.manifest import EVIDENCE, SHOWN
from vision.evidence.places import FileKind

REPLAY, REPORT = "replay.html", "report.pdf"


@dataclass(slots=True)
class Deriving:
    """Makes copies and pages into a working folder. ``remarks``: what could not be, and why."""

    makers: Makers
    work: Path
    remarks: list[str] = field(default_factory=list)

    def shown(self, case: Case) -> Case:
        """The case as it is shown. NotMadeError where it cannot be redacted."""
        folder = self.work / SHOWN
        folder.mkdir()
        if case.redacted:
            return self.makers.redacted(case, folder)
        try:
            return self.makers.proxied(case, folder)
        except NotMadeError as error:
            self.remarks.append(f"no copies for browsers could be made: {error}")
            return case

    def pages(self, case: Case) -> None:
        """The page that replays the alarm, and the report."""
        self._page(REPLAY, lambda: self.makers.replay_page(case, self.work / REPLAY))
        self._page(REPORT, lambda: self.makers.report(case, self.work / REPORT))

    def _page(self, name: str, make: Callable[[], None]) -> None:
        try:
            make()
        except NotMadeError as error:
            (self.work / name).unlink(missing_ok=True)
            self.remarks.append(f"{name} could not be made: {error}")


def files_of(copies: Sequence[Copied]) -> tuple[CaseFile, ...]:
    """The files that were copied; browsers show all but timelines."""
    return tuple(
        CaseFile(one.file, one.path, None if one.file.kind == FileKind.TIMELINE else one.path)
        for one in copies
        if one.fault is None
    )


def left_out(case: Case, work: Path) -> frozenset[str]:
    """The names of originals to which nothing in a redacted case leads."""
    used = {one.path for one in case.files} | {one.shown for one in case.files}
    names = (one.file.name for one in case.files)
    return frozenset(name for name in names if work / EVIDENCE / name not in used)
