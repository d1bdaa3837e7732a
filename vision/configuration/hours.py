"""The notation of weekly hours: ``{mon-fri: ["07:00-19:00"], sat: ["08:00-12:00"]}``.

Days are mon to sun, alone, as a range or as a list with commas; a span whose end is before its
start runs past midnight. Which moments those are, in UTC, is ``vision.schedules``'s work.
"""

from __future__ import annotations

import re
from itertools import product

from vision.configuration.document import Entry
from vision.configuration.problems import shown
from vision.configuration.section import Section
from vision.settings import WeeklyHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_HOUR_MINUTES = 60
_DAY_MINUTES = 24 * _HOUR_MINUTES
_EXAMPLE = 'write {mon-fri: ["07:00-19:00"]}'


def read_hours(parent: Section, key: str) -> WeeklyHours | None:
    """The hours under a key; None where there are none, or where they are wrong and told."""
    section = parent.section(key)
    if section is None or not section.is_mapping:
        return None
    spans: list[tuple[int, int, int]] = []
    taken: dict[int, str] = {}
    for words, entry in section.entries():
        days = _days(words)
        if not days:
            section.wrong(words, "is no day", "use mon to sun, mon-fri or mon,wed")
        _claim(section, words, days, taken)
        spans.extend((day, *span) for day, span in product(days, _spans(section, words, entry)))
    if section.is_empty:
        parent.wrong(key, "names no day", _EXAMPLE)
    return WeeklyHours(tuple(sorted(spans)))


def _days(words: str) -> tuple[int, ...]:
    """The weekdays, 0 to 6, that a key names; empty where it names none."""
    days: list[int] = []
    for word in words.lower().replace(" ", "").split(","):
        first, dash, last = word.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            return ()
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % 7 if dash else 0
        days.extend((start + step) % 7 for step in range(length + 1))
    return tuple(days)


def _claim(section: Section, words: str, days: tuple[int, ...], taken: dict[int, str]) -> None:
    """A day named twice is a mistake: whoever means the second to replace the first is wrong."""
    for day in days:
        if day in taken:
            other = f"by {taken[day]!r} too" if taken[day] != words else "twice"
            section.wrong(words, f"{DAYS[day]} is named {other}", "name each day once")
            return
        taken[day] = words


def _spans(section: Section, words: str, entry: Entry) -> list[tuple[int, int]]:
    """The spans of one key, minutes from midnight; wrong ones are told and left out."""
    spans = []
    for path, item in section.items(words, entry):
        span = _span(item.value) if isinstance(item.value, str) else None
        if span is None:
            what = shown(item.value) if not isinstance(item.value, dict | list) else "this"
            section.problems.add(item.line, path, f"{what} is no span", 'write "07:00-19:00"')
        else:
            spans.append(span)
    return spans


def _span(text: str) -> tuple[int, int] | None:
    """``"22:00-06:00"`` as (1320, 360); 24:00 is an end only; a span of no length is none."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2]), int(found[4]))
    start, end = (
        _HOUR_MINUTES * hour + minute for hour, minute in zip(hours, minutes, strict=True)
    )
    if max(minutes) >= _HOUR_MINUTES or start >= _DAY_MINUTES or end > _DAY_MINUTES or start == end:
        return None
    return start, end
