"""What the daemon cost, beside what its work costs alone."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest

from bench.bare import ModelRuns
from bench.daemon_counts import Work
from bench.paced import Rhythm, paced_s
from bench.pipeline import BareCost, DaemonCost, Round, report


def round_of(worker_s: float) -> Round:
    """A round whose bare parts cost ten seconds at a stretch, and twelve in rhythm."""
    work = Work(1000, Counter({"detector 416x234": 200}))
    daemon = DaemonCost({"worker w1": worker_s, "publisher": 0.5}, 20.0, work, "everything")
    bare = BareCost(6.0, 0.5, {"detector": 3.5})
    return Round(daemon, bare, (ModelRuns("detector", (416, 416), 200),), 12.0)


def test_the_ratio_is_all_processes_over_all_parts():
    """Whatever a process of the daemon does counts, and every part that cannot be left out."""
    assert round_of(11.5).ratio == pytest.approx(1.0)
    assert round_of(11.0).ratio_at_a_stretch == pytest.approx(1.15)


def test_the_median_round_is_told_with_policy_and_inputs():
    """One round on which something else happened does not decide."""
    told = report([round_of(11.5), round_of(30.0), round_of(10.5)])

    assert "| detector 416x416 |     200 |     200 |     200 |" in told
    assert told.endswith(
        "decode policy: everything; ratio 1.00 in the daemon's rhythm,"
        " 1.20 at a stretch (to be reached: 1.25)"
    )


def test_in_the_daemons_rhythm_no_picture_is_left_out():
    """Late ones follow at once, so the work is the same however slow the machine is."""
    cameras = []

    def frames():
        cameras.append(count())
        return cameras[-1]

    paced_s(frames, lambda _frame: None, Rhythm(cameras=2, seconds=0.2, frames_a_second=50))

    assert [next(camera) for camera in cameras] == [10, 10]
