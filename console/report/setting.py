"""How a report looks: its styles, and the few shapes that everything in it has.

A *block* is a list of what the typesetter calls flowables. Words stand in English with Chinese
beside them; what people wrote stands as they wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from console.clocks import shown, shown_utc
from console.report.fonts import FIXED, LATIN, LATIN_BOLD, Letters
from console.report.typeset import markup
from console.words import Language, Said, sentence, word

INK, FAINT, LINE = HexColor(0x1B1F24), HexColor(0x566069), HexColor(0xC4CAD0)
ALARM, WARN = HexColor(0xB3261E), HexColor(0xFFF4D6)
WIDTH = 174 * mm  # what A4 leaves between margins of 18 mm

Block = list[Flowable]


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    values: dict[str, Any] = {"fontName": LATIN, "textColor": INK, "alignment": TA_LEFT} | more
    return ParagraphStyle(name, fontSize=size, leading=size * 1.35, splitLongWords=1, **values)


TITLE = _style("title", 17, fontName=LATIN_BOLD)
SUBTITLE = _style("subtitle", 9.5, textColor=FAINT, spaceAfter=6)
HEADING = _style("heading", 11.5, fontName=LATIN_BOLD, spaceBefore=11, spaceAfter=4, keepWithNext=1)
BODY = _style("body", 9.5, spaceAfter=1.5)
STRONG = _style("strong", 9.5, fontName=LATIN_BOLD, spaceAfter=1.5)
EVENT = _style("event", 9.5, fontName=LATIN_BOLD, spaceBefore=5, spaceAfter=1.5)
CHINESE = _style("chinese", 8.5, textColor=FAINT, wordWrap="CJK", spaceAfter=3)
CELL = _style("cell", 8.5)
LABEL = _style("label", 8.5, textColor=FAINT)
DIGEST = _style("digest", 7, fontName=FIXED, wordWrap="CJK")
BANNER = _style("banner", 10, fontName=LATIN_BOLD, backColor=WARN, borderPadding=5, spaceAfter=9)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all blocks of one report share."""

    letters: Letters
    zone: tzinfo

    def at(self, at: float) -> str:
        """A moment in the site's zone."""
        return shown(at, self.zone)

    def both_times(self, at: float) -> str:
        """A moment in the site's zone and, under it, in UTC."""
        return f"{self.at(at)}\n{shown_utc(at)}"

    def text(self, text: str, style: ParagraphStyle = BODY) -> Paragraph:
        """A paragraph of plain text."""
        return Paragraph(markup(text, self.letters), style)

    def heading(self, key: str) -> Paragraph:
        return self.text(both(key), HEADING)

    def said(self, what: Said, style: ParagraphStyle = BODY) -> Block:
        """A sentence, and under it the same in Chinese."""
        return [
            self.text(sentence(what, Language.ENGLISH, self.at), style),
            self.text(sentence(what, Language.CHINESE, self.at), CHINESE),
        ]

    def words(self, key: str, style: ParagraphStyle = BODY) -> Block:
        """The same for a sentence without values."""
        return self.said({"say": key, "with": {}}, style)

    def pairs(self, pairs: Iterable[tuple[str, str | None]]) -> Block:
        """Labels and values; a value that is not known is left out."""
        rows: list[Sequence[Flowable]] = [
            (self.text(both(key), LABEL), self.text(value, CELL)) for key, value in pairs if value
        ]
        return [_table(rows, (48 * mm, WIDTH - 48 * mm), head=False)] if rows else []

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[str | Flowable]], widths: Sequence[int]
    ) -> Block:
        """A table that goes on over pages; ``widths`` in millimetres."""
        cells: list[Sequence[Flowable]] = [
            [self.text(cell, CELL) if isinstance(cell, str) else cell for cell in row]
            for row in rows
        ]
        if not cells:
            return self.words("report.none")
        head = [self.text(both(key), LABEL) for key in heads]
        return [_table([head, *cells], [width * mm for width in widths], head=True)]


def both(key: str) -> str:
    """What a key is called in both languages, once where they are the same."""
    names = [word(key, language) for language in Language]
    return " ".join(dict.fromkeys(names))


def coded_text(family: str, code: str | None) -> str | None:
    """A code of ours in both languages; None where there is none."""
    return None if code is None else both(f"{family}.{code}")


def gap(height: float = 2) -> Spacer:
    """Room, in millimetres."""
    return Spacer(1, height * mm)


def _table(rows: Sequence[Sequence[Flowable]], widths: Sequence[float], *, head: bool) -> Table:
    style = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 5),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]
    )
    # a note may be longer than a page: rows may be split
    return Table(
        [list(row) for row in rows],
        colWidths=list(widths),
        repeatRows=1 if head else 0,
        style=style,
        splitInRow=1,
        hAlign="LEFT",
    )
