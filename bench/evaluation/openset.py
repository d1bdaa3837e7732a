"""Open-set identification in figures: rank-1, FNIR at an FPIR, and how sure they are.

Pure NumPy: scores come in, figures go out. The words are those of ISO/IEC 19795-1: a *mated*
trial is a look at somebody enrolled, a *non-mated* one a look at anybody else. A trial's score is
the highest threshold at which the system still names somebody; ``-inf`` where it never does.
FPIR: non-mated trials in which anybody was named. FNIR: mated ones in which the right person was
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FPIRS = (0.1, 0.01, 0.001)
FEWEST_DECIDING = 10
"""Non-mated trials that must lie above a threshold before its FPIR is more than an anecdote."""

_ROUNDS = 1000
_SEED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Trials as columns.

    ``people``: who was looked at. ``right``: the person named is that one (always false where
    non-mated). ``first``: that one was the most similar of all, whatever the threshold.
    """

    people: NDArray[np.str_]
    scores: Floats
    right: NDArray[np.bool_]
    first: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class Point:
    """FNIR at one FPIR, with a 95 % confidence interval.

    ``deciding``: how many non-mated trials lie above the threshold; ``resolvable`` is false under
    ten of them, and then threshold and FNIR say nothing.
    """

    fpir: float
    threshold: float
    fnir: float
    low: float
    high: float
    deciding: int

    @property
    def resolvable(self) -> bool:
        return self.deciding >= FEWEST_DECIDING


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of a report. ``rank_1``: the right person was the most similar, at any threshold."""

    mated: int
    mated_people: int
    non_mated: int
    non_mated_people: int
    rank_1: float
    points: tuple[Point, ...]


def figures(mated: Scores, non_mated: Scores, fpirs: Sequence[float] = FPIRS) -> Figures:
    """The figures of one condition. ValueError without trials of either sort."""
    if not len(mated) or not len(non_mated):
        raise ValueError("both mated and non-mated trials are needed")
    return Figures(
        mated=len(mated),
        mated_people=len(set(mated.people.tolist())),
        non_mated=len(non_mated),
        non_mated_people=len(set(non_mated.people.tolist())),
        rank_1=float(mated.first.mean()),
        points=tuple(_point(mated, non_mated, fpir) for fpir in fpirs),
    )


def det_curve(mated: Scores, non_mated: Scores) -> tuple[Floats, Floats]:
    """FPIR and FNIR at every threshold that a non-mated trial sets, from the strictest on."""
    thresholds = np.sort(non_mated.scores)[::-1]
    fpir = np.arange(len(thresholds)) / len(thresholds)
    own = np.sort(np.where(mated.right, mated.scores, -np.inf))
    fnir = np.searchsorted(own, thresholds, side="right") / len(own)
    return fpir, fnir.astype(np.float64)


def threshold_at(non_mated: Floats, fpir: float) -> float:
    """The smallest score that at most a share ``fpir`` of the trials lies above."""
    ordered = np.sort(non_mated)[::-1]
    return float(ordered[min(int(fpir * len(ordered)), len(ordered) - 1)])


def _point(mated: Scores, non_mated: Scores, fpir: float) -> Point:
    threshold = threshold_at(non_mated.scores, fpir)
    missed = ~(mated.right & (mated.scores > threshold))
    low, high = _interval(mated, non_mated, fpir)
    deciding = int(fpir * len(non_mated))
    return Point(fpir, threshold, float(missed.mean()), low, high, deciding)


def _interval(mated: Scores, non_mated: Scores, fpir: float) -> tuple[float, float]:
    """95 % of what FNIR would be had other people been drawn.

    Identities are drawn anew, with all their trials, on both sides, and the threshold is found
    anew each time.
    """
    dice = np.random.default_rng(_SEED)
    order = np.argsort(-non_mated.scores, kind="stable")
    strangers, staff = _numbers(non_mated.people[order]), _numbers(mated.people)
    scores = non_mated.scores[order]
    own = np.where(mated.right, mated.scores, -np.inf)
    drawn = np.empty(_ROUNDS)
    for turn in range(_ROUNDS):
        weight = _draw(dice, strangers)
        above = np.cumsum(weight)
        place = int(np.searchsorted(above, fpir * above[-1], side="right"))
        threshold = scores[min(place, len(scores) - 1)]
        times = _draw(dice, staff)
        drawn[turn] = float(times[own <= threshold].sum() / times.sum())
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _numbers(people: NDArray[np.str_]) -> NDArray[np.intp]:
    return np.unique(people, return_inverse=True)[1]


def _draw(dice: np.random.Generator, numbers: NDArray[np.intp]) -> Floats:
    """How often each trial counts when as many people are drawn as there are, with putting back."""
    count = int(numbers.max()) + 1
    times = np.bincount(dice.integers(count, size=count), minlength=count)
    return times[numbers].astype(np.float64)
