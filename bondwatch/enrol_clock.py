"""How days and times of a record read for people: on the site's clock.

Validity ends with a day that counts in full, so its last day is shown as it was typed. Programs
get UTC, from ``bondwatch.enrol_words``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

UNBOUNDED = "no limit"


def first_day(moment: datetime | None, zone: ZoneInfo) -> str:
    """From when somebody may come: a day where it begins with one."""
    if moment is None:
        return UNBOUNDED
    here = moment.astimezone(zone)
    return here.date().isoformat() if _is_midnight(here) else local(moment, zone)


def last_day(moment: datetime | None, zone: ZoneInfo) -> str:
    """The day that counts in full, as it was typed, where validity ends with a day."""
    if moment is None:
        return UNBOUNDED
    here = moment.astimezone(zone)
    if not _is_midnight(here):
        return local(moment, zone)
    last = (moment.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
    return last.date().isoformat()


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _is_midnight(here: datetime) -> bool:
    return here.timetz().replace(tzinfo=None).isoformat() == "00:00:00"
