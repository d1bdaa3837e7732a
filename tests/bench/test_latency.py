"""What the latency of an alarm is, and whose is measured."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bench.latency import Findings, Latency, latency_of, report, sorted_out, strips
from bench.mqtt_tap import Taken

NOON_AT = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()


def taken(kind: str = "unregistered_person", change: str = "raised", camera: str | None = "cam1"):
    """An alarm taken 350 ms after its picture came."""
    times = {"wall": "2026-01-31T12:00:00.000Z", "written": "2026-01-31T12:00:00.280Z"}
    message = {"kind": kind, "change": change, "camera": camera, "times": times}
    return Taken(message, NOON_AT + 0.35)


def test_a_latency_runs_from_the_picture_over_the_journal_to_the_puback():
    """Both parts are told, in milliseconds."""
    found = latency_of(taken())

    assert (found.decided_ms, found.carried_ms) == pytest.approx((280, 70), abs=0.01)
    assert found.whole_ms == pytest.approx(350, abs=0.01)


def test_deadlines_are_told_apart_and_only_new_alarms_count():
    """No picture completes a deadline; an update or an end is no new alarm."""
    latencies, apart = sorted_out(
        [
            taken(),
            taken("unverified_person"),
            taken("system_degraded", camera=None),
            taken(change="updated"),
            taken(change="cleared"),
        ]
    )

    assert [one.kind for one in latencies] == ["unregistered_person"]
    assert apart == {"unverified_person": 1, "system_degraded": 1}


def test_strips_lie_side_by_side_from_edge_to_edge():
    """Whoever crosses the picture crosses each of them."""
    found = list(strips(4).values())

    assert [polygon[0][0] for polygon in found] == [0, 0.25, 0.5, 0.75]
    assert [polygon[1][0] for polygon in found] == [0.25, 0.5, 0.75, 1]


def test_the_report_names_the_percentile_that_is_to_be_reached():
    """The sum of both parts is what counts."""
    found = Findings((Latency("unregistered_person", 100, 20),) * 3, Counter(), 9.0)

    assert report(found).splitlines()[-1] == "p95 120 ms (to be reached: 500 ms)"
