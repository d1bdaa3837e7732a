"""Weekly hours as UTC intervals, summer time included."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from vision.schedules import expand, instant
from vision.settings import WeeklyHours

BERLIN = "Europe/Berlin"
MON, SAT, SUN = 0, 5, 6


def utc(text: str) -> float:
    """POSIX seconds of a moment written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def minutes(text: str) -> int:
    """Minutes from midnight."""
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


def spans(zone: str, days: tuple[str, str], *spans: tuple[int, str, str]) -> list[str]:
    """Spans of weekly hours between two UTC midnights, written ``from/to`` in UTC."""
    hours = WeeklyHours(tuple((day, minutes(start), minutes(end)) for day, start, end in spans))
    found = expand(hours, zone, (utc(days[0]), utc(days[1])))
    return ["/".join(f"{datetime.fromtimestamp(t, UTC):%dT%H:%M}" for t in one) for one in found]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("2026-01-05", "2026-01-06"), ["05T06:00/05T18:00"]),
        (("2026-07-06", "2026-07-07"), ["06T05:00/06T17:00"]),
        (("2026-01-06", "2026-01-12"), []),
        (("2026-01-05T10:00", "2026-01-12T10:00"), ["05T10:00/05T18:00", "12T06:00/12T10:00"]),
    ],
)
def test_hours_are_read_on_the_sites_clock(days, expected):
    """The same clock hours are other UTC hours in summer; the horizon cuts."""
    assert spans(BERLIN, days, (MON, "07:00", "19:00")) == expected


def test_a_span_may_run_past_midnight():
    """A span that ends before it starts belongs to the day on which it starts."""
    found = spans(BERLIN, ("2026-01-04", "2026-01-08"), (MON, "22:00", "06:00"))

    assert found == ["05T21:00/06T05:00"]


def test_the_night_before_the_horizon_reaches_into_it():
    """A span that began before the horizon covers its beginning."""
    found = spans(BERLIN, ("2026-01-06", "2026-01-07"), (MON, "22:00", "06:00"))

    assert found == ["06T00:00/06T05:00"]


def test_a_whole_day_ends_at_midnight_and_days_join():
    """24:00 is the next day's 00:00; spans that touch or overlap become one."""
    found = spans(
        BERLIN, ("2026-01-01", "2026-01-10"),
        (MON, "00:00", "24:00"), (1, "00:00", "09:00"), (1, "08:00", "10:00"),
    )  # fmt: skip

    assert found == ["04T23:00/06T09:00"]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((SAT, "22:00", "06:00"), ["28T21:00/29T04:00"]),
        ((SUN, "01:00", "04:00"), ["29T00:00/29T02:00"]),
        ((SUN, "02:30", "05:00"), ["29T01:00/29T03:00"]),
        ((SUN, "01:00", "02:30"), ["29T00:00/29T01:00"]),
        ((SUN, "02:10", "02:50"), []),
        ((SUN, "03:00", "05:00"), ["29T01:00/29T03:00"]),
    ],
)
def test_in_spring_a_skipped_reading_is_the_jump(span, expected):
    """On 2026-03-29 Berlin's clock jumps from 02:00 to 03:00 at 01:00 UTC."""
    assert spans(BERLIN, ("2026-03-28", "2026-03-31"), span) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((SAT, "22:00", "06:00"), ["24T20:00/25T05:00"]),
        ((SUN, "02:30", "05:00"), ["25T00:30/25T04:00"]),
        ((SUN, "01:00", "02:30"), ["24T23:00/25T00:30"]),
        ((SUN, "02:10", "02:50"), ["25T00:10/25T00:50"]),
        ((SUN, "03:00", "05:00"), ["25T02:00/25T04:00"]),
    ],
)
def test_in_autumn_a_repeated_reading_is_the_first(span, expected):
    """On 2026-10-25 Berlin's clock shows 02:00 to 03:00 twice, from 00:00 to 02:00 UTC."""
    assert spans(BERLIN, ("2026-10-24", "2026-10-27"), span) == expected


@pytest.mark.parametrize("days", [("2026-03-28", "2026-03-31"), ("2026-10-24", "2026-10-27")])
def test_shifts_that_meet_on_the_clock_meet_in_utc(days):
    """No boundary, skipped or repeated, leaves a hole between two shifts or an overlap."""
    shifts = [(SUN, f"{h:02}:30", f"{h + 1:02}:30") for h in range(5)]

    assert len(spans(BERLIN, days, *shifts)) == 1


def test_zones_far_from_greenwich_lose_no_day():
    """At UTC+14 and UTC-11 the local day is another than the UTC day."""
    day = ("2026-01-04T10:00", "2026-01-05T11:00")

    assert spans("Pacific/Kiritimati", day, (MON, "00:00", "24:00")) == ["04T10:00/05T10:00"]
    assert spans("Pacific/Pago_Pago", day, (SAT, "23:00", "24:00")) == ["04T10:00/04T11:00"]


def test_a_jump_of_half_an_hour_is_found_to_the_second():
    """Lord Howe Island jumps by 30 minutes: 02:00 becomes 02:30 at 15:30 UTC."""
    zone = ZoneInfo("Australia/Lord_Howe")

    assert instant(date(2026, 10, 4), minutes("02:15"), zone) == utc("2026-10-03T15:30")
