"""The states a person of the register goes through, and what moves them. Pure.

``expired`` is never stored: it is what an active or suspended person is when the validity is over,
so that it needs nobody to write it at the right moment.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from enrolment.people import Person, PersonState


class Action(StrEnum):
    """What an account can do to somebody's standing."""

    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"


_S, _A = PersonState, Action
TRANSITIONS = MappingProxyType(
    {
        (_S.DRAFT, _A.REQUEST): _S.AWAITING_APPROVAL,
        (_S.DRAFT, _A.REVOKE): _S.REVOKED,
        (_S.AWAITING_APPROVAL, _A.APPROVE): _S.ACTIVE,
        (_S.AWAITING_APPROVAL, _A.REJECT): _S.DRAFT,
        (_S.AWAITING_APPROVAL, _A.REVOKE): _S.REVOKED,
        (_S.ACTIVE, _A.SUSPEND): _S.SUSPENDED,
        (_S.ACTIVE, _A.REVOKE): _S.REVOKED,
        (_S.SUSPENDED, _A.RESUME): _S.ACTIVE,
        (_S.SUSPENDED, _A.REVOKE): _S.REVOKED,
        (_S.EXPIRED, _A.REQUEST): _S.AWAITING_APPROVAL,
        (_S.EXPIRED, _A.SUSPEND): _S.SUSPENDED,
        (_S.EXPIRED, _A.REVOKE): _S.REVOKED,
        (_S.REVOKED, _A.REQUEST): _S.AWAITING_APPROVAL,
    }
)
"""Everything that is possible; what is not here is refused and changes nothing."""

_COMMANDS = {Action.REQUEST: "request-again"}
"""Where a command is called otherwise than what it does."""


class TransitionError(ValueError):
    """The action is not possible in this state."""


def after(state: PersonState, action: Action) -> PersonState:
    """The state that an action leads to; ``TransitionError`` says which actions are possible."""
    found = TRANSITIONS.get((state, action))
    if found is None:
        possible = ", ".join(_COMMANDS.get(a, a) for s, a in TRANSITIONS if s is state)
        raise TransitionError(f"cannot {action} somebody who is {state}; possible: {possible}")
    return found


def state_at(person: Person, now: datetime) -> PersonState:
    """The state as it works at a moment."""
    over = person.valid_to is not None and person.valid_to <= now
    standing = person.state in {PersonState.ACTIVE, PersonState.SUSPENDED}
    return PersonState.EXPIRED if over and standing else person.state
