"""What a change makes of a record: states, the two-person rule, what differs.

Whether the record is still the one that was looked at, and writing it, is the register's work.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from enrolment.people import Person, PersonState, Request
from enrolment.person_documents import documents_of, parts_of
from enrolment.register_errors import NotAllowedError
from enrolment.register_history import Note
from enrolment.states import Action, TransitionError, after, state_at

EDITABLE = frozenset(
    {"name", "organisation", "groups", "permits", "valid_from", "valid_to", "badge", "remarks"}
    | {"basis", "watchlisted"}
)
_WHAT_THEY_MAY_DO = frozenset({"groups", "permits", "valid_from", "valid_to", "watchlisted"})
_DOCUMENTS = frozenset({"basis", "permits", "request"})
_DECISIONS = {Action.APPROVE: "approved", Action.REJECT: "rejected"}


def acted(person: Person, action: Action, note: Note, *, two_person: bool) -> Person:
    """The record after an action; ``NotAllowedError`` says why it cannot be."""
    now = datetime.now(UTC)
    try:
        state = after(state_at(person, now), action)
    except TransitionError as exc:
        raise NotAllowedError(f"{person.staff_id}: {exc}") from exc
    request = person.request
    if action is Action.REQUEST:
        request = Request(note.by, now, why=note.why)
    elif action in _DECISIONS:
        request = request or Request(note.by, now)
        if two_person and action is Action.APPROVE and is_same_account(request.by, note.by):
            raise NotAllowedError(
                f"{person.staff_id} was requested by {request.by}; another account approves "
                "(register.two_person_rule in config.yaml)"
            )
        request = replace(
            request,
            decided_by=note.by,
            decided_at=now,
            decision=_DECISIONS[action],
            why=note.why,
        )
    return replace(person, state=state, request=request)


def is_same_account(one: str, other: str) -> bool:
    """Whether two spellings name one account: letter case, width and spaces make no second person.

    >>> is_same_account("ada", " ADA "), is_same_account("ada", "ben")
    (True, False)
    """
    return _folded(one) == _folded(other)


def _folded(account: str) -> str:
    return "".join(unicodedata.normalize("NFKC", account).casefold().split())


def edited(person: Person, new: Mapping[str, Any], note: Note, *, two_person: bool) -> Person:
    """The record with other fields; ``ValueError`` where it could not be held."""
    if unknown := set(new) - EDITABLE:
        raise ValueError(f"{', '.join(sorted(unknown))} cannot be edited")
    changed = replace(person, **new).checked()
    may_do_more = set(changes_between(person, changed)) & _WHAT_THEY_MAY_DO
    if not (two_person and may_do_more):
        return changed
    return reopened(changed, note)


def requested(person: Person, note: Note) -> Person:
    """The record as another account has to approve it."""
    request = Request(note.by, datetime.now(UTC), why=note.why)
    return replace(person, state=PersonState.AWAITING_APPROVAL, request=request)


def reopened(person: Person, note: Note) -> Person:
    """The record after a change that two people must have seen: it awaits approval again."""
    if person.state is PersonState.SUSPENDED:  # resuming takes one account: no way around the rule
        raise NotAllowedError(f"{person.staff_id} is suspended; resume or revoke them first")
    if person.state in {PersonState.ACTIVE, PersonState.AWAITING_APPROVAL}:
        return requested(person, note)
    return person


def changes_between(before: Person | None, now: Person) -> dict[str, list[Any]]:
    """The fields that differ, as ``[was, is]`` in values that JSON can hold."""
    old = {} if before is None else _plain(before)
    new = _plain(now)
    return {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}


def field_of(name: str, plain: Any) -> Any:
    """An editable field back from what ``changes_between`` made of it."""
    if plain is None:
        return None
    read = _READ.get(name)
    return plain if read is None else read(plain)


_READ: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "groups": frozenset,
        "valid_from": datetime.fromisoformat,
        "valid_to": datetime.fromisoformat,
        "permits": lambda text: parts_of(None, text, None)["permits"],
        "basis": lambda text: parts_of(text, None, None)["basis"],
    }
)


def _plain(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = dict(documents_of(person))
    for each in fields(person):
        if each.name in _DOCUMENTS or each.name in {"revision", "created_at"}:
            continue
        found[each.name] = _spelt(getattr(person, each.name))
    return found


def _spelt(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return value.value if isinstance(value, Enum) else value
