"""Proxies: copies of clips that browsers do not play, such as H.265, for looking at.

The original stays the evidence. A proxy says in its metadata that it is none, and what it is a copy
of.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from vision.bundles.browser_video import UnplayableError, encode, plays
from vision.bundles.case import Case, CaseFile
from vision.evidence.places import FileKind
from vision.logs import logger

PROXY: Final = "proxy"

_log = logger(__name__)


def needs_proxy(clip: Path) -> bool:
    """Whether browsers do not play a clip as it is. UnplayableError where nothing plays it."""
    return not plays(clip)


def make_proxy(clip: Path, target: Path) -> None:
    """Write a copy of a clip that browsers play, with the same timing. Errors as ``encode``."""
    encode(clip, target, f"Proxy of {clip.name}, encoded again; not evidence")


def with_proxies(case: Case, folder: Path) -> Case:
    """The case with a proxy, in ``folder``, to show in place of each clip that needs one.

    A clip that is damaged has nothing to show. A copy that was derived already stays.

    Raises:
        DerivingError: there is no encoder.
        OSError: the folder cannot be written.
    """
    return replace(case, files=tuple(_shown(file, folder) for file in case.files))


def _shown(file: CaseFile, folder: Path) -> CaseFile:
    if file.file.kind != FileKind.CLIP or file.derived is not None:
        return file
    try:
        if not needs_proxy(file.path):
            return file
        target = folder / f"{Path(file.file.name).stem}.{PROXY}.mp4"
        make_proxy(file.path, target)
    except UnplayableError as error:
        _log.warning("clip_not_shown", file=file.file.name, why=str(error))
        return replace(file, shown=None)
    return replace(file, shown=target, derived=PROXY)
