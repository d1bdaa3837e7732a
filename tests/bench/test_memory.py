"""What memory and open files do over the minutes."""

from __future__ import annotations

import pytest

from bench.memory import Plan, Sample, by_minute, files_settled, growth_mib_a_minute, report

MIB = 1024 * 1024


def samples(minutes: int, mib_a_minute: float) -> list[Sample]:
    """Two looks a minute; the first five minutes grow wildly, then steadily."""
    found = []
    for look in range(minutes * 2):
        at_s = look * 30.0
        wild = 100 if at_s < 300 else 0
        pss = (200 - wild + mib_a_minute * at_s / 60) * MIB
        found.append(Sample(at_s, round(pss), round(pss) - MIB, 40, 12, 4))
    return found


def test_growth_is_counted_from_the_fifth_minute_on():
    """What is loaded and filled at first is no leak."""
    assert growth_mib_a_minute(samples(20, 0.5)) == pytest.approx((0.5, 0.5))


def test_a_minutes_row_is_the_median_of_its_looks():
    """Files and threads are told as a range where they moved."""
    looks = [Sample(61, 10 * MIB, 8 * MIB, 40, 12, 4), Sample(90, 12 * MIB, 9 * MIB, 42, 12, 4)]

    assert by_minute(looks) == [[2, 11.0, 8.5, "40 to 42", "12"]]


def test_open_files_are_compared_between_the_first_and_the_last_settled_minute():
    """One that is lost with every reconnect shows there."""
    growing = [Sample(60.0 * n, MIB, MIB, 40 + n, 12, 4) for n in range(12)]

    assert files_settled(growing) == (45, 51)


def test_a_short_run_tells_no_slope():
    """A line through nothing would be a lie."""
    assert report(samples(3, 1), Plan(minutes=3)).endswith("too short to tell a slope")
