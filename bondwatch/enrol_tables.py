"""How `enrol list` and `enrol show` look: a table, a sheet, or the same as JSON.

Only output lives here. People read days and times on the site's clock, programs in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bondwatch.enrol_changes import spelt_basis, spelt_changes
from bondwatch.enrol_clock import first_day, last_day, local
from bondwatch.enrol_words import (
    likenesses,
    record_of,
    spelt_alike,
    spelt_utc,
    state_now,
    tell,
    tell_json,
)
from enrolment.gallery import Likeness
from enrolment.people import Person, Request
from enrolment.register_history import Entry
from vision.configuration.own_permits import spelt_own_permit

_COLUMNS = ("Staff id", "Name", "Groups", "State", "Valid from", "Valid to", "Templates")
_LABEL_CHARS = 14
_ID_CHARS = 16
"""How much room staff ids get before others; a longer one goes on in the next line."""
_DATE_CHARS = 10


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to show of one person.

    ``counts``: templates by embedding id. ``alike``: who is like them; None where nobody looked.
    """

    person: Person
    counts: Mapping[str, int] = field(default_factory=dict)
    alike: Sequence[Likeness] | None = None
    history: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the site goes by: its embedder and its clock."""

    embedding_id: str
    zone: ZoneInfo


def tell_people(people: Sequence[Known], terms: Terms, *, as_json: bool) -> None:
    """Print everybody."""
    if as_json:
        tell_json([_record(known, terms) for known in people])
        return
    if not people:
        tell("Nobody to show.")
        return
    told = any(known.alike for known in people)
    table = _table([one.person.staff_id for one in people], ["Alike"] if told else [])
    for known in people:
        cells = (*_cells(known, terms), *([spelt_alike(known.alike or ())] if told else []))
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def _table(staff_ids: Sequence[str], more: Sequence[str]) -> Table:
    """An empty table, of a narrow terminal too: who types an id off it must see all of it."""
    table = Table()
    for title in (*_COLUMNS, *more):
        table.add_column(title, overflow="fold")
    table.columns[0].min_width = min(max(map(len, staff_ids)), _ID_CHARS)
    for dates in (4, 5):
        table.columns[dates].min_width = _DATE_CHARS
    return table


def tell_person(known: Known, terms: Terms, *, as_json: bool) -> None:
    """Print one person with everything but the face, and what was done to the record."""
    if as_json:
        entries = [
            {
                "at": spelt_utc(e.at),
                "by": e.by,
                "action": e.action,
                "why": e.why,
                "changes": e.changes,
            }
            for e in known.history
        ]
        tell_json({**record_of(known.person), **_record(known, terms), "history": entries})
        return
    for title, text in (*_sheet(known, terms), ("Revision", str(known.person.revision))):
        if text:
            tell(f"{title + ':':<{_LABEL_CHARS}}{text}")
    for entry in known.history:
        why = f" ({entry.why})" if entry.why else ""
        changed = spelt_changes(entry, terms.zone)
        what = f"; {changed}" if changed else ""
        tell(f"{local(entry.at, terms.zone)}  {entry.by}: {entry.action}{why}{what}")


def _sheet(known: Known, terms: Terms) -> Sequence[tuple[str, str]]:
    person = known.person
    permits = "; ".join(spelt_own_permit(permit) for permit in person.permits or ())
    return (
        *zip(_COLUMNS, _cells(known, terms), strict=True),
        ("Organisation", person.organisation),
        ("Badge", person.badge),
        ("Remarks", person.remarks),
        ("Basis", spelt_basis(person.basis, terms.zone) if person.basis else ""),
        ("Own zones", permits),
        ("Request", _progress(person.request, terms) if person.request else ""),
        ("Alike", spelt_alike(known.alike or ())),
        ("WATCH LIST", "must not be here; alarms on sight" if person.watchlisted else ""),
    )


def _record(known: Known, terms: Terms) -> dict[str, object]:
    person, counts = known.person, known.counts
    templates = counts.get(terms.embedding_id, 0)
    return {
        "staff_id": person.staff_id,
        "name": person.name,
        "groups": sorted(person.groups),
        "state": state_now(person),
        "watchlisted": person.watchlisted,
        "valid_from": spelt_utc(person.valid_from),
        "valid_to": spelt_utc(person.valid_to),
        "created_at": spelt_utc(person.created_at),
        "templates": templates,
        "foreign_templates": sum(counts.values()) - templates,
        "alike": likenesses(known.alike),
    }


def _cells(known: Known, terms: Terms) -> tuple[str, ...]:
    person = known.person
    templates = known.counts.get(terms.embedding_id, 0)
    foreign = sum(known.counts.values()) - templates
    return (
        person.staff_id,
        person.name,
        ", ".join(sorted(person.groups)),
        state_now(person) + (", WATCH LIST" if person.watchlisted else ""),
        first_day(person.valid_from, terms.zone),
        last_day(person.valid_to, terms.zone),
        f"{templates}" + (f" (+{foreign} of another embedder)" if foreign else ""),
    )


def _progress(request: Request, terms: Terms) -> str:
    """How a request goes, for who asked."""
    asked = f"asked for by {request.by} on {local(request.at, terms.zone)}"
    why = f": {request.why}" if request.why else ""
    if request.decision is None or request.decided_at is None:
        return f"{asked}{why}; awaits another account's approval"
    decided = (
        f"{request.decision} by {request.decided_by} on {local(request.decided_at, terms.zone)}"
    )
    return f"{asked}; {decided}{why}"
