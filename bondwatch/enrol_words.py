"""How the enrolment commands speak: tables for people, JSON for programs.

Only output lives here. Names are printed as they are, never as markup.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from enrolment.gallery import Likeness
from enrolment.hints.language import Language, language_of
from enrolment.judging import Examination, PhotoResult
from enrolment.people import Person, PersonState, Request
from enrolment.person_documents import documents_of
from enrolment.register_history import Entry
from enrolment.states import state_at

MANY_PEOPLE = 90_000
_COLUMNS = ("Staff id", "Name", "Groups", "State", "Valid from", "Valid to", "Templates")


def spoken(chosen: str | None) -> Language:
    """The language that was asked for, or else the terminal's."""
    return Language(chosen) if chosen else language_of(os.environ)


def tell(sentence: str) -> None:
    """Print one plain sentence."""
    Console().print(Text(sentence), soft_wrap=True)


def complain(sentence: str) -> None:
    """Print one plain sentence where errors go."""
    Console(stderr=True).print(Text(sentence), soft_wrap=True)


def tell_photos(examination: Examination, language: Language = Language.ENGLISH) -> None:
    """Print a line for each photo: accepted, or the reason, the figures and what to do."""
    for result in examination.results:
        line = _photo_line(result, language)
        tell(line) if result.accepted else complain(line)


def tell_photos_json(examination: Examination, person: Person | None = None) -> None:
    """The same for programs, with the record, null where nobody was enrolled."""
    photos = [
        {"name": one.name, "refusal": one.refusal, "detail": one.detail, "other": one.other}
        for one in examination.results
    ]
    tell_json({"person": record_of(person) if person else None, "photos": photos})


def tell_enrolled(person: Person, templates: int, version: int) -> None:
    """Print that somebody is in the register now."""
    photos = "1 photo" if templates == 1 else f"{templates} photos"
    how = f"from {photos}" if templates else f"without a photo (badge {person.badge})"
    groups = ", ".join(sorted(person.groups)) or "none"
    waits = person.state is PersonState.AWAITING_APPROVAL
    done = "is requested" if waits else "is enrolled"
    tell(
        f"{person.name} {done} as {person.staff_id} {how}"
        f" (groups: {groups}; register version {version})."
    )
    if waits:
        tell(f"Another account approves: bondwatch enrol approve {person.staff_id}")
        tell(f"How it goes: bondwatch enrol show {person.staff_id}")


def warn_of_many(people: int) -> None:
    """Say in time that a register of 100,000 people is more than the site's own affair."""
    if people >= MANY_PEOPLE:
        complain(
            f"{people} people are enrolled. In China, who keeps the faces of 100,000 files that"
            " with the authorities: see to it before, or remove those who have left."
        )


def tell_people(
    people: Sequence[Person],
    counts: Mapping[str, Mapping[str, int]],
    embedding_id: str,
    alike: Mapping[str, Sequence[Likeness]],
    *,
    as_json: bool,
) -> None:
    """Print everybody; ``counts``: templates by staff id and embedding id.

    ``alike``: who is like those who await approval.
    """
    records = [
        {
            **_record(who, counts.get(who.staff_id, {}), embedding_id),
            "alike": likenesses(alike.get(who.staff_id)),
        }
        for who in people
    ]
    if as_json:
        tell_json(records)
        return
    if not records:
        tell("Nobody to show.")
        return
    told = any(alike.values())
    table = Table(*_COLUMNS, *(["Alike"] if told else []))
    for who, record in zip(people, records, strict=True):
        cells = (*_cells(record), _alike(alike.get(who.staff_id, ()))) if told else _cells(record)
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def tell_person(
    person: Person,
    counts: Mapping[str, int],
    embedding_id: str,
    history: Sequence[Entry] = (),
    alike: Sequence[Likeness] | None = None,
    *,
    as_json: bool,
) -> None:
    """Print one person with everything but the face, and what was done to the record."""
    record = {**record_of(person), **_record(person, counts, embedding_id)}
    record["alike"] = likenesses(alike)
    entries = [{"at": _iso(e.at), "by": e.by, "action": e.action, "why": e.why} for e in history]
    if as_json:
        tell_json({**record, "history": entries})
        return
    for title, cell in zip(_COLUMNS, _cells(record), strict=True):
        tell(f"{title + ':':<12} {cell}")
    for name in ("organisation", "badge", "remarks", "basis", "permits"):
        if record[name]:
            tell(f"{name.capitalize() + ':':<12} {_in_words(record[name])}")
    if person.request is not None:
        tell(f"{'Request:':<12} {_progress(person.request)}")
    if alike:
        tell(f"{'Alike:':<12} {_alike(alike)}")
    if person.watchlisted:
        tell("WATCH LIST:  must not be here; alarms on sight")
    tell(f"Revision:    {person.revision}")
    for entry in entries:
        why = f" ({entry['why']})" if entry["why"] else ""
        tell(f"{entry['at']}  {entry['by']}: {entry['action']}{why}")


def tell_alike(person: Person, alike: Sequence[Likeness]) -> None:
    """Say to whoever approves that somebody else looks like this person."""
    if alike:
        complain(
            f"{person.staff_id} is like {_alike(alike)}. Look at both: if they are one person,"
            f" 'enrol revoke {person.staff_id}'."
        )


def likenesses(alike: Sequence[Likeness] | None) -> list[dict[str, object]] | None:
    """The same for programs; null where nobody was compared."""
    if alike is None:
        return None
    return [{"staff_id": one.staff_id, "similarity": round(one.similarity, 3)} for one in alike]


def _alike(alike: Sequence[Likeness]) -> str:
    return ", ".join(f"{one.staff_id} ({one.similarity:.3f})" for one in alike)


def record_of(person: Person) -> dict[str, object]:
    """Everything the register says of a person in values that JSON can hold."""
    documents = {
        name: None if text is None else json.loads(text)
        for name, text in documents_of(person).items()
    }
    return {
        "staff_id": person.staff_id,
        "name": person.name,
        "organisation": person.organisation,
        "groups": sorted(person.groups),
        "state": _state(person),
        "valid_from": _iso(person.valid_from),
        "valid_to": _iso(person.valid_to),
        "created_at": _iso(person.created_at),
        "badge": person.badge,
        "remarks": person.remarks,
        "watchlisted": person.watchlisted,
        "revision": person.revision,
        **documents,
    }


def _progress(request: Request) -> str:
    """How a request goes, for who asked."""
    asked = f"asked for by {request.by} on {_iso(request.at)}"
    why = f": {request.why}" if request.why else ""
    if request.decision is None:
        return f"{asked}{why}; awaits another account's approval"
    return f"{asked}; {request.decision} by {request.decided_by} on {_iso(request.decided_at)}{why}"


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {text}" for key, text in value.items() if text)
    return json.dumps(value) if isinstance(value, list) else str(value)


def _photo_line(result: PhotoResult, language: Language) -> str:
    done = "accepted" if result.accepted else "refused"
    if result.reason is None:
        return f"{result.name}: {done}"
    detail = f" ({result.detail})" if result.detail else ""
    return f"{result.name}: {done}, {result.reason}{detail}. {result.hint_in(language)}"


def _record(person: Person, counts: Mapping[str, int], embedding_id: str) -> dict[str, object]:
    templates = counts.get(embedding_id, 0)
    return {
        "staff_id": person.staff_id,
        "name": person.name,
        "groups": sorted(person.groups),
        "state": _state(person),
        "watchlisted": person.watchlisted,
        "valid_from": _iso(person.valid_from),
        "valid_to": _iso(person.valid_to),
        "created_at": _iso(person.created_at),
        "templates": templates,
        "foreign_templates": sum(counts.values()) - templates,
    }


def _cells(record: Mapping[str, object]) -> tuple[str, ...]:
    groups = record["groups"]
    foreign = record["foreign_templates"]
    return (
        str(record["staff_id"]),
        str(record["name"]),
        ", ".join(groups) if isinstance(groups, list) else "",
        str(record["state"]),
        str(record["valid_from"] or "always"),
        str(record["valid_to"] or "always"),
        f"{record['templates']}" + (f" (+{foreign} of another embedder)" if foreign else ""),
    )


def _state(person: Person) -> str:
    """The state as it works now: an active person may be out of date."""
    now = datetime.now(UTC)
    if (state := state_at(person, now)) is not person.state:
        return state
    if person.active and person.valid_from and person.valid_from > now:
        return "not yet valid"
    return person.state


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def tell_json(value: object) -> None:
    """Print a value for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201 - for programs, unwrapped
