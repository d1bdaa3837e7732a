"""Timelines read again, however they were left: cut off by a crash, or written by a later version.

Lines that are no timeline's are counted, never fatal: what can be read is shown, and what cannot
is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vision.bundles.case import Case, CaseFile
from vision.evidence.places import FileKind

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lines of one file, in its order. ``unreadable``: how many were none."""

    name: str
    camera_id: str
    lines: tuple[Line, ...]
    unreadable: int = 0

    @property
    def is_whole(self) -> bool:
        return bool(self.lines) and self.lines[-1]["type"] == "end"

    def of_type(self, kind: str) -> Iterator[Line]:
        """The lines of one type."""
        return (line for line in self.lines if line["type"] == kind)


def timelines_of(case: Case) -> tuple[Timeline, ...]:
    """Every timeline of the case.

    Raises:
        OSError: a file is not there, or cannot be read.
    """
    return tuple(
        parsed(one.file.name, one.file.camera_id, one.path.read_bytes())
        for one in files_of(case, FileKind.TIMELINE)
    )


def files_of(case: Case, kind: FileKind) -> Iterator[CaseFile]:
    """The files of one kind."""
    return (one for one in case.files if one.file.kind == kind)


def parsed(name: str, camera_id: str, content: bytes) -> Timeline:
    """The lines in a file's content."""
    pieces = [piece for piece in content.split(b"\n") if piece.strip()]
    read = [_line(piece) for piece in pieces]
    lines = tuple(line for line in read if line is not None)
    return Timeline(name, camera_id, lines, len(read) - len(lines))


_MOMENT = ("wall_utc",)
_DECIDED = (*_MOMENT, "track", "zone", "identity")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "frame": (*_MOMENT, "tracks", "looks"),
    "alarm": (*_DECIDED, "incident", "change", "kind", "reason"),
    "passage": (*_DECIDED, "object", "direction"),
    "part": (*_MOMENT, "file"),
    "part_end": (*_MOMENT, "file", "why"),
    "left_out": ("frames",),
}
"""What a line must have to be told; a line of another type is kept and not looked at."""


def _line(piece: bytes) -> Line | None:
    try:
        line = json.loads(piece)
    except ValueError:
        return None
    if not isinstance(line, dict) or not isinstance(line.get("type"), str):
        return None
    needed = _NEEDED.get(line["type"], ())
    if "wall_utc" in needed and not isinstance(line.get("wall_utc"), int | float):
        return None
    return line if all(name in line for name in needed) else None
