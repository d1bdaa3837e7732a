"""Reads `models/manifest.yaml`, strictly: an unknown, missing or wrong key is a mistake.

Here belongs the way from YAML to `models.entries`; every mistake names its entry, and all are
told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models import manifest_fields as fields
from models.entries import (
    ROLE_OF,
    Adapter,
    Archive,
    ClassSpec,
    Colour,
    EmbeddingSpec,
    InputSpec,
    MeasuredThresholds,
    ModelEntry,
    Origin,
    Pack,
    Role,
    Thresholds,
)
from models.errors import ManifestError
from models.manifest_fields import Fields

MANIFEST_FILE = Path(__file__).with_name("manifest.yaml")
EMBEDDED: Final = "embedded"
"""The pack whose files lie in this repository or come with set-up: it needs nothing beside."""
_VERSION = 1
_KINDS = ("person", "forklift")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Manifest:
    """All entries and all packs by name."""

    entries: Mapping[str, ModelEntry]
    packs: Mapping[str, Pack]

    def pack(self, name: str) -> Pack:
        """The pack of that name; ManifestError where there is none."""
        found = self.packs.get(name)
        if found is None:
            raise ManifestError(f"no pack named {name!r}; there are: {', '.join(self.packs)}")
        return found

    def needs_acceptance(self, pack: Pack) -> tuple[ModelEntry, ...]:
        """The entries of a pack whose licence forbids production."""
        return tuple(e for e in map(self.entry, pack.entries) if e.research_only)

    def entry(self, name: str, role: Role | None = None) -> ModelEntry:
        """The entry of that name; ManifestError where there is none or it has another role."""
        found = self.entries.get(name)
        if found is None:
            raise ManifestError(f"no model named {name!r}; there are: {', '.join(self.entries)}")
        if role is not None and found.role is not role:
            raise ManifestError(f"{name} has the role {found.role}, not {role}")
        return found

    def names(self, role: Role) -> tuple[str, ...]:
        """The names that may be offered for a role: those not bound to research."""
        every = self.entries.values()
        return tuple(e.name for e in every if e.role is role and not e.research_only)


def read_manifest(path: Path = MANIFEST_FILE) -> Manifest:
    """Reads and checks a manifest. ManifestError lists every mistake, one a line."""
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    mistakes: list[str] = []
    top = Fields("manifest", document, mistakes)
    entries = _entries(top)
    packs = _packs(top, entries)
    top.done()
    if mistakes:
        raise ManifestError("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return Manifest(entries, packs)


def _packs(top: Fields, entries: Mapping[str, ModelEntry]) -> dict[str, Pack]:
    """The packs; each role is served by an entry of that role.

    Where an entry is wrong, that is mistake enough.
    """
    packs, sound = {}, not top.mistakes
    for name, body in (top.need("packs", fields.mapping) or {}).items():
        one = top.inside(f"packs.{name}", body)
        about = one.need("about", fields.text) or ""
        chosen = {role: one.need(role.value, fields.text) or "" for role in Role}
        one.done()
        for role, entry in chosen.items():
            if sound and entry and (entry not in entries or entries[entry].role is not role):
                one.mistake(f"{role.value}: {entry} is no {role.value} of this manifest")
        packs[str(name)] = Pack(str(name), about, *(chosen[role] for role in Role))
    return packs


def _entries(top: Fields) -> dict[str, ModelEntry]:
    version = top.need("version", fields.integer)
    if version not in (None, _VERSION):
        top.mistake(f"version {version} is not {_VERSION}")
    models = top.need("models", fields.mapping) or {}
    read = {str(name): _entry(str(name), body, top.mistakes) for name, body in models.items()}
    return {name: entry for name, entry in read.items() if entry is not None}


def _entry(name: str, body: object, mistakes: list[str]) -> ModelEntry | None:
    """One entry, or None once its mistakes have been noted."""
    before, one = len(mistakes), Fields(name, body, mistakes)
    values: dict[str, Any] = {
        "role": one.need("role", fields.choice(Role)),
        "adapter": one.need("adapter", fields.choice(Adapter)),
        "file": one.need("file", fields.relative_path),
        "sha256": one.need("sha256", fields.digest),
        "size_bytes": one.need("size_bytes", fields.integer),
        "licence": one.need("licence", fields.text),
        "source": one.need("source", fields.text),
        "url": one.need("url", fields.optional(fields.https)),
        "research_only": one.need("research_only", fields.boolean),
        "input": _part(one, "input", _input),
    }
    values |= _parts_of_role(one, values["role"])
    one.done()
    if ROLE_OF.get(values["adapter"], values["role"]) is not values["role"]:
        one.mistake(f"adapter {values['adapter']} does not serve as {values['role']}")
    return ModelEntry(name=name, **values) if len(mistakes) == before else None


def _parts_of_role(one: Fields, role: Role | None) -> dict[str, Any]:
    """The keys that only one role has, and `converted_from`, which any may have."""
    values: dict[str, Any] = {}
    if role is Role.DETECTOR:
        values["class_count"] = one.need("class_count", fields.integer)
        values["classes"] = _classes(one)
    if role is Role.EMBEDDER:
        values["embedding"] = _part(one, "embedding", _embedding)
    if one.has("converted_from"):
        values["converted_from"] = _part(one, "converted_from", _origin)
    if one.has("archive"):
        values["archive"] = _part(one, "archive", _archive)
    return values


def _part(one: Fields, key: str, read: Callable[[Fields], _T]) -> _T | None:
    """A mapping inside an entry."""
    body = one.need(key, fields.mapping)
    if body is None:
        return None
    inner = one.inside(key, body)
    value = read(inner)
    inner.done()
    return value


def _input(part: Fields) -> InputSpec:
    size = part.need("size_wh", fields.optional(fields.integers(2)))
    return InputSpec(
        size_wh=(size[0], size[1]) if size else None,
        colour=part.need("colour", fields.choice(Colour)) or Colour.BGR,
        mean=part.need("mean", fields.triple) or (0.0, 0.0, 0.0),
        scale=part.need("scale", fields.number) or 0.0,
    )


def _classes(one: Fields) -> tuple[ClassSpec, ...]:
    found = []
    for number, body in enumerate(one.need("classes", fields.sequence) or ()):
        part = one.inside(f"classes[{number}]", body)
        index = part.need("index", fields.integer)
        name, kind = part.need("name", fields.text), part.need("kind", fields.one_of(_KINDS))
        part.done()
        found.append(ClassSpec(-1 if index is None else index, name or "", kind or ""))
    return tuple(found)


def _embedding(part: Fields) -> EmbeddingSpec:
    accept = part.need("accept", fields.cosine) or 0.0
    reject = part.need("reject", fields.cosine) or 0.0
    if reject > accept:
        part.mistake("reject is above accept")
    limits = Thresholds(
        accept,
        reject,
        margin=part.need("margin", fields.cosine) or 0.0,
        duplicate=part.need("duplicate", fields.cosine) or 0.0,
    )
    return EmbeddingSpec(
        dim=part.need("dim", fields.integer) or 0,
        template=part.need("template", fields.template) or "",
        thresholds=limits,
        mirrored=part.has("mirrored") and bool(part.need("mirrored", fields.boolean)),
        measured=_measured(part, limits.duplicate) if part.has("measured") else (),
        alike=part.need("alike", fields.share) if part.has("alike") else None,
    )


def _measured(part: Fields, duplicate: float) -> tuple[MeasuredThresholds, ...]:
    found = []
    for number, body in enumerate(part.need("measured", fields.sequence) or ()):
        row = part.inside(f"measured[{number}]", body)
        gallery, looks = row.need("gallery", fields.integer), row.need("looks", fields.integer)
        accept, reject = row.need("accept", fields.cosine), row.need("reject", fields.cosine)
        margin, min_px = row.need("margin", fields.cosine), row.need("min_px", fields.integer)
        row.done()
        if (reject or 0.0) > (accept or 0.0):
            row.mistake("reject is above accept")
        limits = Thresholds(
            accept or 0.0,
            reject or 0.0,
            margin or 0.0,
            duplicate,
            together=(looks or 1) > 1,
            min_px=float(min_px or 0),
        )
        found.append(MeasuredThresholds(gallery or 0, looks or 0, limits))
    return tuple(found)


def _archive(part: Fields) -> Archive:
    return Archive(
        file=part.need("file", fields.relative_path) or "",
        url=part.need("url", fields.https) or "",
        sha256=part.need("sha256", fields.digest) or "",
        size_bytes=part.need("size_bytes", fields.integer) or 0,
    )


def _origin(part: Fields) -> Origin:
    return Origin(
        file=part.need("file", fields.relative_path) or "",
        sha256=part.need("sha256", fields.digest) or "",
        size_bytes=part.need("size_bytes", fields.integer) or 0,
        package=part.need("package", fields.text) or "",
        version=part.need("version", fields.text) or "",
        package_sha256=part.need("package_sha256", fields.digest) or "",
    )
