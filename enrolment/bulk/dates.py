"""Dates as spreadsheets write them, made ISO dates; what could be two days is not guessed.

Only the spelling of dates lives here; when such a day begins is ``enrolment.validity``'s.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})\s?日?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_UNDIVIDED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MIDNIGHT = re.compile(r"[ T]+0?0:00(:00)?$")
_MONTHS = 12


class DateOrder(StrEnum):
    """How 03/04/2026 is meant."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class AmbiguousDateError(ValueError):
    """The text could be two days."""


def iso_date(text: str, order: DateOrder | None = None) -> str:
    """Spell a date as ``2026-03-01``; texts that are no plain date come back as they are.

    ``2026/3/1``, ``20260301``, ``2026年3月1日`` and, as everywhere where dots are written,
    ``1.3.2026`` are plain. Of ``3/4/2026`` only ``order`` says what it is:
    ``AmbiguousDateError`` without. ``ValueError`` for a day that is in no calendar.
    """
    plain = _MIDNIGHT.sub("", text.strip())
    found = _YEAR_FIRST.fullmatch(plain) or _UNDIVIDED.fullmatch(plain)
    if found:
        year, month, day = (int(part) for part in found.groups())
        return date(year, month, day).isoformat()
    if found := _YEAR_LAST.fullmatch(plain):
        first, mark, second, last = found.groups()
        day, month = _day_and_month(int(first), int(second), mark, order)
        return date(int(last), month, day).isoformat()
    return text.strip()


def _day_and_month(first: int, second: int, mark: str, order: DateOrder | None) -> tuple[int, int]:
    if mark == "." or order is DateOrder.DAY_FIRST:
        return first, second
    if order is DateOrder.MONTH_FIRST:
        return second, first
    if first == second or first > _MONTHS:
        return first, second
    if second > _MONTHS:
        return second, first
    raise AmbiguousDateError(f"{first}{mark}{second} may be two days")
