"""Validity as people say it, in the site's own time zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from enrolment.validity import end_of, start_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("parse", "text", "utc"),
    [
        (start_of, "2026-03-01", "2026-02-28T23:00:00"),
        (end_of, "2026-03-01", "2026-03-01T23:00:00"),
        (end_of, "2026-03-28", "2026-03-28T23:00:00"),
        (end_of, "2026-03-29", "2026-03-29T22:00:00"),
        (start_of, "2026-07-01T08:00", "2026-07-01T06:00:00"),
        (end_of, "2026-07-01T08:00", "2026-07-01T06:00:00"),
        (end_of, "2026-07-01T08:00+00:00", "2026-07-01T08:00:00"),
    ],
)
def test_days_are_the_sites_own(parse, text: str, utc: str) -> None:
    """A date is local midnight, the last day is included, summer time is kept."""
    moment = parse(text, BERLIN).astimezone(ZoneInfo("UTC"))

    assert moment.isoformat() == f"{utc}+00:00"


@pytest.mark.parametrize("text", ["", "tomorrow", "01.03.2026", "2026-02-30", "9999-12-31"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    """A date that is none, or that has no next day, says how to write one."""
    with pytest.raises(ValueError, match="write 2026-03-01"):
        end_of(text, BERLIN)
