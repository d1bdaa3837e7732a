"""Text stays text on its way to the typesetter."""

from __future__ import annotations

import pytest

from console.report.fonts import Letters
from console.report.typeset import markup

LETTERS = Letters("wide", frozenset(map(ord, "陈波。é")), embedded=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann O'Neil", "Ann O'Neil"),
        ("José", "José"),
        ("<b>&</b>", "&lt;b&gt;&amp;&lt;/b&gt;"),
        ("Bo 陈波 Chen", 'Bo <font face="wide">陈波</font> Chen'),
        ("one\ntwo", "one<br/>two"),
        ("a\tb", "a b"),
        ("", ""),
    ],
)
def test_plain_text(text, expected):
    """Latin as it is, the rest in the wide font, marks escaped, lines broken where they were."""
    assert markup(text, LETTERS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u202etxt", "[U+202E]txt"),
        ("a\x00b", "a[U+0000]b"),
        ("😀", "[U+1F600]"),
        ("\ud800", "[U+D800]"),
        ("so\xadft", "so[U+00AD]ft"),
    ],
)
def test_what_cannot_be_shown(text, expected):
    """It is named by its number: left out, it could make a name another one."""
    assert markup(text, LETTERS) == expected
