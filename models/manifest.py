"""Reads `models/manifest.yaml`, strictly: an unknown, missing or wrong key is a mistake.

Here belongs the way from YAML to `models.entries`; every mistake names its entry, and all are
told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models import manifest_fields as fields
from models.entries import (
    ROLE_OF,
    Adapter,
    ClassSpec,
    Colour,
    EmbeddingSpec,
    InputSpec,
    ModelEntry,
    Origin,
    Role,
    Thresholds,
)
from models.errors import ManifestError
from models.manifest_fields import Fields

MANIFEST_FILE = Path(__file__).with_name("manifest.yaml")
_VERSION = 1
_KINDS = ("person", "forklift")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Manifest:
    """All entries by name."""

    entries: Mapping[str, ModelEntry]

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
    entries = _entries(Fields("manifest", document, mistakes))
    if mistakes:
        raise ManifestError("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return Manifest(entries)


def _entries(top: Fields) -> dict[str, ModelEntry]:
    version = top.need("version", fields.integer)
    if version not in (None, _VERSION):
        top.mistake(f"version {version} is not {_VERSION}")
    models = top.need("models", fields.mapping) or {}
    top.done()
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
    return EmbeddingSpec(
        dim=part.need("dim", fields.integer) or 0,
        template=part.need("template", fields.template) or "",
        thresholds=Thresholds(
            accept,
            reject,
            margin=part.need("margin", fields.cosine) or 0.0,
            duplicate=part.need("duplicate", fields.cosine) or 0.0,
        ),
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
