"""A shorter run of ``bench/loss.py``: nothing committed is ever lost."""

from __future__ import annotations

import pytest

from bench.loss import Plan, run

pytestmark = pytest.mark.system


def test_nothing_is_lost(tmp_path):
    """With worker, publisher and broker killed in turn, every revision arrives as one payload."""
    report = run(tmp_path, Plan(alarms=150, kills=9, seed=2, apart_s=0.8))

    assert report.nothing_lost, report
    assert report.alarms == 150
