"""One person's own zones and hours as they are typed and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.people import OwnPermit
from vision.configuration.own_permits import read_own_permit, spelt_own_permit

MINUTE = st.integers(0, 1439)
SPAN = st.tuples(st.integers(0, 6), MINUTE, MINUTE).filter(lambda span: span[1] != span[2])


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("bay", "bay"),
        ("bay mon-fri 07:00-19:00 sat 08:00-12:00", "bay mon-fri 07:00-19:00 sat 08:00-12:00"),
        ("bay sat,mon-wed 8:00-12:00 22:00-06:00", "bay mon-wed,sat 08:00-12:00 22:00-06:00"),
        ("bay sun,tue 00:00-24:00", "bay tue,sun 00:00-24:00"),
    ],
)
def test_it_is_shown_as_it_would_be_typed(typed, shown):
    """Days of equal spans together, neighbours as a range."""
    assert spelt_own_permit(read_own_permit(typed)) == shown


@given(st.none() | st.frozensets(SPAN, min_size=1, max_size=12))
def test_what_is_shown_can_be_typed(spans):
    """Whatever the hours are, reading what is shown gives them again."""
    permit = OwnPermit("bay", None if spans is None else tuple(sorted(spans)))

    assert read_own_permit(spelt_own_permit(permit)) == permit
