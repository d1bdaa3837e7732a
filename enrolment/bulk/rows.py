"""What the cells of a row mean: a person to enrol, or the reason why the row will not do.

Reading cells lives here; no photo is looked at and no register is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from enrolment.bulk.dates import AmbiguousDateError, DateOrder, iso_date
from enrolment.bulk.reasons import RowReason
from enrolment.bulk.table import RawRow, Table
from enrolment.people import Person, check_name, check_staff_id
from enrolment.validity import end_of, start_of

_BETWEEN = re.compile(r"[;|\n\uff1b\u3001]")
"""What stands between several groups or photos in one cell; Chinese marks too."""


@dataclass(frozen=True, slots=True)
class RowRules:
    """The site's side of an import. ``default_groups``: for rows that name none."""

    zone: ZoneInfo
    known_groups: frozenset[str]
    default_groups: frozenset[str] = frozenset()
    date_order: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class WantedRow:
    """A row that can be enrolled. ``columns``: those that the table has, the rest is left alone.

    ``photos``: as the cell names them; empty where they are to be found by the staff id.
    ``not_same_as``: staff ids of people alike, of whom a human has confirmed who they are.
    """

    line: int
    person: Person
    photos: tuple[str, ...]
    columns: frozenset[str]
    not_same_as: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot; ``staff_id`` and ``name`` as they stand there."""

    line: int
    staff_id: str
    name: str
    reason: RowReason
    detail: str = ""


class _RowError(Exception):
    def __init__(self, reason: RowReason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def read_rows(table: Table, rules: RowRules) -> tuple[WantedRow | RefusedRow, ...]:
    """Read every row by itself; rows that share a staff id are all refused."""
    counts = Counter(row.cells["staff_id"] for row in table.rows)
    doubled = frozenset(staff_id for staff_id, count in counts.items() if count > 1)
    return tuple(_read(row, table, rules, doubled) for row in table.rows)


def _read(
    row: RawRow, table: Table, rules: RowRules, doubled: frozenset[str]
) -> WantedRow | RefusedRow:
    try:
        person = _person(row, rules, doubled)
    except _RowError as refused:
        who = row.cells["staff_id"], row.cells["name"]
        return RefusedRow(row.line, *who, refused.reason, refused.detail)
    photos = _several(row.cells.get("photos", ""))
    alike = frozenset(_several(row.cells.get("not_same_as", "")))
    return WantedRow(row.line, person, photos, table.columns, alike)


def _person(row: RawRow, rules: RowRules, doubled: frozenset[str]) -> Person:
    if row.surplus:
        raise _RowError(RowReason.CELLS_TOO_MANY, f"{row.surplus} too many")
    staff_id = _staff_id(row.cells["staff_id"], doubled)
    name = _name(row.cells["name"])
    groups = _groups(row, rules)
    begin = _moment(row.cells.get("valid_from", ""), rules, ends=False)
    end = _moment(row.cells.get("valid_to", ""), rules, ends=True)
    if begin and end and begin >= end:
        raise _RowError(RowReason.ENDS_BEFORE_IT_BEGINS)
    return Person(staff_id, name, groups, valid_from=begin, valid_to=end)


def _staff_id(staff_id: str, doubled: frozenset[str]) -> str:
    if not staff_id:
        raise _RowError(RowReason.STAFF_ID_MISSING)
    if staff_id in doubled:
        raise _RowError(RowReason.DUPLICATE_ID)
    try:
        check_staff_id(staff_id)
    except ValueError as exc:
        raise _RowError(RowReason.STAFF_ID_NOT_ALLOWED) from exc
    return staff_id


def _name(name: str) -> str:
    try:
        check_name(name)
    except ValueError as exc:
        raise _RowError(RowReason.NAME_NOT_ALLOWED, str(exc).split(";", maxsplit=1)[0]) from exc
    return name


def _groups(row: RawRow, rules: RowRules) -> frozenset[str]:
    groups = frozenset(_several(row.cells.get("groups", ""))) or rules.default_groups
    if not groups:
        raise _RowError(RowReason.GROUP_MISSING)
    unknown = sorted(groups - rules.known_groups)
    if unknown:
        raise _RowError(RowReason.UNKNOWN_GROUP, ", ".join(unknown))
    return groups


def _moment(cell: str, rules: RowRules, *, ends: bool) -> datetime | None:
    if not cell:
        return None
    try:
        day = iso_date(cell, rules.date_order)
        return end_of(day, rules.zone) if ends else start_of(day, rules.zone)
    except AmbiguousDateError as exc:
        raise _RowError(RowReason.AMBIGUOUS_DATE, cell) from exc
    except ValueError as exc:
        raise _RowError(RowReason.NO_DATE, cell) from exc


def _several(cell: str) -> tuple[str, ...]:
    parts: Sequence[str] = [part.strip() for part in _BETWEEN.split(cell)]
    return tuple(dict.fromkeys(part for part in parts if part))
