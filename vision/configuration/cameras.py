"""Reads ``cameras``: where the pictures come from, and what each camera sees of which zone."""

from __future__ import annotations

import math

from vision.configuration.document import Entry
from vision.configuration.known import Known
from vision.configuration.polygons import polygon_fault
from vision.configuration.problems import shown
from vision.configuration.section import Range, Section
from vision.configuration.sources import Sources
from vision.configuration.words import choice_fault, id_fault
from vision.settings import CameraSettings, DecodePolicy, ViewSettings

_FEWEST_CORNERS = 3
_MOST_CORNERS = 100
_MIB = 1024 * 1024
_DEFAULT = CameraSettings("", "")


def read_camera(section: Section, sources: Sources, known: Known) -> CameraSettings:
    """One camera."""
    entry = section.need("id", "give the camera an id")
    if entry is not None:
        section.as_text("id", entry, id_fault)
        known.add_camera(str(entry.value), section)
    detect_url, record_url = _streams(section, sources)
    username, password = (sources.secret(section, key) for key in ("username", "password"))
    if section.find("password") and not section.find("username"):
        section.wrong("password", "stands without a username", "give username as well")
    policies = choice_fault(tuple(policy.value for policy in DecodePolicy))
    preroll_mib = section.number(
        "preroll_mib", _DEFAULT.preroll_bytes / _MIB, Range(1, 1024, "MiB")
    )
    camera = CameraSettings(
        camera_id="" if entry is None else str(entry.value),
        detect_url=detect_url or "",
        record_url=record_url,
        username=username,
        password=password,
        decode=DecodePolicy(section.text("decode", _DEFAULT.decode.value, policies)),
        preroll_bytes=int(preroll_mib * _MIB),
        **_numbers(section),
        views=_views(section, known),
    )
    section.close()
    return camera


def _numbers(section: Section) -> dict[str, float]:
    ranges = {
        "analyses_per_s": Range(0.2, 30, "a second"),
        "connect_timeout_s": Range(0.5, 60, "s"),
        "read_timeout_s": Range(0.5, 60, "s"),
        "offline_after_s": Range(2, 600, "s"),
        "lag_limit_s": Range(0.5, 600, "s"),
        "preroll_s": Range(0, 120, "s"),
    }
    return {key: section.number(key, getattr(_DEFAULT, key), ranges[key]) for key in ranges}


def _streams(section: Section, sources: Sources) -> tuple[str | None, str | None]:
    """The stream to detect on and, where it is another one, the stream to record.

    ``url`` alone serves both; otherwise ``detect_url`` and ``record_url`` name one each.
    """
    both, detect, record = (
        sources.stream(section, key) for key in ("url", "detect_url", "record_url")
    )
    has_url, has_detect, has_record = (
        section.find(key) is not None for key in ("url", "detect_url", "record_url")
    )
    if has_url and (has_detect or has_record):
        section.wrong("url", "stands beside detect_url or record_url", "keep url, or the other two")
    elif has_record and not has_detect:
        section.wrong("record_url", "stands without detect_url", "add detect_url or rename it url")
    elif not has_url and not has_detect:
        section.missing("url", "give url, or detect_url and record_url")
    return both or detect, record


def _views(section: Section, known: Known) -> tuple[ViewSettings, ...]:
    """The camera's polygons: at most one of each zone."""
    views: dict[str, ViewSettings] = {}
    for path, item in section.items("views", section.find("views")):
        view = Section(section.problems, path, item)
        zone = view.need("zone", "name the zone that this polygon shows")
        zone_id = "" if zone is None else str(zone.value)
        counts = view.flag("counts")
        polygon = _polygon(view, view.need("polygon", "list its corners as [x, y]"))
        view.close()
        if zone_id in views:
            view.wrong("zone", f"{shown(zone_id)} has a polygon here already", "keep one of them")
            continue
        known.add_view(view, zone, counts=counts)
        views[zone_id] = ViewSettings(zone_id, polygon, bool(counts))
    return tuple(views.values())


def _polygon(view: Section, entry: Entry | None) -> tuple[tuple[float, float], ...]:
    """The corners; empty where they are wrong. One polygon has one problem, the first."""
    items = list(view.items("polygon", entry))
    corners = [_corner(item) for _, item in items]
    if not items:
        if entry is not None and entry.value == []:
            view.wrong("polygon", "has no corners", f"give at least {_FEWEST_CORNERS}")
        return ()
    found = tuple(corner for corner in corners if corner is not None)
    if len(found) < len(items):
        path, item = items[corners.index(None)]
        view.problems.add(item.line, path, "is no corner", "write [x, y], each from 0 to 1")
        return ()
    if not _FEWEST_CORNERS <= len(found) <= _MOST_CORNERS:
        remedy = f"give {_FEWEST_CORNERS} to {_MOST_CORNERS}"
        view.wrong("polygon", f"has {len(found)} corners", remedy)
        return ()
    if (fault := polygon_fault(found)) is not None:
        view.wrong("polygon", fault, "list its corners in order along the edge, each once")
        return ()
    return found


def _corner(item: Entry) -> tuple[float, float] | None:
    """``[x, y]``, each in [0, 1]; None for anything else."""
    if not isinstance(item.value, list) or len(item.value) != 2:  # noqa: PLR2004 - x and y
        return None
    numbers = [entry.value for entry in item.value]
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        return None
    x, y = (float(n) for n in numbers if isinstance(n, int | float))
    usable = math.isfinite(x) and math.isfinite(y) and min(x, y) >= 0 and max(x, y) <= 1
    return (x, y) if usable else None
