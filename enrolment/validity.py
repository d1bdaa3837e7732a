"""Dates as people say them become moments: the site's own days, both ends included.

Parsing of the bounds of a validity lives here and nothing else.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def start_of(text: str, zone: ZoneInfo) -> datetime:
    """When a validity begins: ``2026-03-01`` is that day's midnight in the site's time zone.

    ``2026-03-01T08:00`` is that time; ``ValueError`` for anything else.
    """
    return _moment(text, zone, days_later=0)


def end_of(text: str, zone: ZoneInfo) -> datetime:
    """When a validity ends: a date alone includes its whole day, as on a visitor's badge."""
    return _moment(text, zone, days_later=1)


def _moment(text: str, zone: ZoneInfo, *, days_later: int) -> datetime:
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=days_later)
            return datetime.combine(day, time(), tzinfo=zone)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"{text!r} is no date; write 2026-03-01 or 2026-03-01T08:00") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
