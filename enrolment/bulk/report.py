"""The report of an import as CSV: a line for each row, for spreadsheets and for programs.

Only the writing of results lives here.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from enrolment.bulk.outcomes import RowResult
from enrolment.hints.book import hint
from enrolment.hints.language import Language

COLUMNS = ("line", "staff_id", "name", "result", "reason", "detail", "hint", "templates", "photos")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report_line(result: RowResult, language: Language) -> dict[str, str]:
    """One row's line, by column. ``photos``: those with a reason, refused or not.

    ``hint``: of the row's reason, or else of the first photo that has one.
    """
    noted = result.reason or next((photo.reason for photo in result.noted_photos), None)
    photos = "; ".join(
        f"{photo.name}: {photo.reason}{f' ({photo.detail})' if photo.detail else ''}"
        for photo in result.noted_photos
    )
    return {
        "line": str(result.line),
        "staff_id": result.staff_id,
        "name": result.name,
        "result": result.outcome.value,
        "reason": result.reason.value if result.reason else "",
        "detail": result.detail,
        "hint": hint(noted, language) if noted else "",
        "templates": str(result.templates),
        "photos": photos,
    }


def write_report(path: Path, results: Iterable[RowResult], language: Language) -> None:
    """Write the whole report, mode 0600, or leave what was there. OSError where it cannot.

    With a BOM, without which spreadsheets take Chinese names for something else; a cell that a
    spreadsheet would run as a formula is quoted.
    """
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for result in results:
                line = report_line(result, language)
                writer.writerow({column: _harmless(cell) for column, cell in line.items()})
        Path(draft).replace(path)
    finally:
        with suppress(FileNotFoundError):  # in its place
            Path(draft).unlink()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
