"""The letters of a printed report: where they come from, and which there are.

Latin text is set in Helvetica, which every viewer has. All else is set in a Chinese TrueType font
of this machine, and the letters used are put into the file; where there is none, in a font that
the viewer must bring.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

LATIN, LATIN_BOLD, FIXED = "Helvetica", "Helvetica-Bold", "Courier"
_SHARE = Path("/usr/share/fonts")
PLACES = (
    _SHARE / "truetype/wqy/wqy-microhei.ttc",
    _SHARE / "wqy-microhei/wqy-microhei.ttc",
    _SHARE / "truetype/droid/DroidSansFallbackFull.ttf",
    _SHARE / "truetype/arphic/uming.ttc",
)
"""Chinese TrueType fonts as distributions install them, the best first."""
_OF_THE_VIEWER = "STSong-Light"
_LAST_OF_PLANE = 0xFFFF


@dataclass(frozen=True, slots=True)
class Letters:
    """``wide``: the font of all that is not Latin. ``has``: the code points that it can show."""

    wide: str
    has: Container[int]
    embedded: bool


class _BasicPlane:
    """What a viewer's Chinese font is trusted with: letters, but no format characters."""

    def __contains__(self, code: object) -> bool:
        return isinstance(code, int) and code <= _LAST_OF_PLANE and chr(code).isprintable()


@cache
def letters(places: tuple[Path, ...] = PLACES) -> Letters:
    """The letters that there are on this machine."""
    for place in places:
        font = _opened(place)
        if font is not None:
            pdfmetrics.registerFont(font)
            return Letters(font.fontName, frozenset(font.face.charToGlyph), embedded=True)
    pdfmetrics.registerFont(UnicodeCIDFont(_OF_THE_VIEWER))
    return Letters(_OF_THE_VIEWER, _BasicPlane(), embedded=False)


def _opened(place: Path) -> TTFont | None:
    if not place.is_file():
        return None
    try:
        return TTFont(f"wide-{place.stem}", str(place), subfontIndex=0)
    except (TTFError, OSError):
        return None  # of another kind than its name says: the next will do
