"""What the page carries with it: videos and pictures as base64, a piece at a time.

A clip may be large; no more than one piece of it is in memory here, and the page can drop each
piece as soon as it has read it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from console.timelines import files_of
from vision.bundles.case import Case
from vision.evidence.places import FileKind

PIECE_BYTES = 3 * 1024 * 1024
"""A multiple of three: each piece is then whole base64."""

_TYPES = {FileKind.CLIP: "video/mp4", FileKind.SNAPSHOT: "image/jpeg", FileKind.FACE: "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Medium:
    """One file that the page carries, by the number it has there."""

    number: int
    name: str
    kind: FileKind
    path: Path


def media_of(case: Case) -> tuple[Medium, ...]:
    """Everything of the case that can be shown."""
    shown = ((kind, one) for kind in _TYPES for one in files_of(case, kind))
    kept = [(kind, one.file.name, one.shown) for kind, one in shown if one.shown is not None]
    return tuple(Medium(n, name, kind, path) for n, (kind, name, path) in enumerate(kept))


def blocks(medium: Medium) -> Iterator[str]:
    """The file as elements that a browser neither shows nor runs.

    Raises:
        OSError: it cannot be read.
    """
    head = f'<script type="application/base64" data-media="{medium.number}"'
    with medium.path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            text = base64.b64encode(piece).decode("ascii")
            yield f'{head} data-type="{_TYPES[medium.kind]}">{text}</script>\n'


def picture_times_s(video: Path) -> tuple[float, ...]:
    """When each picture of an MP4 is shown, seconds of its own time; as far as it can be read.

    The packets say so: nothing is decoded. A fragmented file needs this, as it has no index.
    """
    return tuple(sorted(_times_s(video)))


def _times_s(video: Path) -> Iterator[float]:
    try:
        with av.open(str(video)) as container:
            for packet in container.demux(video=0):
                if packet.pts is not None and packet.time_base is not None:
                    yield float(packet.pts * packet.time_base)
    except (FFmpegError, IndexError):
        return  # a file that breaks off shows what is before the break
