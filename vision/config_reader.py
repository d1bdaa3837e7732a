"""Reads ``config.yaml`` into ``vision.settings``, or says everything that is wrong with it.

Reading opens the one file and nothing else: no camera, no broker, no register, no secret. The
sections are read in ``vision.configuration``; here they are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from pathlib import Path
from typing import TypeVar

from vision.configuration.cameras import read_camera
from vision.configuration.document import Entry, read_document
from vision.configuration.evidence import read_evidence
from vision.configuration.known import Known
from vision.configuration.names import read_names
from vision.configuration.problems import ConfigError, Problem, Problems
from vision.configuration.register import read_register
from vision.configuration.section import Range, Section
from vision.configuration.services import (
    read_identity,
    read_ledger,
    read_logs,
    read_models,
    read_mqtt,
)
from vision.configuration.sources import Sources
from vision.configuration.words import id_fault, time_zone_fault
from vision.configuration.zones import read_zone
from vision.settings import Settings

__all__ = ["ConfigError", "Problem", "read_settings"]

_MOST_WORKERS = 256
_T = TypeVar("_T")


def read_settings(
    path: Path, known_groups: Set[str] | None = None, *, content: Path | None = None
) -> Settings:
    """The configuration in a file; relative paths in it are relative to its folder.

    ``known_groups``: the groups that somebody in the register has, where the caller knows them;
    a permit for any other is then a mistake. ``content``: a copy of the file to read instead.
    ConfigError holds every mistake.
    """
    problems = Problems(str(path))
    document = read_document(content or path, problems)
    if document is None:
        raise problems.error()
    held = None if known_groups is None else frozenset(known_groups)
    settings = _read(Section(problems, "", document), Sources(path.absolute().parent), held)
    if problems.found:
        raise problems.error()
    return settings


def _read(top: Section, sources: Sources, held: frozenset[str] | None) -> Settings:
    site_id, time_zone = _site(_part(top, "site", "give the site's id and time_zone"))
    groups = read_names(top, "groups")
    known = Known(None if groups is None else frozenset(groups), held)
    zones = _each(top, "zones", lambda section: read_zone(section, known))
    cameras = _each(top, "cameras", lambda section: read_camera(section, sources, known))
    known.check_views()
    data_dir = sources.path(top, "data_dir") or sources.folder / "var"
    settings = Settings(
        site_id=site_id,
        time_zone=time_zone,
        data_dir=data_dir,
        mqtt=read_mqtt(_part(top, "mqtt"), sources),
        models=read_models(_part(top, "models", "name detector, face_detector, embedder"), sources),
        zones=zones,
        cameras=cameras,
        groups=groups or (),
        identity=read_identity(_part(top, "identity")),
        register=read_register(_part(top, "register"), sources),
        logs=read_logs(_part(top, "logs"), sources),
        evidence=read_evidence(_part(top, "evidence"), cameras),
        workers=top.integer("workers", None, Range(1, _MOST_WORKERS)),
        ledger=read_ledger(_part(top, "ledger"), sources, data_dir),
    )
    top.close()
    return settings


def _part(top: Section, key: str, remedy_if_missing: str | None = None) -> Section:
    """The mapping under a key; an empty one where it is missing. With a remedy it is needed."""
    entry = top.find(key) if remedy_if_missing is None else top.need(key, remedy_if_missing)
    if entry is None:
        # A needed part that is missing has been told; its keys need not be told as well.
        entry = Entry(top.line, {} if remedy_if_missing is None else None)
    return Section(top.problems, key, entry)


def _site(site: Section) -> tuple[str, str]:
    needed = (("id", "give the site an id", id_fault), ("time_zone", "name it", time_zone_fault))
    texts = []
    for key, remedy, check in needed:
        entry = site.need(key, remedy)
        texts.append("" if entry is None else site.as_text(key, entry, check) or "")
    site.close()
    return texts[0], texts[1]


def _each(top: Section, key: str, read: Callable[[Section], _T]) -> tuple[_T, ...]:
    """Everything in a list of mappings that must not be empty."""
    entry = top.need(key, "list at least one")
    if entry is not None and entry.value == []:
        top.wrong(key, "is empty", "list at least one")
    return tuple(read(Section(top.problems, path, item)) for path, item in top.items(key, entry))
