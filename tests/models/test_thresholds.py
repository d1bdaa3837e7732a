"""Thresholds are those measured for a gallery of the register's size, or a doubt is said."""

from __future__ import annotations

import pytest

from models.entries import EmbeddingSpec, MeasuredThresholds, Thresholds
from models.thresholds import thresholds_for

PLAIN = Thresholds(0.5, 0.4, 0.1, 0.6)


def row(gallery: int, looks: int, accept: float) -> MeasuredThresholds:
    """A measured row."""
    return MeasuredThresholds(gallery, looks, Thresholds(accept, 0.3, 0.1, 0.6, together=looks > 1))


MEASURED = EmbeddingSpec(
    128,
    "dlib_150",
    PLAIN,
    measured=(row(10, 1, 0.80), row(100, 1, 0.90), row(10, 3, 0.85), row(100, 3, 0.95)),
)


@pytest.mark.parametrize(
    ("people", "looks", "accept"),
    [(0, 1, 0.80), (10, 1, 0.80), (11, 1, 0.90), (100, 3, 0.95), (50, 2, 0.95), (50, 9, 0.95)],
)
def test_the_next_larger_row_holds(people: int, looks: int, accept: float) -> None:
    """For more people, and for more looks, never for fewer."""
    choice = thresholds_for(MEASURED, people, looks)

    assert choice.thresholds.accept == accept
    assert choice.doubt is None


def test_accept_rises_on_to_tenfold() -> None:
    """As it rose over the last two rows, with the logarithm of the size."""
    choice = thresholds_for(MEASURED, 316, 1)

    assert choice.thresholds.accept == pytest.approx(0.95, abs=1e-3)
    assert choice.doubt is None


def test_beyond_tenfold_is_said() -> None:
    """There it rises no more, and nobody may rely on it."""
    choice = thresholds_for(MEASURED, 1001, 1)

    assert choice.thresholds.accept == pytest.approx(1.0)
    assert choice.doubt == "register_beyond_measured_size"


def test_one_row_alone_says_nothing_of_larger_galleries() -> None:
    """It holds unchanged to tenfold."""
    alone = EmbeddingSpec(128, "dlib_150", PLAIN, measured=(row(10, 1, 0.8),))

    assert thresholds_for(alone, 100, 1).thresholds.accept == 0.8
    assert thresholds_for(alone, 101, 1).doubt == "register_beyond_measured_size"


def test_nothing_measured_is_said() -> None:
    """The embedder's plain thresholds serve."""
    choice = thresholds_for(EmbeddingSpec(128, "dlib_150", PLAIN), 5, 3)

    assert choice.thresholds == PLAIN
    assert choice.doubt == "thresholds_not_measured"


COUNTED = EmbeddingSpec(128, "dlib_150", PLAIN, measured=MEASURED.measured, alike=0.0003)


@pytest.mark.parametrize(
    ("pairs", "more"),
    [
        ((0, 0), False),
        ((2, 10), False),  # two sisters and a cousin on a small register
        ((4, 105), True),
        ((187, 124_750), False),  # five times as many as measured
        ((260, 124_750), True),
    ],
)
def test_a_register_more_alike_than_measured_is_said(pairs: tuple[int, int], more: bool) -> None:  # noqa: FBT001
    """Its people may not be those for whom thresholds hold: strangers pass for staff."""
    choice = thresholds_for(COUNTED, 50, 1, pairs)

    assert choice.doubt == ("register_more_alike_than_measured" if more else None)
    assert choice.thresholds.accept == 0.90


def test_where_nobody_counted_likeness_says_nothing() -> None:
    """An entry may have thresholds without it."""
    assert thresholds_for(MEASURED, 50, 1, (500, 1000)).doubt is None
