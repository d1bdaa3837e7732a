"""Where evidence lies: names and folders, computed from the alarm alone. Pure.

An alarm's evidence is one folder, ``evidence/<date>/<alarm_id>/`` in the data directory; the date
is the UTC day on which the alarm was raised. Each camera's files in it begin with its id and a
dot, which no id holds: ``gate.1.mp4``, ``gate.1.jsonl``, ``gate.jpg``, ``gate.face.jpg``. A file
that is still growing says so (``gate.1.part.mp4``), and takes its own name only when it is whole
and synced.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum

ROOT = "evidence"
_FOLDER = re.compile(rf"{ROOT}/[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}/[0-9a-f-]{{1,64}}")
GROWING = ".part"


class FileKind(StrEnum):
    """What a file of evidence is."""

    CLIP = "clip"
    TIMELINE = "timeline"
    SNAPSHOT = "snapshot"
    FACE = "face"


_SUFFIXES = {
    FileKind.CLIP: ".mp4",
    FileKind.TIMELINE: ".jsonl",
    FileKind.SNAPSHOT: ".jpg",
    FileKind.FACE: ".face.jpg",
}


def folder_of(alarm_id: str, raised_at: float) -> str:
    """An alarm's folder, relative to the data directory; ``raised_at``: POSIX seconds."""
    day = datetime.fromtimestamp(raised_at, UTC).date().isoformat()
    return f"{ROOT}/{day}/{alarm_id}"


def is_folder(path: str) -> bool:
    """Whether a path relative to the data directory is that of some alarm's evidence."""
    return _FOLDER.fullmatch(path) is not None


def picture_name(camera_id: str, kind: FileKind) -> str:
    """The name of a camera's snapshot or face; there is one of each in a folder."""
    return f"{camera_id}{_SUFFIXES[kind]}"


def snapshot_reference(alarm_id: str, raised_at: float, camera_id: str) -> str:
    """What an alarm's message says of its snapshot: the path below the data directory."""
    return f"{folder_of(alarm_id, raised_at)}/{picture_name(camera_id, FileKind.SNAPSHOT)}"


def next_name(camera_id: str, kind: FileKind, taken: Collection[str]) -> str:
    """The first name of its kind that neither a whole nor a growing file has."""
    number = 1
    while True:
        name = f"{camera_id}.{number}{_SUFFIXES[kind]}"
        if name not in taken and growing(name) not in taken:
            return name
        number += 1


def growing(name: str) -> str:
    """What a file is called while it grows: it can be played, but is not whole."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}{GROWING}{dot}{suffix}"


def whole(name: str) -> str | None:
    """The name that a growing file will have; None where the file is not growing."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem.removesuffix(GROWING)}{dot}{suffix}" if stem.endswith(GROWING) else None


def camera_of(name: str) -> str:
    """The camera that a file of evidence is of."""
    return name.partition(".")[0]


def kind_of(name: str) -> FileKind | None:
    """What a file is, by its name; None where it is no evidence."""
    matches = [kind for kind, suffix in _SUFFIXES.items() if name.endswith(suffix)]
    return max(matches, key=lambda kind: len(_SUFFIXES[kind]), default=None)
