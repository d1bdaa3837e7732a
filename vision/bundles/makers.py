"""Who makes the pages and copies in a bundle: functions that are passed in. Types only.

So gathering and signing know no video, no browser and no PDF, and are tested without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vision.bundles.case import Case


class NotMadeError(Exception):
    """A page or copy could not be made; the message says why."""


def _as_it_is(case: Case, _folder: Path) -> Case:
    return case


def _no_redaction(_case: Case, _folder: Path) -> Case:
    raise NotMadeError("no maker of redacted copies is installed")


def _no_page(_case: Case, _target: Path) -> None:
    raise NotMadeError("no maker of pages is installed")


@dataclass(frozen=True, slots=True)
class Makers:
    """Each writes files, or raises NotMadeError; OSError where the disk refuses.

    ``proxied``: the case with copies, in the folder, of clips that browsers do not play; where it
    fails there is none. ``redacted``: the case with copies, in the folder, in place of every
    file that may show or name others, ids and names in its messages replaced; where it fails
    nothing is exported. ``replay_page`` and ``report`` write one file; a bundle goes without it.
    """

    proxied: Callable[[Case, Path], Case] = _as_it_is
    redacted: Callable[[Case, Path], Case] = _no_redaction
    replay_page: Callable[[Case, Path], None] = _no_page
    report: Callable[[Case, Path], None] = _no_page
