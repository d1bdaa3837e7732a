"""Which looks stand together in a trial."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evaluation.people import sets_of


@given(count=st.integers(0, 30), size=st.integers(1, 5), uses=st.integers(1, 2))
def test_sets_differ_and_use_nothing_too_often(count: int, size: int, uses: int) -> None:
    """A set counted twice, or a picture in many, would make few people look like many trials."""
    found = sets_of(count, size, uses)

    assert all(len(set(one)) == size and set(one) <= set(range(count)) for one in found)
    assert len({frozenset(one) for one in found}) == len(found)
    assert all(times <= uses for times in Counter(i for one in found for i in one).values())


def test_once_each_in_their_order() -> None:
    """Pictures that are left over make no set."""
    assert sets_of(7, 3, 1) == [(0, 1, 2), (3, 4, 5)]


@pytest.mark.parametrize(("count", "sets"), [(3, 1), (4, 2), (5, 2), (6, 4), (10, 6)])
def test_a_second_use_parts_what_stood_together(count: int, sets: int) -> None:
    """Only where there are as many pictures as the set needs is there nothing else to make."""
    assert len(sets_of(count, 3, 2)) == sets
