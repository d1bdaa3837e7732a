"""Proxies: copies of clips that browsers do not play, such as H.265, for looking at.

The original stays the evidence. A proxy says in its metadata that it is none, and what it is a copy
of.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from vision.bundles.browser_video import encode, plays
from vision.bundles.case import CaseFile
from vision.evidence.places import FileKind

PROXY: Final = "proxy"


def needs_proxy(clip: Path) -> bool:
    """Whether browsers do not play a clip as it is. UnplayableError where nothing plays it."""
    return not plays(clip)


def make_proxy(clip: Path, target: Path) -> None:
    """Write a copy of a clip that browsers play, with the same timing. Errors as ``encode``."""
    encode(clip, target, f"Proxy of {clip.name}, encoded again; not evidence")


def proxied(file: CaseFile, folder: Path) -> CaseFile:
    """The file with what browsers play of it: itself, or a proxy in ``folder``.

    A copy that was derived already stays. Errors as ``encode``.
    """
    is_clip = file.file.kind == FileKind.CLIP and file.derived is None
    if not is_clip or not needs_proxy(file.path):
        return file
    target = folder / f"{Path(file.file.name).stem}.{PROXY}.mp4"
    make_proxy(file.path, target)
    return replace(file, shown=target, derived=PROXY)
