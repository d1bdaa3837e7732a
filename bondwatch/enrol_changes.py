"""How a change of a record reads for who has to approve it: each field, what it was and became.

What the action's own name says, its state and its request, is left out. So is what somebody had
when the record was made: the sheet shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from bondwatch.enrol_clock import first_day, last_day, local
from enrolment.people import LegalBasis
from enrolment.person_changes import field_of
from enrolment.register_history import Entry
from vision.configuration.own_permits import spelt_own_permit

_NOTHING = "none"
_TOLD_BY_THE_ACTION = frozenset({"state", "request"})
_TITLES = MappingProxyType(
    {"permits": "own zones", "watchlisted": "watch list"}
    | {name: name.replace("_", " ") for name in ("valid_from", "valid_to")}
)


def spelt_changes(entry: Entry, zone: ZoneInfo) -> str:
    """What a change changed, in one line; empty where its name says it all.

    >>> from datetime import UTC, datetime
    >>> moved = {"groups": [["staff"], ["office", "staff"]], "state": ["active", "suspended"]}
    >>> entry = Entry(1, datetime(2026, 1, 1, tzinfo=UTC), "ada", "edit", "", moved)
    >>> spelt_changes(entry, ZoneInfo("UTC"))
    'groups: staff -> office, staff'
    """
    if entry.action == "add":
        return ""
    return "; ".join(
        _spelt(name, was, now, zone)
        for name, (was, now) in entry.changes.items()
        if name not in _TOLD_BY_THE_ACTION
    )


def _spelt(name: str, was: Any, now: Any, zone: ZoneInfo) -> str:
    if name == "templates":
        count, than = abs(now - was), "more" if now > was else "fewer"
        return f"{count} {than} template{'' if count == 1 else 's'}"
    word = _WORDS.get(name, _plain)
    return f"{_TITLES.get(name, name)}: {word(was, zone)} -> {word(now, zone)}"


def _plain(value: Any, zone: ZoneInfo) -> str:
    del zone
    return (", ".join(value) if isinstance(value, list) else str(value or "")) or _NOTHING


def spelt_basis(basis: LegalBasis, zone: ZoneInfo) -> str:
    """Why a face may be kept, and who took that down."""
    purpose = f" for {basis.purpose}" if basis.purpose else ""
    notice = f", notice {basis.notice_version}" if basis.notice_version else ""
    taken = f", taken by {basis.taken_by} on {local(basis.taken_at, zone)}"
    return f"{basis.kind}{purpose}{notice}{taken}"


_WORDS: MappingProxyType[str, Callable[[Any, ZoneInfo], str]] = MappingProxyType(
    {
        "valid_from": lambda value, zone: first_day(field_of("valid_from", value), zone),
        "valid_to": lambda value, zone: last_day(field_of("valid_to", value), zone),
        "permits": lambda value, _: (
            "; ".join(map(spelt_own_permit, field_of("permits", value) or ())) or _NOTHING
        ),
        "basis": lambda value, zone: (
            spelt_basis(field_of("basis", value), zone) if value else _NOTHING
        ),
        "watchlisted": lambda value, _: "on it" if value else "not on it",
    }
)
