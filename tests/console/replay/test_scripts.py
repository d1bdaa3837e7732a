"""The page's scripts are product code: the rules that they keep."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from console.replay_page import SCRIPTS

FOLDER = resources.files("console.replay")
MAKES_MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser")
RUNS_TEXT = ("eval(", "new Function", "setTimeout(", "import(")
REACHES_OUT = ("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "http:", "https:")
SVG_NAME = "http://www.w3.org/2000/svg"  # a name, which nobody asks the network for


def text_of(name: str) -> str:
    """A script without the one address that is only a name."""
    return FOLDER.joinpath(name).read_text(encoding="utf-8").replace(SVG_NAME, "")


def test_every_script_is_in_the_page():
    """A file that is forgotten in the list would be missed in the browser only."""
    there = {one.name for one in FOLDER.iterdir() if one.name.endswith(".js")}

    assert there == set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_text_never_becomes_markup_or_code(name):
    """Names and notes are hostile; and nothing asks the network for anything."""
    found = [word for word in (*MAKES_MARKUP, *RUNS_TEXT, *REACHES_OUT) if word in text_of(name)]

    assert found == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_small_and_say_what_belongs_in_them(name):
    """At most 400 lines, none too long to read, and a head."""
    lines = text_of(name).splitlines()

    assert lines[0].startswith("// ")
    assert len(lines) <= 400
    assert [line for line in lines if len(line) > 110] == []


def test_names_are_unique():
    """All scripts are one: a name given twice would quietly be the later one."""
    pattern = re.compile(r"^(?:function|class|const|let) (\w+)", re.MULTILINE)
    names = [name for script in SCRIPTS for name in pattern.findall(text_of(script))]

    assert sorted(names) == sorted(set(names))
