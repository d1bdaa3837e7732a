"""Which file a row means: names as people write them, kept inside the folder or zip given.

Only names live here. Reading files is ``enrolment.bulk.photo_stores``'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from enrolment.refusals import PhotoRefusedError, Refusal

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})
_DRIVE = re.compile(r"[A-Za-z]:")
_NUMBER = re.compile(r"[-_ ]\d+$|\s?\(\d+\)$")
"""What cameras and people put behind a name: ``ann_0002``, ``ann-2``, ``ann (2)``."""


def plain_name(name: str) -> str:
    """Spell a name one way: forward slashes, composed letters, no ``./``.

    PhotoRefusedError with PATH_NOT_ALLOWED for a name that leads, or tries to lead, elsewhere.
    """
    plain = unicodedata.normalize("NFC", name).replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in {"", "."}]
    if plain.startswith("/") or _DRIVE.match(plain) or ".." in parts or "\0" in plain:
        raise PhotoRefusedError(Refusal.PATH_NOT_ALLOWED)
    if not parts:
        raise PhotoRefusedError(Refusal.PHOTO_MISSING)
    return "/".join(parts)


class PhotoNames:
    """The names in one folder or zip, and the ways to find one of them."""

    def __init__(self, names: Iterable[str], staff_ids: Collection[str]) -> None:
        """``names``: plain. ``staff_ids``: all that will be asked for: they share the files."""
        self._names = frozenset(names)
        self._by_tail: dict[str, list[str]] = defaultdict(list)
        self._by_staff_id: dict[str, list[str]] = defaultdict(list)
        for name in sorted(self._names):
            self._by_tail[PurePosixPath(name).name.casefold()].append(name)
            owner = _owner_of(PurePosixPath(name), staff_ids)
            if owner is not None:
                self._by_staff_id[owner].append(name)

    def named(self, name: str) -> str:
        """The file that a cell names: exactly, or the only one that ends so, in any case.

        PhotoRefusedError with PATH_NOT_ALLOWED or PHOTO_MISSING.
        """
        plain = plain_name(name)
        if plain in self._names:
            return plain
        tail = f"/{plain}".casefold()
        candidates = self._by_tail.get(tail.rsplit("/", 1)[1], [])
        found = [one for one in candidates if f"/{one}".casefold().endswith(tail)]
        if len(found) != 1:
            detail = f"{len(found)} files of this name" if found else ""
            raise PhotoRefusedError(Refusal.PHOTO_MISSING, detail)
        return found[0]

    def of(self, staff_id: str) -> tuple[str, ...]:
        """The files called after a staff id, or lying in a folder of that name."""
        return tuple(self._by_staff_id.get(staff_id, ()))


def _owner_of(path: PurePosixPath, staff_ids: Collection[str]) -> str | None:
    if path.suffix.casefold() not in PICTURE_SUFFIXES:
        return None
    claims = (path.stem, _NUMBER.sub("", path.stem), path.parent.name)
    return next((claim for claim in claims if claim in staff_ids), None)
