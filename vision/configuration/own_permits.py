"""The notation of one person's own permit on a command line: ``bay mon-fri 07:00-19:00``.

The hours are read as those of the configuration are, by the same code.
"""

from __future__ import annotations

from enrolment.people import OwnPermit
from vision.configuration.document import Entry, Mapping
from vision.configuration.hours import DAYS, read_hours
from vision.configuration.problems import Problems
from vision.configuration.section import Section


def read_own_permit(text: str) -> OwnPermit:
    """A zone, then days and spans in turn; without any, always. ``ValueError`` says what is wrong.

    >>> read_own_permit("bay sat 08:00-12:00")
    OwnPermit(zone_id='bay', spans=((5, 480, 720),))
    """
    zone_id, *words = text.split()[:100] or [""]
    if not zone_id:
        raise ValueError("a zone is missing; write 'ZONE mon-fri 07:00-19:00'")
    days: Mapping = {}
    day = None
    for word in words:
        if word[0].isdigit():
            spans = days[day].value if day is not None else None
            if not isinstance(spans, list):
                raise ValueError(f"{word!r} has no day before it; write 'mon-fri 07:00-19:00'")
            spans.append(Entry(1, word))
        elif word in days:
            raise ValueError(f"{word} is there twice; write its spans one after another")
        else:
            day, days[word] = word, Entry(1, [])
    if not days:
        return OwnPermit(zone_id)
    problems = Problems("--zone")
    hours = read_hours(Section(problems, "", Entry(1, {"hours": Entry(1, days)})), "hours")
    if problems.found or hours is None or not hours.spans:
        raise ValueError(
            f"{' '.join(words)!r} are no hours; write 'mon-fri 07:00-19:00 sat 08:00-12:00'"
        )
    return OwnPermit(zone_id, hours.spans)


def spelt_own_permit(permit: OwnPermit) -> str:
    """The same back, days of equal spans together.

    >>> spelt_own_permit(read_own_permit("bay sat,mon-wed 08:00-12:00 22:00-06:00"))
    'bay mon-wed,sat 08:00-12:00 22:00-06:00'
    """
    spans: dict[int, list[str]] = {}
    for day, start, end in permit.spans or ():
        spans.setdefault(day, []).append(f"{_clock(start)}-{_clock(end)}")
    days: dict[str, list[int]] = {}
    for day, texts in sorted(spans.items()):
        days.setdefault(" ".join(texts), []).append(day)
    words = [permit.zone_id]
    words += [f"{_runs(together)} {text}" for text, together in days.items()]
    return " ".join(words)


def _runs(days: list[int]) -> str:
    """Days of the week, neighbours as a range."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join("-".join(DAYS[day] for day in sorted({run[0], run[-1]})) for run in runs)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
