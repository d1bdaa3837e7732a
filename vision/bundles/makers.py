"""Who makes the pages and copies in a bundle: functions that are passed in. Types only.

So gathering and signing know no video, no browser and no PDF, and are tested without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vision.bundles.case import Case
from vision.outputs.evidence_values import EvidenceFile


class NotMadeError(Exception):
    """A page or copy could not be made; the message says why. The bundle goes without it."""


@dataclass(frozen=True, slots=True)
class BlurTask:
    """A clip or picture in which all faces but those of ``keep`` are to be blurred.

    ``file``: what the index says of it; ``source`` lies in the clear. ``lines``: the timelines of
    its camera, in their order. ``keep``: the tracks that the alarm is about. ``target``: where
    the copy goes.
    """

    file: EvidenceFile
    source: Path
    target: Path
    lines: tuple[str, ...]
    keep: frozenset[int]


def _no_proxy(_clip: Path) -> bool:
    return False


def _no_copy(_clip: Path, _target: Path) -> None:
    raise NotMadeError("no maker of copies is installed")


def _no_blur(_task: BlurTask) -> None:
    raise NotMadeError("no blurring is installed")


def _no_page(_case: Case, _target: Path) -> None:
    raise NotMadeError("no maker of pages is installed")


@dataclass(frozen=True, slots=True)
class Makers:
    """Each writes one file, or raises NotMadeError; OSError where the disk refuses.

    ``needs_proxy``: whether browsers cannot play a clip; ``proxy`` then makes a copy for them.
    """

    needs_proxy: Callable[[Path], bool] = _no_proxy
    proxy: Callable[[Path, Path], None] = _no_copy
    blur_clip: Callable[[BlurTask], None] = _no_blur
    blur_picture: Callable[[BlurTask], None] = _no_blur
    replay_page: Callable[[Case, Path], None] = _no_page
    report: Callable[[Case, Path], None] = _no_page
