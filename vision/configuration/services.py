"""Reads the sections about the machinery: broker, models, identity rules, logs."""

from __future__ import annotations

from pathlib import Path

from models.entries import Role
from models.manifest import Manifest, read_manifest
from vision.configuration.section import Range, Section
from vision.configuration.sources import Sources
from vision.configuration.words import choice_fault, host_fault, http_fault, name_fault
from vision.settings import (
    IdentitySettings,
    LedgerSettings,
    LogSettings,
    ModelSettings,
    MqttSettings,
    TlsSettings,
)

_MIB = 1024 * 1024
_COSINE = Range(-1, 1)
_LOOKS = Range(1, 50, "looks")
_IDENTITY_RANGES = {
    "accept": _COSINE,
    "reject": _COSINE,
    "margin": Range(0, 1),
    "look_spacing_s": Range(0, 60, "s"),
    "window_s": Range(1, 600, "s"),
    "confirm_min_px": Range(8, 500, "px"),
    "condemn_min_px": Range(8, 500, "px"),
    "reverify_s": Range(5, 86400, "s"),
}


def read_mqtt(section: Section, sources: Sources) -> MqttSettings:
    """The broker."""
    default = MqttSettings()
    username, password = (sources.secret(section, key) for key in ("username", "password"))
    settings = MqttSettings(
        host=section.text("host", default.host, host_fault),
        port=section.integer("port", default.port, Range(1, 65535)),
        username=username,
        password=password,
        tls=_tls(section, sources),
        client_id=section.text("client_id", default.client_id, name_fault),
        heartbeat_s=section.number("heartbeat_s", default.heartbeat_s, Range(1, 60, "s")),
    )
    section.close()
    return settings


def _tls(section: Section, sources: Sources) -> TlsSettings | None:
    """The files of TLS; an empty mapping means TLS with the system's authorities."""
    tls = section.section("tls")
    if tls is None:
        return None
    keys = ("ca_file", "cert_file", "key_file")
    ca_file, cert_file, key_file = (sources.path(tls, key) for key in keys)
    if (tls.find("cert_file") is None) != (tls.find("key_file") is None):
        section.wrong("tls", "has one of cert_file and key_file", "give both or neither")
    tls.close()
    return TlsSettings(ca_file, cert_file, key_file)


def read_models(section: Section, sources: Sources) -> ModelSettings:
    """Which models serve. Only their names are checked; their files are when they are loaded."""
    manifest = read_manifest()
    packs = choice_fault(tuple(manifest.packs))
    chosen = section.text("pack", None, packs)
    served = dict(zip(Role, manifest.pack(chosen).entries, strict=True)) if chosen else {}
    names = {
        role: served[role]
        if role in served and section.find(role.value) is None
        else _model(section, role, manifest)
        for role in Role
    }
    settings = ModelSettings(
        detector=names[Role.DETECTOR],
        face_detector=names[Role.FACE_DETECTOR],
        embedder=names[Role.EMBEDDER],
        directory=sources.path(section, "directory"),
        fallback=section.text("fallback", None, packs),
    )
    section.close()
    return settings


def _model(section: Section, role: Role, manifest: Manifest) -> str:
    """The name of an entry of that role. Those for research only serve where they are named."""
    names = tuple(entry.name for entry in manifest.entries.values() if entry.role is role)
    found = section.need(role.value, f"use one of: {', '.join(names)}")
    if found is None:
        return ""
    return section.as_text(role.value, found, choice_fault(names)) or ""


def read_identity(section: Section) -> IdentitySettings:
    """When looks become an identity."""
    default = IdentitySettings()
    numbers = {
        key: section.number(key, getattr(default, key), limits)
        for key, limits in _IDENTITY_RANGES.items()
    }
    settings = IdentitySettings(
        **numbers,
        confirm_looks=section.integer("confirm_looks", default.confirm_looks, _LOOKS),
        condemn_looks=section.integer("condemn_looks", default.condemn_looks, _LOOKS),
    )
    section.close()
    accept, reject = settings.accept, settings.reject
    if accept is not None and reject is not None and reject > accept:
        section.wrong("reject", "is above accept", "nobody could be both; lower reject")
    return settings


def read_ledger(section: Section, sources: Sources, data_dir: Path) -> LedgerSettings:
    """The ledger's key and second place, neither where the ledger itself lies; time stamps."""
    default = LedgerSettings()
    settings = LedgerSettings(
        key_file=sources.path(section, "key_file"),
        copy_to=sources.path(section, "copy_to"),
        checkpoint_s=section.number("checkpoint_s", default.checkpoint_s, Range(1, 60, "s")),
        timestamp_url=section.text("timestamp_url", None, http_fault),
        timestamp_ca_file=sources.path(section, "timestamp_ca_file"),
        timestamp_every_s=section.number(
            "timestamp_every_s", default.timestamp_every_s, Range(60, 86400, "s")
        ),
    )
    if section.find("timestamp_ca_file") and not section.find("timestamp_url"):
        section.wrong("timestamp_ca_file", "stands without timestamp_url", "give it as well")
    section.close()
    for key, path in (("key_file", settings.key_file), ("copy_to", settings.copy_to)):
        if path is not None and path.is_relative_to(data_dir):
            problem = "lies in data_dir, and would be copied, lost and changed with the ledger"
            section.wrong(key, problem, "name a place outside of it")
    return settings


def read_logs(section: Section, sources: Sources) -> LogSettings:
    """Where the log goes and how much of it is kept."""
    default = LogSettings()
    levels = ("debug", "info", "warning", "error")
    max_mib = section.number("max_mib", default.max_bytes / _MIB, Range(1, 1024, "MiB"))
    settings = LogSettings(
        directory=sources.path(section, "directory"),
        level=section.text("level", default.level, choice_fault(levels)),
        max_bytes=int(max_mib * _MIB),
        keep=section.integer("keep", default.keep, Range(1, 100, "files")),
    )
    section.close()
    return settings
