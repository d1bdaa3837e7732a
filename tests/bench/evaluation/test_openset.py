"""Figures of open-set identification, against trials whose answer can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.evaluation.openset import Scores, det_curve, figures, threshold_at


def scores(values: list[float], right: bool = True) -> Scores:  # noqa: FBT001, FBT002 - a test's own
    """One trial a person."""
    count = len(values)
    return Scores(
        people=np.array([f"p{number}" for number in range(count)]),
        scores=np.array(values),
        right=np.full(count, right),
        first=np.full(count, right),
    )


def test_the_threshold_lets_no_more_through_than_the_share() -> None:
    """Of a thousand strangers, ten lie above the threshold at 1 %."""
    strangers = np.arange(1000) / 1000

    threshold = threshold_at(strangers, 0.01)

    assert (strangers > threshold).sum() == 10


def test_fnir_counts_staff_at_or_under_the_threshold() -> None:
    """Two of four staff lie above the threshold that ten of a thousand strangers pass."""
    point = figures(
        scores([0.5, 0.98, 0.9895, 0.995]), scores((np.arange(1000) / 1000).tolist(), right=False)
    ).points[1]

    assert point.fpir == 0.01
    assert point.fnir == 0.5
    assert point.deciding == 10
    assert point.resolvable


def test_a_wrong_name_is_a_miss() -> None:
    """However sure the system is: naming somebody else does not let staff in under their name."""
    strangers = scores((np.arange(1000) / 1000).tolist(), right=False)

    point = figures(scores([2.0], right=False), strangers).points[1]

    assert point.fnir == 1.0


def test_fewer_than_ten_deciding_trials_resolve_nothing() -> None:
    """With 900 strangers, 1 % is nine of them."""
    strangers = scores(np.linspace(0, 1, 900).tolist(), right=False)

    points = figures(scores([0.9]), strangers).points

    assert [point.resolvable for point in points] == [True, False, False]


def test_the_interval_holds_the_figure_and_is_the_same_each_time() -> None:
    """The bootstrap's dice are fixed."""
    dice = np.random.default_rng(1)
    staff = scores(dice.normal(0.9, 0.05, 200).tolist())
    strangers = scores(dice.normal(0.7, 0.05, 2000).tolist(), right=False)

    first, second = figures(staff, strangers), figures(staff, strangers)

    assert first == second
    for point in first.points:
        assert point.low <= point.fnir <= point.high


def test_people_with_many_trials_widen_the_interval() -> None:
    """Ten trials of one person say less than one trial of ten people."""
    dice = np.random.default_rng(2)
    strangers = scores(dice.normal(0.7, 0.05, 2000).tolist(), right=False)
    means = np.repeat(dice.normal(0.83, 0.05, 20), 10)
    alone = scores((means + dice.normal(0, 0.002, 200)).tolist())
    grouped = Scores(
        np.array([f"p{number // 10}" for number in range(200)]),
        alone.scores,
        alone.right,
        alone.first,
    )

    apart, together = (figures(one, strangers).points[1] for one in (alone, grouped))

    assert together.high - together.low > apart.high - apart.low


def test_the_det_curve_falls() -> None:
    """Letting more strangers through never recognises less staff."""
    dice = np.random.default_rng(3)
    fpir, fnir = det_curve(
        scores(dice.normal(0.9, 0.1, 100).tolist()),
        scores(dice.normal(0.7, 0.1, 500).tolist(), right=False),
    )

    assert (np.diff(fpir) > 0).all()
    assert (np.diff(fnir) <= 0).all()


def test_no_trials_are_no_figures() -> None:
    """Nothing is reported of nothing."""
    with pytest.raises(ValueError, match="both mated and non-mated"):
        figures(scores([]), scores([0.5], right=False))
