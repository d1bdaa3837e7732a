"""What a bundle says of itself: the manifest, the note that signs it, and the names in a bundle.

Values and texts; no file is touched. Reading is strict: what is not as it is written here is
refused, so that a manifest has one meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

VERSION = 1
MANIFEST = "manifest.json"
NOTE = "manifest.note"
KEY = "public-key.txt"
CHECKPOINT = "ledger/checkpoint"
ENTRIES = "ledger/entries.jsonl"
GROWTH = "ledger/growth.jsonl"
REVISIONS = "alarm.jsonl"
EVIDENCE = "evidence"
"""The folder of evidence as it was recorded."""

SHOWN = "shown"
"""The folder of copies derived from it."""

_HEADING = "bondwatch evidence bundle"
_HEX = frozenset("0123456789abcdef")
_DIGEST_LENGTH = 64
_LATEST = 253_402_300_800
"""The year 10000, which calendars do not know."""

_T = TypeVar("_T")


class ManifestError(Exception):
    """A text is no manifest; the message says why."""


class Role(StrEnum):
    """Whether something is as it was recorded, or was made from that for the bundle."""

    ORIGINAL = "original"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file of a bundle. ``what`` it is, in a word; ``of``: the evidence it was derived from."""

    path: str
    what: str
    role: Role
    size_bytes: int
    sha256: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """One file of evidence as the site's index knows it.

    ``entry``: the ledger's entry that proves its digest; None where it had none yet.
    ``is_included``: whether it lies in the bundle itself.
    """

    name: str
    kind: str
    camera: str
    size_bytes: int
    sha256: str
    entry: int | None
    is_included: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """A bundle's contents.

    ``role``: derived where originals were left out for redacted copies. ``origin`` names the
    ledger, ``size`` its entries under the bundle's checkpoint. ``is_finished``: the alarm was over
    and all of its evidence whole. ``remarks``: what a reader must know, in words. ``files``: all
    but the manifest and its note, in their order.
    """

    role: Role
    site: str
    time_zone: str
    alarm_id: str
    origin: str
    size: int
    is_finished: bool
    made_at: float
    made_by: str
    made_with: str
    remarks: tuple[str, ...]
    evidence: tuple[KeptEvidence, ...]
    files: tuple[BundledFile, ...]

    def __str__(self) -> str:
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def parse(cls, text: bytes) -> Manifest:
        """Read a manifest. Raises ManifestError."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ManifestError("it is no JSON") from error
        if not isinstance(found, dict) or found.pop("version", None) != VERSION:
            raise ManifestError(f"it is no manifest of version {VERSION}")
        return _read(cls, found)


def path_of(name: str) -> str:
    """Where a file of evidence lies in a bundle."""
    return f"{EVIDENCE}/{name}"


def note_text(manifest: bytes, role: str, alarm_id: str) -> str:
    """What the node signs: it cannot be taken for a checkpoint, whose second line is a number."""
    digest = hashlib.sha256(manifest).hexdigest()
    return f"{_HEADING} {VERSION}\n{role}\nalarm {alarm_id}\nsha256 {digest} {MANIFEST}\n"


def _read(kind: type[_T], found: object) -> _T:
    """One of the values above out of JSON; exactly its fields, each of its type."""
    names = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(found, Mapping) or set(found) != set(names):
        raise ManifestError(f"it has a {kind.__name__} with other fields than {', '.join(names)}")
    return kind(**{name: _value(name, names[name], found[name]) for name in names})


def _value(name: str, kind: str, value: Any) -> Any:
    if kind.startswith("tuple["):
        if not isinstance(value, list):
            raise ManifestError(f"{name} is no list")
        inner = kind.removeprefix("tuple[").removesuffix(", ...]")
        return tuple(_value(name, inner, one) for one in value)
    if kind == "Role" and value in tuple(Role):
        return Role(value)
    if kind in _NESTED:
        return _read(_NESTED[kind], value)
    if value is None and kind.endswith(" | None"):
        return None
    if not _is_plain(name, kind.removesuffix(" | None"), value):
        raise ManifestError(f"{name} is not what it should be")
    return value


_NESTED: Mapping[str, type] = {"KeptEvidence": KeptEvidence, "BundledFile": BundledFile}


def _is_plain(name: str, kind: str, value: object) -> bool:
    if name == "sha256":
        return isinstance(value, str) and len(value) == _DIGEST_LENGTH and _HEX.issuperset(value)
    if kind == "str":
        return isinstance(value, str) and value.isprintable()
    if kind == "bool":
        return isinstance(value, bool)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if kind == "int":
        return is_number and value >= 0  # type: ignore[operator]
    return (is_number or isinstance(value, float)) and 0 <= value < _LATEST  # type: ignore[operator]
