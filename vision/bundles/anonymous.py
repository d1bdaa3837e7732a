"""Takes other people's ids, and everybody's names, out of timelines and messages. Pure.

Who is not the alarm's own subject is called ``other-1``, ``other-2``, the same throughout one
case, so that it can still be read that two lines are about one person. Free text goes: it may name
anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from vision.bundles.case import Case
from vision.bundles.timelines import lines_of
from vision.core.judging import STAFF
from vision.outputs.evidence_values import Hold

LEFT_OUT: Final = "[left out]"

_PEOPLE: Final = frozenset({"staff_id", "vouched_by", "by"})
_FREE_TEXT: Final = frozenset({"note"})
_KNOWN_LINES: Final = frozenset(
    {"head", "versions", "frame", "alarm", "passage", "part", "part_end", "left_out", "end"}
)


class Pseudonyms:
    """Gives names to people in the order in which they come; ``own`` keep theirs."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._names = {staff_id: staff_id for staff_id in own}
        self._others = 0

    def of(self, person: str) -> str:
        """What somebody is called."""
        if person not in self._names:
            self._others += 1
            self._names[person] = f"other-{self._others}"
        return self._names[person]


def subjects_of(revisions: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The staff ids of those whom an alarm itself was about."""
    identities = [revision.get("identity") or {} for revision in revisions]
    known = [one.get("staff_id") for one in identities if one.get("state") == "registered"]
    return frozenset(staff_id for staff_id in known if staff_id)


def anonymous(value: Any, pseudonyms: Pseudonyms) -> Any:
    """A JSON value with pseudonyms in it, whatever its shape."""
    if isinstance(value, Mapping):
        return {key: _member(key, part, pseudonyms) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [anonymous(part, pseudonyms) for part in value]
    return value


def anonymous_timeline(text: str, pseudonyms: Pseudonyms) -> str:
    """The timeline without anybody's id but the subject's. Raises TimelineError.

    Lines of a kind that is not known here are left out, since they may hold anything.
    """
    known = [facts for facts in lines_of(text) if facts.get("type") in _KNOWN_LINES]
    return "".join(
        json.dumps(anonymous(facts, pseudonyms), separators=(",", ":"), ensure_ascii=False) + "\n"
        for facts in known
    )


def anonymous_case(case: Case, pseudonyms: Pseudonyms) -> Case:
    """The case without names; its files are not touched."""
    hold = case.hold
    return replace(
        case,
        revisions=tuple(anonymous(revision, pseudonyms) for revision in case.revisions),
        hold=hold and Hold(pseudonyms.of(hold.by), hold.at, LEFT_OUT if hold.note else ""),
        names={},
        redacted=True,
    )


def _member(key: str, value: Any, pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, str) and value:
        if key in _PEOPLE:
            return pseudonyms.of(value)
        if key in _FREE_TEXT:
            return LEFT_OUT
        if key == "incident":
            return _incident(value, pseudonyms)
    return anonymous(value, pseudonyms)


def _incident(key: str, pseudonyms: Pseudonyms) -> str:
    """An incident's key; that of somebody known ends with the staff id."""
    kind, *place = key.split("/", 2)
    if kind != STAFF or not place:
        return key
    return "/".join([kind, *place[:-1], pseudonyms.of(place[-1])])
