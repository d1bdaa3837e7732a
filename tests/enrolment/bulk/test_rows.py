"""Rows: a person, or the one reason why not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enrolment.bulk.cells import RowRules
from enrolment.bulk.reasons import RowReason
from enrolment.bulk.rows import RefusedRow, WantedRow, read_rows
from enrolment.bulk.table import read_table
from enrolment.people import BasisKind, OwnPermit
from vision.configuration.own_permits import read_own_permit

RULES = RowRules(ZoneInfo("Asia/Shanghai"), frozenset({"staff", "guests"}))
HEADING = "id,name,groups,valid_from,valid_to,photos,not_same_as\n"


def read(*lines: str, rules: RowRules = RULES) -> list[WantedRow | RefusedRow]:
    """Read rows under the full heading."""
    return list(read_rows(read_table((HEADING + "\n".join(lines)).encode()), rules))


def test_a_row_is_a_person() -> None:
    """Every cell arrives, the last day in full, on the site's clock."""
    (row,) = read("W-1,王秀英,staff;guests,2026-03-01,2026/3/31,a.jpg|b.jpg,W-9")

    assert isinstance(row, WantedRow)
    assert (row.person.staff_id, row.person.name) == ("W-1", "王秀英")
    assert row.person.groups == {"staff", "guests"}
    assert row.person.valid_from == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert row.person.valid_to == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert row.photos == ("a.jpg", "b.jpg")
    assert row.not_same_as == {"W-9"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Ann,staff", RowReason.STAFF_ID_MISSING),
        ("../x,Ann,staff", RowReason.STAFF_ID_NOT_ALLOWED),
        ("a,,staff", RowReason.NAME_NOT_ALLOWED),
        ("a,A\u202enn,staff", RowReason.NAME_NOT_ALLOWED),
        ("a,Ann,", RowReason.GROUP_MISSING),
        ("a,Ann,pirates", RowReason.UNKNOWN_GROUP),
        ("a,Ann,staff,soon", RowReason.NO_DATE),
        ("a,Ann,staff,2026-02-30", RowReason.NO_DATE),
        ("a,Ann,staff,,03/04/2026", RowReason.AMBIGUOUS_DATE),
        ("a,Ann,staff,2026-03-02,2026-03-01", RowReason.ENDS_BEFORE_IT_BEGINS),
        ("a,Ann,staff,,,,,surplus", RowReason.CELLS_TOO_MANY),
    ],
)
def test_a_row_that_will_not_do_has_its_reason(line: str, reason: RowReason) -> None:
    """Each mistake has a code of its own, and the next row goes on."""
    refused, good = read(line, "b,Bob,staff")

    assert isinstance(refused, RefusedRow)
    assert (refused.line, refused.reason) == (2, reason)
    assert isinstance(good, WantedRow)


def test_rows_that_share_an_id_are_all_refused() -> None:
    """Nobody can say which one is right."""
    rows = read("a,Ann,staff", "b,Bob,staff", "A,Anna,staff")

    reasons = [getattr(row, "reason", None) for row in rows]
    assert reasons == [RowReason.DUPLICATE_ID, None, RowReason.DUPLICATE_ID]


def test_groups_can_be_given_for_rows_without() -> None:
    """A table of one company's people needs no column for it."""
    rules = RowRules(RULES.zone, RULES.known_groups, default_groups=frozenset({"guests"}))

    rows = read("a,Ann,", "b,Bob,staff", rules=rules)

    assert [sorted(row.person.groups) for row in rows] == [["guests"], ["staff"]]


FACTS = "id,name,groups,zones,organisation,badge,basis,purpose,notice,remarks\n"
SITE = RowRules(
    RULES.zone,
    RULES.known_groups,
    known_zones=frozenset({"bay", "dock"}),
    read_permit=read_own_permit,
    taken_by="ada",
)


def read_facts(line: str) -> WantedRow | RefusedRow:
    """Read one row under the heading of everything that can be said of a person."""
    (row,) = read_rows(read_table((FACTS + line).encode()), SITE)
    return row


def test_everything_that_is_said_of_a_person_arrives() -> None:
    """Zones with hours, organisation, badge, legal basis, remarks; whose word the basis is."""
    row = read_facts("a,Ann,,bay sat 08:00-12:00; dock,Cranes,4711,同意,access,v3,left-handed")

    assert isinstance(row, WantedRow)
    who = row.person
    assert who.permits == (OwnPermit("bay", ((5, 480, 720),)), OwnPermit("dock"))
    assert (who.groups, who.organisation, who.badge) == (frozenset(), "Cranes", "4711")
    assert who.remarks == "left-handed"
    assert who.basis
    assert who.basis.kind is BasisKind.CONSENT
    assert (who.basis.purpose, who.basis.notice_version) == ("access", "v3")
    assert who.basis.taken_by == "ada"


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ("a,Ann,,attic", RowReason.UNKNOWN_ZONE, "attic"),
        ("a,Ann,,bay someday 07:00-19:00", RowReason.NO_HOURS, "bay someday 07:00-19:00"),
        ("a,Ann,staff,,,,whim", RowReason.NO_BASIS, "whim"),
        ("a,Ann,staff,,,,,access", RowReason.NO_BASIS, ""),
        (f"a,Ann,staff,,{'C' * 201}", RowReason.TEXT_NOT_ALLOWED, "the organisation is longer"),
        (f"a,Ann,staff,,,,,,,{'r' * 2001}", RowReason.TEXT_NOT_ALLOWED, "remarks"),
    ],
)
def test_a_fact_that_will_not_do_has_its_reason(line: str, reason: RowReason, detail: str) -> None:
    """The detail quotes what there is to correct."""
    row = read_facts(line)

    assert isinstance(row, RefusedRow)
    assert row.reason is reason
    assert row.detail.startswith(detail)


CELL = st.text(st.characters(exclude_characters='"\r\n\0', codec="utf-8"), max_size=12)


@given(cells=st.lists(st.lists(CELL, min_size=2, max_size=8), max_size=5))
def test_any_cells_are_a_person_or_a_reason(cells: list[list[str]]) -> None:
    """Every row comes out once, and a person that comes out can be registered."""
    lines = [",".join(f'"{cell}"' for cell in line) for line in cells]
    filled = sum(any(cell.strip() for cell in line) for line in cells)
    assume(filled)

    rows = read(*lines)

    assert len(rows) == filled
    for row in rows:
        if isinstance(row, WantedRow):
            row.person.checked()
