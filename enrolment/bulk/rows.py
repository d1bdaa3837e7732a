"""What a row means as a whole: a person to enrol, or the reason why the row will not do.

Reading cells is ``enrolment.bulk.cells``'s; no photo is looked at and no register is asked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from enrolment.bulk import cells
from enrolment.bulk.cells import CellError, RowRules
from enrolment.bulk.reasons import RowReason
from enrolment.bulk.table import RawRow, Table
from enrolment.people import Person


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


def read_rows(table: Table, rules: RowRules) -> tuple[WantedRow | RefusedRow, ...]:
    """Read every row by itself; rows that share a staff id, in any letter case, are all refused."""
    counts = Counter(row.cells["staff_id"].lower() for row in table.rows)
    doubled = frozenset(staff_id for staff_id, count in counts.items() if count > 1)
    return tuple(_read(row, table, rules, doubled) for row in table.rows)


def _read(
    row: RawRow, table: Table, rules: RowRules, doubled: frozenset[str]
) -> WantedRow | RefusedRow:
    try:
        person = _person(row, rules, doubled)
    except CellError as refused:
        who = row.cells["staff_id"], row.cells["name"]
        return RefusedRow(row.line, *who, refused.reason, refused.detail)
    photos = cells.several(row.cells.get("photos", ""))
    alike = frozenset(cells.several(row.cells.get("not_same_as", "")))
    return WantedRow(row.line, person, photos, table.columns, alike)


def _person(row: RawRow, rules: RowRules, doubled: frozenset[str]) -> Person:
    if row.surplus:
        raise CellError(RowReason.CELLS_TOO_MANY, f"{row.surplus} too many")
    staff_id = cells.staff_id_of(row.cells["staff_id"], doubled)
    name = cells.name_of(row.cells["name"])
    permits = cells.permits_of(row.cells, rules)
    groups = cells.groups_of(row.cells, rules, needed=permits is None)
    begin = cells.moment_of(row.cells, "valid_from", rules)
    end = cells.moment_of(row.cells, "valid_to", rules)
    if begin and end and begin >= end:
        raise CellError(RowReason.ENDS_BEFORE_IT_BEGINS)
    return Person(
        staff_id,
        name,
        groups,
        valid_from=begin,
        valid_to=end,
        organisation=cells.text_of(row.cells, "organisation"),
        badge=cells.text_of(row.cells, "badge"),
        remarks=cells.remarks_of(row.cells),
        basis=cells.basis_of(row.cells, rules),
        permits=permits,
    )
