"""Who makes the pages and copies in a bundle: functions that are passed in. Types only.

So gathering and signing know no video, no browser and no PDF, and are tested without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.bundles.anonymous import Pseudonyms
from vision.bundles.case import Case, CaseFile


class NotMadeError(Exception):
    """A page or copy could not be made; the message says why. The bundle goes without it."""


def _as_it_is(file: CaseFile, _folder: Path) -> CaseFile:
    return file


def _no_copy(
    _file: CaseFile, _texts: Sequence[str], _folder: Path, _pseudonyms: Pseudonyms
) -> CaseFile:
    raise NotMadeError("nothing that redacts is installed")


def _no_page(_case: Case, _target: Path) -> None:
    raise NotMadeError("no maker of pages is installed")


@dataclass(frozen=True, slots=True)
class Makers:
    """Each writes files, or raises NotMadeError; OSError where the disk refuses.

    ``proxied``: the file with what browsers can play of it, in a folder. ``redacted``: a copy in a
    folder in the file's place, by the texts of the camera's timelines, the oldest first.
    """

    proxied: Callable[[CaseFile, Path], CaseFile] = _as_it_is
    redacted: Callable[[CaseFile, Sequence[str], Path, Pseudonyms], CaseFile] = _no_copy
    replay_page: Callable[[Case, Path], None] = _no_page
    report: Callable[[Case, Path], None] = _no_page
