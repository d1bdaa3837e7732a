"""Which pictures show whom, and which pictures have boxes.

Here belongs reading a directory's names. Opening pictures is `bench.evaluation.faces`'s work.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
_NUMBERED = re.compile(r"(?P<person>.+)_\d+")


class EvaluationError(Exception):
    """The directory holds nothing that could be measured; the message says what would do."""


def read_people(directory: Path) -> Mapping[str, tuple[Path, ...]]:
    """Pictures by person, both sorted by name.

    A folder is a person; a picture that lies in the directory itself is named
    ``Name_0001.jpg``. EvaluationError where there are no such pictures.
    """
    if not directory.is_dir():
        raise EvaluationError(f"{directory} is no directory; name one with pictures of faces")
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sorted(directory.rglob("*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        person = _person_of(path, directory)
        if person is not None:
            found[person].append(path)
    if not found:
        raise EvaluationError(
            f"{directory} holds no pictures named Person/any.jpg or Name_0001.jpg"
        )
    return {person: tuple(paths) for person, paths in sorted(found.items())}


def _person_of(path: Path, directory: Path) -> str | None:
    parts = path.relative_to(directory).parts
    if len(parts) > 1:
        return parts[0]
    numbered = _NUMBERED.fullmatch(path.stem)
    return numbered["person"] if numbered else None
