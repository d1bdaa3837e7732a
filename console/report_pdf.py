"""The printed report: one case on A4, in English with Chinese beside it.

The same case gives the same bytes, on a machine with the same fonts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate

from console.clocks import zone_named
from console.report import blocks
from console.report.fonts import letters
from console.report.setting import FAINT, LABEL, LINE, WIDTH, Block, Setting, both
from console.story import events
from console.timelines import timelines_of
from console.words import Language, said, sentence
from vision.bundles.case import Case

_MARGIN = 18 * mm
_PADDING = 6
"""What the typesetter leaves free within its margins."""
_WHO = frozenset({"inside", "identity"})
_PASSAGES = frozenset({"passage"})
_ELSE = frozenset({"other_alarm", "part", "part_end", "versions", "left_out"})


def write_report(case: Case, target: Path) -> None:
    """Write the report of a case.

    Raises:
        OSError: a file of the case cannot be read, or the report cannot be written.
    """
    setting = Setting(letters(), zone_named(case.time_zone))
    pages = SimpleDocTemplate(
        str(target),
        pagesize=A4,
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=22 * mm,
        bottomMargin=20 * mm,
        title=f"Bondwatch {case.alarm_id}",
        author="Bondwatch",
        invariant=1,
    )
    pages.build(_blocks(case, setting), canvasmaker=_sheets(case, setting))


def _blocks(case: Case, setting: Setting) -> Block:
    timelines = timelines_of(case)
    told = events(case, timelines)
    return [
        *blocks.title(case, setting),
        *blocks.why(case, setting),
        *blocks.facts(case, setting),
        *blocks.acknowledgement(case, setting),
        *blocks.pictures(case, setting),
        *blocks.revisions(case, setting),
        *blocks.told_events("panel.identity", _WHO, told, setting),
        *blocks.told_events("panel.passages", _PASSAGES, told, setting),
        *blocks.told_events("panel.else", _ELSE, told, setting),
        *blocks.gaps(case, setting),
        *blocks.judged_by(timelines, setting),
        *blocks.files(case, setting),
        *blocks.closing(case, setting),
    ]


def _sheets(case: Case, setting: Setting) -> type[Canvas]:
    """Sheets that know how many they are: each says so, and which alarm it is about."""

    class Sheets(Canvas):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - the typesetter calls it so
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, sheet in enumerate(self._kept, 1):
                self.__dict__.update(sheet)
                _furnish(self, case, setting, (number, len(self._kept)))
                super().showPage()
            super().save()

    return Sheets


def _furnish(sheet: Canvas, case: Case, setting: Setting, numbers: tuple[int, int]) -> None:
    page, pages = numbers
    counted = said("fact.page", page=page, pages=pages)
    number = "  ".join(sentence(counted, language, setting.at) for language in Language)
    sheet.setStrokeColor(LINE)
    sheet.setFillColor(FAINT)
    for y in (A4[1] - 17 * mm, 15 * mm):
        sheet.line(_MARGIN, y, A4[0] - _MARGIN, y)
    for text, y in (
        (f"Bondwatch · {both('page.report')}  ·  {case.site}", A4[1] - 16 * mm),
        (f"{case.alarm_id}  ·  {number}", 9 * mm),
    ):
        line = setting.text(text[:200], LABEL)
        line.wrapOn(sheet, WIDTH, 10 * mm)
        line.drawOn(sheet, _MARGIN, y)
