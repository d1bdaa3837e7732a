"""What single cells mean: names, groups, zones, dates, the legal basis; or the reason why not.

Only the meaning of cells lives here; what a whole row is, is ``enrolment.bulk.rows``'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from enrolment.bulk.dates import AmbiguousDateError, DateOrder, iso_date
from enrolment.bulk.reasons import RowReason
from enrolment.people import (
    MAX_REMARKS_CHARS,
    BasisKind,
    LegalBasis,
    OwnPermit,
    check_name,
    check_staff_id,
)
from enrolment.validity import end_of, start_of

_BETWEEN = re.compile(r"[;|\n\uff1b\u3001]")
"""What stands between several groups, zones or photos in one cell; Chinese marks too."""

_BASES = {
    "consent": BasisKind.CONSENT,
    "同意": BasisKind.CONSENT,
    "statutory": BasisKind.STATUTORY,
    "法定": BasisKind.STATUTORY,
}
Cells = Mapping[str, str]


def _zone_alone(text: str) -> OwnPermit:
    """A notation without hours, where no other is given."""
    return OwnPermit(text)


@dataclass(frozen=True, slots=True)
class RowRules:
    """The site's side of an import.

    ``default_groups``: for rows that name none. ``read_permit``: the site's notation of a zone
    with hours; it raises ``ValueError``. ``taken_by``: whose word the legal basis is.
    """

    zone: ZoneInfo
    known_groups: frozenset[str]
    default_groups: frozenset[str] = frozenset()
    date_order: DateOrder | None = None
    known_zones: frozenset[str] = frozenset()
    read_permit: Callable[[str], OwnPermit] = _zone_alone
    taken_by: str = ""


class CellError(Exception):
    """A cell that will not do; ``detail`` quotes what people must see to correct it."""

    def __init__(self, reason: RowReason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def staff_id_of(staff_id: str, doubled: frozenset[str]) -> str:
    """A staff id that no other row has; ``doubled`` ones are in small letters."""
    if not staff_id:
        raise CellError(RowReason.STAFF_ID_MISSING)
    if staff_id.lower() in doubled:
        raise CellError(RowReason.DUPLICATE_ID)
    try:
        check_staff_id(staff_id)
    except ValueError as exc:
        raise CellError(RowReason.STAFF_ID_NOT_ALLOWED) from exc
    return staff_id


def name_of(name: str) -> str:
    """A name that can be shown."""
    return _checked(name, "name", RowReason.NAME_NOT_ALLOWED)


def text_of(cells: Cells, column: str) -> str:
    """A short text, or nothing."""
    text = cells.get(column, "")
    return _checked(text, column, RowReason.TEXT_NOT_ALLOWED) if text else ""


def remarks_of(cells: Cells) -> str:
    """A longer text, or nothing."""
    remarks = cells.get("remarks", "")
    if len(remarks) > MAX_REMARKS_CHARS:
        raise CellError(RowReason.TEXT_NOT_ALLOWED, "remarks")
    return remarks


def groups_of(cells: Cells, rules: RowRules, *, needed: bool) -> frozenset[str]:
    """Groups that the site knows; those given for all rows where the cell is empty."""
    groups = frozenset(several(cells.get("groups", ""))) or rules.default_groups
    if needed and not groups:
        raise CellError(RowReason.GROUP_MISSING)
    if unknown := sorted(groups - rules.known_groups):
        raise CellError(RowReason.UNKNOWN_GROUP, ", ".join(unknown))
    return groups


def permits_of(cells: Cells, rules: RowRules) -> tuple[OwnPermit, ...] | None:
    """Zones of somebody's own, with hours; None where the groups' count."""
    permits = []
    for text in several(cells.get("zones", "")):
        try:
            permit = rules.read_permit(text)
        except ValueError as exc:
            raise CellError(RowReason.NO_HOURS, text) from exc
        if permit.zone_id not in rules.known_zones:
            raise CellError(RowReason.UNKNOWN_ZONE, permit.zone_id)
        permits.append(permit)
    return tuple(permits) or None


def basis_of(cells: Cells, rules: RowRules) -> LegalBasis | None:
    """Why the face may be kept, as of now; None where nothing is said."""
    word = cells.get("basis", "")
    purpose, notice = text_of(cells, "purpose"), text_of(cells, "notice")
    if not (word or purpose or notice):
        return None
    kind = _BASES.get(word.casefold())
    if kind is None:
        raise CellError(RowReason.NO_BASIS, word)
    return LegalBasis(kind, purpose, notice, datetime.now(UTC), rules.taken_by)


def moment_of(cells: Cells, column: str, rules: RowRules) -> datetime | None:
    """When a validity begins (``valid_from``) or ends (``valid_to``); None without bound."""
    cell = cells.get(column, "")
    if not cell:
        return None
    read = end_of if column == "valid_to" else start_of
    try:
        return read(iso_date(cell, rules.date_order), rules.zone)
    except AmbiguousDateError as exc:
        raise CellError(RowReason.AMBIGUOUS_DATE, cell) from exc
    except ValueError as exc:
        raise CellError(RowReason.NO_DATE, cell) from exc


def several(cell: str) -> tuple[str, ...]:
    """The different things that one cell names, in order."""
    parts = (part.strip() for part in _BETWEEN.split(cell))
    return tuple(dict.fromkeys(part for part in parts if part))


def _checked(text: str, what: str, reason: RowReason) -> str:
    try:
        check_name(text, what)
    except ValueError as exc:
        raise CellError(reason, str(exc).split(";", maxsplit=1)[0]) from exc
    return text
