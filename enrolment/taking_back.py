"""What a rejection takes back of somebody who was let in before.

Whoever changes what somebody may do, or adds a face, under the two-person rule makes the record
await approval again. Rejected, it must be what it was, or what was rejected would stand in it and
come in with the next approval. Pure: read from the record's own history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from enrolment.people import Person, PersonState
from enrolment.person_changes import EDITABLE, field_of
from enrolment.register_history import Entry

_REOPENED = [PersonState.ACTIVE.value, PersonState.AWAITING_APPROVAL.value]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """``fields`` as they were, in the history's plain values; how many ``templates`` came since.

    ``since``: all of it happened after that moment.
    """

    fields: Mapping[str, Any]
    templates: int
    since: datetime


def to_take_back(entries: Sequence[Entry]) -> TakenBack | None:
    """What came since somebody let in awaits approval again, by a whole history, oldest first.

    None for who was never let in, and where new faces were mixed with others by a change of
    embedder: then the record becomes a draft, and somebody looks at it.
    """
    fields: dict[str, Any] = {}
    templates = 0
    mixed = False
    for number in reversed(range(1, len(entries))):
        entry = entries[number]
        fields |= {name: was for name, (was, _) in entry.changes.items() if name in EDITABLE}
        was, now = entry.changes.get("templates", (0, 0))
        templates += now - was
        mixed = mixed or entry.action == "re-embed"
        if "state" in entry.changes:
            if entry.changes["state"] != _REOPENED or (mixed and templates):
                return None
            return TakenBack(fields, templates, entries[number - 1].at)
    return None


def as_before(person: Person, taken: TakenBack) -> Person:
    """The record of somebody let in, as it was."""
    old = {name: field_of(name, value) for name, value in taken.fields.items()}
    return replace(person, state=PersonState.ACTIVE, **old)
