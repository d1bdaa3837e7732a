"""People as rows of the register's tables, and back. Queries about one table each; no decisions."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from enrolment.people import Person, PersonState
from enrolment.person_documents import documents_of, parts_of
from enrolment.register_errors import RegisterCorruptError
from enrolment.register_history import new_salt
from enrolment.register_tables import MEMBERSHIPS, PEOPLE, REMOVALS

_READ = tuple(
    PEOPLE.c[name]
    for name in (
        *("staff_id", "name", "state", "valid_from", "valid_to", "created_at"),
        *("organisation", "badge", "remarks", "watchlisted", "revision"),
        *("basis", "permits", "request"),
    )
)
_STATES = {state.value: state for state in PersonState}
_NO_GROUPS: frozenset[str] = frozenset()


def insert_person(connection: Connection, person: Person, person_id: str, version: int) -> None:
    """Add somebody whose staff id nobody has; ``person_id`` is a new random one."""
    own = {"person_id": person_id, "salt": new_salt(), "revision": 1, "changed_version": version}
    connection.execute(insert(PEOPLE), {**_values(person), **own})
    _insert_groups(connection, person)


def update_person(connection: Connection, person: Person, version: int) -> None:
    """Write somebody's record anew, as the revision after ``person.revision``."""
    theirs = PEOPLE.c.staff_id == person.staff_id
    own = {"revision": person.revision + 1, "changed_version": version}
    connection.execute(update(PEOPLE).where(theirs).values(**_values(person), **own))
    connection.execute(delete(MEMBERSHIPS).where(MEMBERSHIPS.c.staff_id == person.staff_id))
    _insert_groups(connection, person)


def touch_person(connection: Connection, staff_id: str, version: int) -> None:
    """Note that what belongs to somebody has changed, though not the record."""
    theirs = PEOPLE.c.staff_id == staff_id
    connection.execute(update(PEOPLE).where(theirs).values(changed_version=version))


def _insert_groups(connection: Connection, person: Person) -> None:
    groups = [{"staff_id": person.staff_id, "group_id": group} for group in sorted(person.groups)]
    if groups:
        connection.execute(insert(MEMBERSHIPS), groups)


def read_people(connection: Connection, *staff_ids: str) -> tuple[Person, ...]:
    """Everybody by staff id, or those of these staff ids; ``RegisterCorruptError``."""
    people, memberships = select(*_READ), select(MEMBERSHIPS)
    if staff_ids:
        people = people.where(PEOPLE.c.staff_id.in_(staff_ids))
        memberships = memberships.where(MEMBERSHIPS.c.staff_id.in_(staff_ids))
    groups = _groups(connection.execute(memberships).all())
    rows = connection.execute(people).all()
    return _sorted(_person(row, groups.get(row[0], _NO_GROUPS)) for row in rows)


def _groups(rows: Iterable[Sequence[Any]]) -> dict[str, frozenset[str]]:
    """Everybody's groups; people of the same ones share the set, however many people there are."""
    gathered: dict[str, tuple[str, ...]] = {}
    for owner, group in rows:
        gathered[owner] = (*gathered.get(owner, ()), group)
    shared = {groups: frozenset(groups) for groups in set(gathered.values())}
    return {owner: shared[groups] for owner, groups in gathered.items()}


def new_person_id() -> str:
    """What a record is called where its staff id must not stand: random, 128 bits."""
    return secrets.token_hex(16)


def read_person_ids(connection: Connection) -> dict[str, str]:
    """Everybody's record id by staff id."""
    rows = connection.execute(select(PEOPLE.c.staff_id, PEOPLE.c.person_id)).all()
    return dict(map(tuple, rows))


def read_person_id(connection: Connection, staff_id: str) -> str | None:
    """One record's id; None where nobody has the staff id."""
    query = select(PEOPLE.c.person_id).where(PEOPLE.c.staff_id == staff_id)
    return connection.execute(query).scalar()


def read_changed(
    connection: Connection, since: int, limit: int
) -> tuple[dict[str, str], frozenset[str]] | None:
    """What changed after a version: record ids by staff id, and record ids that are gone.

    None where it is more than ``limit``: then everything is read faster.
    """
    changed = select(PEOPLE.c.staff_id, PEOPLE.c.person_id)
    rows = connection.execute(changed.where(PEOPLE.c.changed_version > since).limit(limit)).all()
    gone = connection.execute(
        select(REMOVALS.c.person_id).where(REMOVALS.c.version > since).limit(limit)
    ).scalars()
    removed = frozenset(gone)
    if max(len(rows), len(removed)) >= limit:
        return None
    return {row.staff_id: row.person_id for row in rows}, removed


def taken_as(connection: Connection, staff_id: str) -> str | None:
    """The id of whoever has this one, in whatever letter case; None where it is free.

    Two ids that differ in case alone would be two people, and one of them suspended for the other.
    """
    query = select(PEOPLE.c.staff_id).where(func.lower(PEOPLE.c.staff_id) == staff_id.lower())
    found: str | None = connection.execute(query).scalars().first()
    return found


def delete_person(connection: Connection, staff_id: str) -> None:
    """Erase somebody with everything that hangs on the record."""
    connection.execute(delete(PEOPLE).where(PEOPLE.c.staff_id == staff_id))


def posix(moment: datetime | None) -> float | None:
    """A moment as the tables hold it."""
    return None if moment is None else moment.timestamp()


def moment(posix_s: float | None) -> datetime | None:
    """The same back; ``ValueError`` or ``OverflowError`` for a damaged one."""
    return None if posix_s is None else datetime.fromtimestamp(posix_s, UTC)


def _sorted(people: Iterable[Person]) -> tuple[Person, ...]:
    """By staff id, whatever the database's collation."""
    return tuple(sorted(people, key=lambda person: person.staff_id))


def _values(person: Person) -> dict[str, Any]:
    return {
        "staff_id": person.staff_id,
        "name": person.name,
        "state": person.state.value,
        "valid_from": posix(person.valid_from),
        "valid_to": posix(person.valid_to),
        "created_at": posix(person.created_at),
        "organisation": person.organisation,
        "badge": person.badge,
        "remarks": person.remarks,
        "watchlisted": int(person.watchlisted),
        **documents_of(person),
    }


def _person(row: Sequence[Any], groups: frozenset[str]) -> Person:
    """One row of ``_READ``, unpacked: looking up names takes most of a large register's time."""
    staff_id, name, state, valid_from, valid_to, created_at, *more = row
    organisation, badge, remarks, watchlisted, revision, *documents = more
    try:
        return Person(
            staff_id=staff_id,
            name=name,
            groups=groups,
            state=_STATES[state],
            valid_from=moment(valid_from),
            valid_to=moment(valid_to),
            created_at=datetime.fromtimestamp(created_at, UTC),
            organisation=organisation,
            badge=badge,
            remarks=remarks,
            watchlisted=bool(watchlisted),
            revision=revision,
            **(parts_of(*documents) if any(documents) else {}),
        )
    except (ValueError, OverflowError, KeyError, TypeError) as exc:
        raise RegisterCorruptError(
            f"the register's record of {staff_id} is damaged; restore a backup"
        ) from exc
