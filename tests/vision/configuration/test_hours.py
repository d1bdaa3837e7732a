# ruff: noqa: E501 - a table of cases reads best with one case a line
"""The notation of weekly hours."""

from __future__ import annotations

import pytest

from vision.configuration.document import read_document
from vision.configuration.hours import read_hours
from vision.configuration.problems import Problems
from vision.configuration.section import Section


def read(folder, text):
    """The hours and what is wrong with them."""
    path = folder / "hours.yaml"
    path.write_text(f"hours: {text}\n")
    found = Problems("hours.yaml")
    hours = read_hours(Section(found, "", read_document(path, found)), "hours")
    return hours, [f"{one.key}: {one.problem}" for one in found.found]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ('{mon: ["07:00-19:30"]}', ((0, 420, 1170),)),
        ("{sat: [7:00-12:00, 13:00-24:00]}", ((5, 420, 720), (5, 780, 1440))),
        ('{sun-mon: ["22:00-06:00"]}', ((0, 1320, 360), (6, 1320, 360))),
        ('{"tue, thu": ["00:00-24:00"], wed: []}', ((1, 0, 1440), (3, 0, 1440))),
    ],
)
def test_spans_are_minutes_of_a_weekday(tmp_path, text, spans):
    """Days come alone, as ranges and as lists; a day with an empty list is closed."""
    hours, found = read(tmp_path, text)

    assert found == []
    assert hours.spans == spans


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}", "hours: names no day"),
        ("always", "hours: is no mapping"),
        ("{monday: ['07:00-19:00']}", "hours.monday: is no day"),
        ("{mon-: ['07:00-19:00']}", "hours.mon-: is no day"),
        ("{mon: 07:00-19:00}", "hours.mon: '07:00-19:00' where a list belongs"),
        ("{mon: ['24:00-06:00']}", "hours.mon[0]: '24:00-06:00' is no span"),
        ("{mon: ['07:60-08:00']}", "hours.mon[0]: '07:60-08:00' is no span"),
        ("{mon: ['07:00-07:00']}", "hours.mon[0]: '07:00-07:00' is no span"),
        ("{mon: ['7-19']}", "hours.mon[0]: '7-19' is no span"),
        ("{mon: [{}]}", "hours.mon[0]: this is no span"),
        ("{mon-fri: ['07:00-19:00'], fri: ['07:00-15:00']}", "hours.fri: fri is named by 'mon-fri' too"),
        ("{'mon,mon': ['07:00-19:00']}", "hours.mon,mon: mon is named twice"),
    ],
)  # fmt: skip
def test_anything_else_is_one_mistake(tmp_path, text, problem):
    """A day named twice is a mistake too: the second would not replace the first."""
    _, found = read(tmp_path, text)

    assert found == [problem]
