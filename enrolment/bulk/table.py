"""A table of people as bytes becomes rows of named cells, whoever's spreadsheet wrote it.

Encoding, separator and headings live here. What a cell means is ``enrolment.bulk.rows``'s.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

MAX_TABLE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 200_000

_HEADINGS: Mapping[str, frozenset[str]] = {
    "staff_id": frozenset({"staff_id", "staffid", "id", "工号", "编号", "员工编号"}),
    "name": frozenset({"name", "full_name", "姓名", "名字"}),
    "groups": frozenset({"groups", "group", "组", "组别", "分组", "部门组"}),
    "valid_from": frozenset({"valid_from", "from", "有效期起", "生效日期", "开始日期"}),
    "valid_to": frozenset({"valid_to", "to", "until", "有效期至", "失效日期", "截止日期"}),
    "photos": frozenset({"photos", "photo", "照片", "照片文件", "图片"}),
    "not_same_as": frozenset({"not_same_as", "不是同一人", "非同一人"}),
    "organisation": frozenset({"organisation", "organization", "company", "单位", "公司"}),
    "zones": frozenset({"zones", "zone", "区域"}),
    "basis": frozenset({"basis", "legal_basis", "法律依据", "依据"}),
    "purpose": frozenset({"purpose", "目的", "处理目的"}),
    "notice": frozenset({"notice", "notice_version", "告知书", "告知书版本"}),
    "badge": frozenset({"badge", "badge_number", "证件号", "胸牌号"}),
    "remarks": frozenset({"remarks", "remark", "备注"}),
}
_REQUIRED = ("staff_id", "name")
_BY_MARK = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ("utf-8", "gb18030")
"""GB 18030 reads all that GBK and GB 2312 can write."""


class TableError(Exception):
    """The table cannot be read as a whole; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row: its line in the file (the heading is 1), its cells by column, its surplus."""

    line: int
    cells: Mapping[str, str]
    surplus: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, and how they were read. ``ignored``: headings that mean nothing here."""

    rows: tuple[RawRow, ...]
    encoding: str
    columns: frozenset[str]
    ignored: tuple[str, ...]


def read_table(data: bytes, encoding: str | None = None) -> Table:
    """Read CSV: comma, semicolon or tab; UTF-8 with or without BOM, UTF-16, GBK.

    ``encoding``: what it is, where the guess is wrong. ``TableError`` where the bytes are no
    such table or lack a column that is needed; then there are no rows at all.
    """
    if len(data) > MAX_TABLE_BYTES:
        raise TableError(f"the table is larger than {MAX_TABLE_BYTES // 2**20} MiB; split it")
    text, read_as = _decoded(data, encoding)
    lines = _lines(text)
    if not lines:
        raise TableError("the table is empty; its first line must name the columns")
    titles = [_heading(cell) for cell in lines[0][1]]
    _check_titles(titles)
    if len(lines) == 1:
        raise TableError("the table names its columns and nobody below; add a row for each person")
    rows = tuple(
        RawRow(line, _cells(titles, cells), max(0, len(cells) - len(titles)))
        for line, cells in lines[1:]
    )
    ignored = tuple(title for title in titles if title and title not in _HEADINGS)
    return Table(rows, read_as, frozenset(titles) & frozenset(_HEADINGS), ignored)


def _decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    marked = [name for mark, name in _BY_MARK if data.startswith(mark)]
    for name in [encoding] if encoding else [*marked, *_GUESSES]:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" in text:
            raise TableError("the table holds zero bytes: it is no text; save it as CSV (UTF-8)")
        return text, name
    tried = encoding or "UTF-8 nor GBK"
    raise TableError(f"the table is not {tried}; save it as CSV (UTF-8), or say --encoding")


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Lines with anything in them, each with its number."""
    heading = text.split("\n", 1)[0]
    mark = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    lines: list[tuple[int, list[str]]] = []
    begun = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((begun, cells))
            begun = reader.line_num + 1
            if len(lines) > MAX_ROWS + 1:
                raise TableError(f"the table has more than {MAX_ROWS:,} rows; split it")
    except csv.Error as exc:
        raise TableError(f"line {begun}: {exc}; a quote is open or misplaced, mend it") from exc
    return lines


def _heading(cell: str) -> str:
    """The column that a heading means, or the heading itself."""
    plain = unicodedata.normalize("NFKC", cell).strip().casefold()
    plain = plain.replace(" ", "_").replace("-", "_")
    return next((column for column, names in _HEADINGS.items() if plain in names), plain)


def _check_titles(titles: list[str]) -> None:
    missing = [column for column in _REQUIRED if column not in titles]
    if missing:
        raise TableError(
            f"the table has no column {' and no column '.join(missing)}; its first line must name "
            f"the columns: {', '.join(_HEADINGS)}"
        )
    doubled = sorted({title for title in titles if title in _HEADINGS and titles.count(title) > 1})
    if doubled:
        raise TableError(f"the table has the column {doubled[0]} twice; take one out")


def _cells(titles: list[str], cells: list[str]) -> dict[str, str]:
    padded = [*cells, *[""] * (len(titles) - len(cells))]
    return {
        title: unicodedata.normalize("NFC", cell).strip()
        for title, cell in zip(titles, padded, strict=False)
        if title in _HEADINGS
    }
