"""The states: what is possible is in one table, everything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from enrolment.people import Person, PersonState
from enrolment.states import TRANSITIONS, Action, TransitionError, after, state_at

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("state", "action"), list(product(PersonState, Action)))
def test_what_is_not_in_the_table_is_refused(state: PersonState, action: Action) -> None:
    """Every pair of state and action leads to one state, or to a refusal that says what would."""
    if (state, action) in TRANSITIONS:
        assert after(state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionError, match=f"cannot {action} somebody who is {state}"):
            after(state, action)


def test_only_an_approval_or_a_resumption_makes_somebody_active() -> None:
    """Nothing else opens the gate; and nobody is revoked for good without a new decision."""
    opening = {pair for pair, state in TRANSITIONS.items() if state is PersonState.ACTIVE}

    assert opening == {
        (PersonState.AWAITING_APPROVAL, Action.APPROVE),
        (PersonState.SUSPENDED, Action.RESUME),
    }


@pytest.mark.parametrize(
    ("stored", "valid_to", "state"),
    [
        (PersonState.ACTIVE, None, PersonState.ACTIVE),
        (PersonState.ACTIVE, NOON, PersonState.EXPIRED),
        (PersonState.SUSPENDED, NOON, PersonState.EXPIRED),
        (PersonState.REVOKED, NOON, PersonState.REVOKED),
        (PersonState.ACTIVE, datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC), PersonState.ACTIVE),
    ],
)
def test_expiry_needs_nobody_to_write_it(
    stored: PersonState, valid_to: datetime | None, state: PersonState
) -> None:
    """An active or suspended person is expired from the moment that the validity ends."""
    person = Person("ann", "Ann", frozenset(), stored, valid_to=valid_to)

    assert state_at(person, NOON) is state
