"""Text to what the typesetter reads. Pure. Whatever comes from a case stays text.

The typesetter knows a little markup, so every character that means something to it is escaped.
What no font here has, and what is invisible or turns the direction of writing, is named by its
number rather than left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape

from console.report.fonts import Letters

_BREAK = "<br/>"
_LATIN = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x100)))) - {"\xad"}
"""What Helvetica shows in every viewer: Latin-1 without its control characters."""


def markup(text: str, letters: Letters) -> str:
    """Plain text of any kind, with its line breaks, as markup for a paragraph."""
    return _BREAK.join(_line(line, letters) for line in text.splitlines())


def _line(line: str, letters: Letters) -> str:
    shown = "".join(_shown(character, letters) for character in line)
    return "".join(_run(run, letters, is_wide=wide) for wide, run in _runs(shown))


def _shown(character: str, letters: Letters) -> str:
    if _is_latin(character) or (character.isprintable() and ord(character) in letters.has):
        return character
    return " " if character == "\t" else f"[U+{ord(character):04X}]"


def _is_latin(character: str) -> bool:
    return character in _LATIN


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    for is_wide, run in groupby(text, key=lambda character: not _is_latin(character)):
        yield is_wide, "".join(run)


def _run(run: str, letters: Letters, *, is_wide: bool) -> str:
    return f'<font face="{letters.wide}">{escape(run)}</font>' if is_wide else escape(run)
