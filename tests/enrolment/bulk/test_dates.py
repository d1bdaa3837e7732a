"""Dates of spreadsheets: one spelling out, and no guess where there are two days."""

from __future__ import annotations

import pytest

from enrolment.bulk.dates import AmbiguousDateError, DateOrder, iso_date


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "2026/3/1",
        "2026.03.01",
        "20260301",
        "2026年3月1日",
        "1.3.2026",
        "2026/3/1 0:00",
    ],
)
def test_plain_dates_are_spelt_one_way(text: str) -> None:
    """What can only be one day is that day."""
    assert iso_date(text) == "2026-03-01"


@pytest.mark.parametrize(
    ("text", "iso"), [("31/12/2026", "2026-12-31"), ("12/31/2026", "2026-12-31")]
)
def test_a_day_beyond_twelve_says_the_order(text: str, iso: str) -> None:
    """No month is the 31st."""
    assert iso_date(text) == iso


def test_a_date_that_could_be_two_days_is_not_guessed() -> None:
    """Letting somebody in a month too long is worse than asking."""
    with pytest.raises(AmbiguousDateError):
        iso_date("03/04/2026")


@pytest.mark.parametrize(
    ("order", "iso"),
    [(DateOrder.DAY_FIRST, "2026-04-03"), (DateOrder.MONTH_FIRST, "2026-03-04")],
)
def test_the_order_can_be_said(order: DateOrder, iso: str) -> None:
    """Whoever made the table knows."""
    assert iso_date("03/04/2026", order) == iso


@pytest.mark.parametrize("text", ["2026-02-30", "0/0/2026", "2026/13/1"])
def test_a_day_in_no_calendar_is_an_error(text: str) -> None:
    """Nothing is rounded to the nearest day."""
    with pytest.raises(ValueError, match=r".+"):
        iso_date(text, DateOrder.DAY_FIRST)


def test_other_texts_come_back() -> None:
    """A moment with an hour is for others to read."""
    assert iso_date(" 2026-03-01T08:00 ") == "2026-03-01T08:00"
