"""Reads ``zones``: the places, who may be in them and when."""

from __future__ import annotations

from vision.configuration.hours import read_hours
from vision.configuration.known import Known
from vision.configuration.problems import shown
from vision.configuration.section import Range, Section
from vision.configuration.words import id_fault, name_fault
from vision.settings import ForkliftSettings, PermitSettings, ZoneSettings

_NEVER = "never"


def read_zone(section: Section, known: Known) -> ZoneSettings:
    """One zone. Without permits it lets nobody in."""
    entry = section.need("id", "give the zone an id")
    zone_id = "" if entry is None else str(entry.value)
    if entry is not None:
        section.as_text("id", entry, id_fault)
        known.add_zone(zone_id, section)
    zone = ZoneSettings(
        zone_id=zone_id,
        name=section.text("name", zone_id, name_fault),
        permits=_permits(section, known),
        verify_within_s=_verify_within(section),
        forklifts=_forklifts(section),
    )
    section.close()
    return zone


def _permits(section: Section, known: Known) -> tuple[PermitSettings, ...]:
    permits = []
    entry = section.need("permits", "list who may be here; [] lets nobody in")
    for path, item in section.items("permits", entry):
        permit = Section(section.problems, path, item)
        groups = permit.need("groups", "list the groups that may be here")
        if groups is not None and groups.value == []:
            permit.wrong("groups", "names no group", "list the groups or remove the permit")
        for group_path, group in permit.items("groups", groups):
            known.check_group(section.problems, group_path, group)
        names = tuple(str(group.value) for _, group in permit.items("groups", groups))
        permits.append(PermitSettings(names, read_hours(permit, "hours")))
        permit.close()
    return tuple(permits)


def _verify_within(section: Section) -> float | None:
    entry = section.find("verify_within_s")
    if entry is not None and entry.value == _NEVER:
        return None
    default = ZoneSettings("", "", ()).verify_within_s
    return section.number("verify_within_s", default, Range(1, 3600, "s, or the word never"))


def _forklifts(section: Section) -> ForkliftSettings:
    entry = section.find("forklifts")
    if entry is not None and isinstance(entry.value, dict):
        return ForkliftSettings(hours=read_hours(section, "forklifts"))
    return ForkliftSettings(never=section.text("forklifts", "always", _forklift_fault) == _NEVER)


def _forklift_fault(text: str) -> str | None:
    if text in {"always", _NEVER}:
        return None
    return f"{shown(text)} is not known; write always, never or their hours"
