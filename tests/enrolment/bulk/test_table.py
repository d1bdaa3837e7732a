"""Tables of people: whoever's spreadsheet wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.bulk.table import TableError, read_table

CHINESE = "工号,姓名,照片\nW-1,王秀英,w1.jpg\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    """The same table in any encoding gives the same cells."""
    (row,) = read_table(CHINESE.encode(encoding)).rows

    assert row.cells == {"staff_id": "W-1", "name": "王秀英", "photos": "w1.jpg"}
    assert row.line == 2


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_heading_shows_the_separator(mark: str) -> None:
    """Spreadsheets write what their country writes."""
    text = f"Staff ID{mark}Name{mark}Valid-To\r\na{mark}Ann{mark}2026/3/1\r\n"

    (row,) = read_table(text.encode()).rows

    assert row.cells == {"staff_id": "a", "name": "Ann", "valid_to": "2026/3/1"}


def test_an_encoding_can_be_said() -> None:
    """Where the guess would be wrong."""
    (row,) = read_table("id,name\na,M\xfcller\n".encode("latin-1"), "latin-1").rows

    assert row.cells["name"] == "Müller"


def test_quoted_lines_and_empty_lines_keep_their_numbers() -> None:
    """A row is named by the line that it begins at."""
    rows = read_table(b'id,name\n\na,"An\nn"\n\nb,Bob\n').rows

    assert [(row.line, row.cells["staff_id"]) for row in rows] == [(3, "a"), (6, "b")]


def test_short_rows_are_filled_and_long_ones_counted() -> None:
    """A missing cell is empty; a surplus one is told, not moved."""
    rows = read_table(b"id,name,groups\na\nb,Bob,staff,x,y\n").rows

    assert rows[0].cells == {"staff_id": "a", "name": "", "groups": ""}
    assert rows[1].surplus == 2


def test_unknown_columns_are_named() -> None:
    """A misspelt heading can be seen."""
    assert read_table(b"id,name,valid_too\na,Ann,x\n").ignored == ("valid_too",)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"name,groups\nAnn,staff\n", "no column staff_id"),
        (b"photo\nx\n", "no column staff_id and no column name"),
        (b"id,name,ID\na,Ann,b\n", "column staff_id twice"),
        (b"id,name\n\n , \n", "nobody below"),
        (b'id,name\na,"Ann\n', "line 2"),
        (b"id,name\na,A\0nn\n", "zero bytes"),
        (b"\xff\xff\xff\xff", "not UTF-8 nor GBK"),
        (b"id,name\n" + b"x" * 200_000, "field larger"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(data: bytes, why: str) -> None:
    """The whole table is refused, before anybody is enrolled."""
    with pytest.raises(TableError, match=why):
        read_table(data)


@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_a_table_or_an_error(data: bytes) -> None:
    """Nothing else is ever raised, with or without a proper heading before them."""
    for whole in (data, b"id,name,photos\n" + data):
        try:
            table = read_table(whole)
        except TableError:
            continue
        assert all(row.cells.keys() == table.columns for row in table.rows)
