"""Where the letters of a report come from."""

from __future__ import annotations

import pytest

from console.report.fonts import PLACES, letters

pytestmark = pytest.mark.skipif(
    not any(place.is_file() for place in PLACES),
    reason="there is no fonts-wqy-microhei; `make setup` installs it",
)


def test_a_font_of_this_machine():
    """Set-up brings one; its letters are put into the report."""
    found = letters()

    assert found.embedded
    assert all(ord(character) in found.has for character in "陈未登记。ЖŁ")
    assert 0x1F600 not in found.has


def test_no_font(tmp_path):
    """The viewer has to bring one; letters are trusted to be in it, invisible ones are not."""
    found = letters((tmp_path / "none.ttf",))

    assert not found.embedded
    assert ord("陈") in found.has
    assert 0x202E not in found.has
    assert 0x1F600 not in found.has


def test_a_file_that_is_no_font(tmp_path):
    """The next place is looked at."""
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")

    assert letters((broken, *PLACES)).embedded
