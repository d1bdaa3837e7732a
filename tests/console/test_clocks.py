"""Times as people read them."""

from __future__ import annotations

import pytest

from console.clocks import shown, shown_utc, zone_named

NOON = 1_767_268_800.0


def test_both_zones():
    """The site's own and UTC, to the millisecond."""
    assert shown(NOON + 0.9996, zone_named("Asia/Shanghai")) == "2026-01-01 20:00:01.000"
    assert shown_utc(NOON + 0.25) == "2026-01-01 12:00:00.250 UTC"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_there_is_not(name):
    """UTC, rather than nothing at all."""
    assert shown(NOON, zone_named(name)) == "2026-01-01 12:00:00.000"
