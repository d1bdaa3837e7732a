"""Weekly hours on a site's clock, as UTC intervals.

The one place where time zones and summer time are known: the core compares numbers only. Pure:
the moment from which to expand comes in as a number.

A boundary of a span is one instant, so spans that meet on the clock meet in UTC:
a reading that the clock skips in spring is the instant of the jump, and a reading that it shows
twice in autumn is the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vision.core.policy import Interval
from vision.settings import WeeklyHours

_DAY_MINUTES = 24 * 60
_MARGIN_DAYS = 2
"""A span of a local day can reach this far beyond the same UTC day: zones and past midnight."""


def expand(hours: WeeklyHours, time_zone: str, within: Interval) -> tuple[Interval, ...]:
    """The hours as UTC intervals, sorted, disjoint, cut to ``within`` (POSIX seconds, finite).

    >>> monday = WeeklyHours(((0, 480, 540),))
    >>> expand(monday, "Europe/Berlin", (1767567600.0, 1768172400.0))
    ((1767596400.0, 1767600000.0),)
    """
    zone = ZoneInfo(time_zone)
    spans = (
        (instant(day, start, zone), instant(day, end + (end <= start) * _DAY_MINUTES, zone))
        for day in _days(within, zone)
        for weekday, start, end in hours.spans
        if weekday == day.weekday()
    )
    return tuple(_cut(_merged(spans), within))


def instant(day: date, minute: int, zone: ZoneInfo) -> float:
    """POSIX seconds at which a clock reaches a minute of a day; from 1440 on, the next day."""
    days, minute = divmod(minute, _DAY_MINUTES)
    reading = datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60)))
    first = reading.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == reading:
        return first.timestamp()
    return _jump(reading.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone).timestamp()


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second between two UTC moments at which the zone has its later offset."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def _days(within: Interval, zone: ZoneInfo) -> Iterator[date]:
    """Every local day whose spans may touch the interval."""
    first, last = (datetime.fromtimestamp(at, zone).date() for at in within)
    for offset in range(-_MARGIN_DAYS, (last - first).days + _MARGIN_DAYS):
        yield first + timedelta(days=offset)


def _merged(spans: Iterable[Interval]) -> Iterator[Interval]:
    """The same moments as disjoint intervals in order."""
    start, end = float("-inf"), float("-inf")
    for next_start, next_end in sorted(spans):
        if next_start > end:
            yield start, end
            start = next_start
        end = max(end, next_end)
    yield start, end


def _cut(intervals: Iterable[Interval], within: Interval) -> Iterator[Interval]:
    for start, end in intervals:
        cut = (max(start, within[0]), min(end, within[1]))
        if cut[0] < cut[1]:
            yield cut
