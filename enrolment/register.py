"""The register of people: durable records in a database, changed in whole transactions.

The operations on people and templates live here. Photos, quality and the decision whether
somebody may be enrolled do not; nor does anything of the running daemon, which only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, insert, select, update

from enrolment import person_rows, register_history, template_rows
from enrolment.databases import Database
from enrolment.gallery import Gallery
from enrolment.people import Person, Template
from enrolment.person_changes import acted, changes_between, edited, reopened
from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register_database import open_database, open_keys
from enrolment.register_errors import (
    PersonChangedError,
    PersonExistsError,
    UnknownPersonError,
)
from enrolment.register_history import Entry, Note, OutboxEntry
from enrolment.register_tables import COUNTER, REMOVALS
from enrolment.sealing import Cipher
from enrolment.sqlite_files import BUSY_TIMEOUT_S, pragma
from enrolment.states import Action
from enrolment.template_rows import Owner


@dataclass(frozen=True, slots=True, eq=False)
class RegisterSnapshot:
    """The whole register at one version, as one embedder can use it.

    ``foreign_templates``: how many templates belong to other embedders and were left out.
    ``without_key``: staff ids whose templates cannot be opened, because the key store lost
    their keys; nobody recognises them.
    """

    version: int
    people: tuple[Person, ...]
    gallery: Gallery
    foreign_templates: int
    without_key: tuple[str, ...] = ()


class Register:
    """One connection to the register; use it from the thread that opened it.

    Every method may raise a ``RegisterError`` (``RegisterLockedError``, ``RegisterFullError``,
    ``RegisterCorruptError``, ...); a change that raises has changed nothing.
    """

    def __init__(self, database: Database, place: RegisterPlace) -> None:
        self._database = database
        self._place = place
        self._file_id = _file_id(place)

    @classmethod
    def open(cls, place: Path | RegisterPlace, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Self:
        """Open the register for reading and changing; make an empty one where there is none.

        ``place``: a path is the SQLite file that lies, or shall lie, there.
        """
        return cls._opened(place, busy_timeout_s=busy_timeout_s, read_only=False)

    @classmethod
    def open_for_reading(
        cls, place: Path | RegisterPlace, *, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> Self:
        """Open an existing register; ``RegisterMissingError`` where there is none."""
        return cls._opened(place, busy_timeout_s=busy_timeout_s, read_only=True)

    @classmethod
    def _opened(
        cls, place: Path | RegisterPlace, *, busy_timeout_s: float, read_only: bool
    ) -> Self:
        where = RegisterPlace.of(place)
        database = open_database(where, busy_timeout_s=busy_timeout_s, read_only=read_only)
        return cls(database, where)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @property
    def version(self) -> int:
        """Grows by one with every change; cheap enough to ask several times a second."""
        with self._database.reading() as connection:
            return _version(connection)

    @property
    def replaced(self) -> bool:
        """Whether another file lies at the path now (a restore): this connection is stale."""
        return _file_id(self._place) != self._file_id

    def add_person(
        self, person: Person, templates: Sequence[Template] = (), note: Note | None = None
    ) -> None:
        """Add somebody with all templates, or nothing at all.

        ``PersonExistsError`` where the staff id is taken, ``ValueError`` for values that the
        register cannot hold.
        """
        person.checked()
        owner = Owner(person.staff_id, person_rows.new_person_id())
        cipher = self._cipher_for(owner) if templates else None
        with self._changing() as (connection, version):
            if person_rows.exists(connection, person.staff_id):
                raise PersonExistsError(f"staff id {person.staff_id} is taken; choose another")
            person_rows.insert_person(connection, person, owner.person_id, version)
            if cipher is not None:
                template_rows.insert_templates(connection, owner, templates, cipher)
            changes = {**changes_between(None, person), "templates": [0, len(templates)]}
            who = (note or Note()).checked()
            register_history.write(connection, person.staff_id, who, "add", changes, version)

    def add_templates(
        self, staff_id: str, templates: Sequence[Template], note: Note | None = None
    ) -> None:
        """Give somebody more templates; ``UnknownPersonError``, ``ValueError`` as above."""
        owner = self._owner(staff_id)
        cipher = self._cipher_for(owner)
        with self._changing() as (connection, version):
            _demand(connection, owner)
            template_rows.insert_templates(connection, owner, templates, cipher)
            person_rows.touch_person(connection, staff_id, version)
            who, changes = (note or Note()).checked(), {"templates": [0, len(templates)]}
            register_history.write(connection, staff_id, who, "add_templates", changes, version)

    def act(
        self,
        staff_id: str,
        action: Action,
        note: Note,
        *,
        revision: int | None = None,
        two_person: bool = False,
    ) -> Person:
        """Move somebody to another state; the record as it is then.

        ``revision``: the one the account looked at. ``PersonChangedError`` where it is older,
        ``NotAllowedError`` where the state or, with ``two_person``, the rule forbids it.
        """
        return self._change(
            staff_id,
            note,
            action,
            lambda person: acted(person, action, note, two_person=two_person),
            revision,
        )

    def edit(
        self,
        staff_id: str,
        fields: Mapping[str, Any],
        note: Note,
        *,
        revision: int | None = None,
        two_person: bool = False,
        templates: Sequence[Template] = (),
    ) -> Person:
        """Change fields of a record and add templates, all or nothing; the record as it is then.

        Errors as ``act``, ``ValueError`` as ``add_person``. Under the two-person rule a change
        of what somebody may do awaits approval again, and so does a new face.
        """

        def change(person: Person) -> Person:
            changed = edited(person, fields, note, two_person=two_person)
            return reopened(changed, note) if two_person and templates else changed

        return self._change(staff_id, note, "edit", change, revision, templates)

    def _change(
        self,
        staff_id: str,
        note: Note,
        action: str,
        change: Callable[[Person], Person],
        revision: int | None,
        templates: Sequence[Template] = (),
    ) -> Person:
        note.checked()
        owner = self._owner(staff_id)
        cipher = self._cipher_for(owner) if templates else None
        with self._changing() as (connection, version):
            found = person_rows.read_people(connection, staff_id)
            if not found:
                raise UnknownPersonError(_nobody(staff_id))
            before = found[0]
            if revision is not None and revision != before.revision:
                last = register_history.read_history(connection, staff_id)[-1]
                raise PersonChangedError(
                    f"{staff_id} was changed by {last.by} meanwhile (revision {before.revision}, "
                    f"not {revision}); look again with 'enrol show {staff_id}'"
                )
            changed = change(before)
            person_rows.update_person(connection, changed, version)
            differences = changes_between(before, changed)
            if cipher is not None:
                _demand(connection, owner)
                template_rows.insert_templates(connection, owner, templates, cipher)
                differences["templates"] = [0, len(templates)]
            register_history.write(connection, staff_id, note, action, differences, version)
            return person_rows.read_people(connection, staff_id)[0]

    def remove(self, staff_id: str, note: Note | None = None) -> bool:
        """Erase somebody with all templates, overwriting them in an SQLite file.

        The data key is destroyed first: after that no copy of the templates can be opened, nor
        do backups bring it back. Whoever is interrupted in between removes once more. True when
        SQLite's write-ahead file was emptied as well; false where a reader kept it busy, and
        the next checkpoint does it. A PostgreSQL server overwrites when it vacuums.
        """
        owner = self._owner(staff_id)
        if self._may_have_key(staff_id):
            with open_keys(self._place) as keys:
                keys.destroy(owner.person_id)
        with self._changing() as (connection, version):
            _demand(connection, owner)
            who = (note or Note()).checked()
            register_history.write(connection, staff_id, who, "remove", {}, version)
            person_rows.delete_person(connection, staff_id)
            row = {"version": version, "person_id": owner.person_id}
            connection.execute(insert(REMOVALS), row)
        if self._database.dialect != "sqlite":
            return False
        return not pragma(self._database, "wal_checkpoint(TRUNCATE)")

    def people(self) -> tuple[Person, ...]:
        """Everybody, by staff id."""
        with self._database.reading() as connection:
            return person_rows.read_people(connection)

    def person(self, staff_id: str) -> Person:
        """One person; ``UnknownPersonError`` where there is nobody of this id."""
        with self._database.reading() as connection:
            found = person_rows.read_people(connection, staff_id)
        if not found:
            raise UnknownPersonError(_nobody(staff_id))
        return found[0]

    def template_counts(self) -> dict[str, dict[str, int]]:
        """How many templates each person has of each embedder: staff id, embedding id, number."""
        with self._database.reading() as connection:
            return template_rows.count_templates(connection)

    def snapshot(self, embedding_id: str) -> RegisterSnapshot:
        """Read people and this embedder's templates in one transaction.

        Templates of other embedders never enter the gallery; they are counted. People whose
        data key was destroyed are not there, should an old backup say otherwise.
        """
        with self._database.reading() as connection:
            version = _version(connection)
            people = person_rows.read_people(connection)
            owners = person_rows.read_person_ids(connection)
            sealed = template_rows.read_sealed(connection, version, embedding_id)
            foreign = template_rows.count_foreign(connection, embedding_id)
        ciphers, destroyed = self._all_keys() if sealed.rows else ({}, frozenset())
        gallery = sealed.gallery(owners, ciphers, self._database.name)
        gone = {who for who, person_id in owners.items() if person_id in destroyed}
        left_out = {who for who, _ in sealed.rows} - set(gallery.staff_ids) - gone
        remaining = tuple(person for person in people if person.staff_id not in gone)
        return RegisterSnapshot(version, remaining, gallery, foreign, tuple(sorted(left_out)))

    def forget_destroyed(self) -> tuple[str, ...]:
        """Erase again whom an old backup brought back; their staff ids."""
        with open_keys(self._place) as keys:
            destroyed = keys.destroyed()
        with self._database.reading() as connection:
            owners = person_rows.read_person_ids(connection)
        gone = tuple(sorted(who for who, person_id in owners.items() if person_id in destroyed))
        for staff_id in gone:
            self.remove(staff_id)
        return gone

    def _may_have_key(self, staff_id: str) -> bool:
        """False only where nobody can have one: no templates here, and no key store yet."""
        keys = self._place.keys
        if keys is not None and (keys.store_file is None or keys.store_file.exists()):
            return True
        return staff_id in self.template_counts()

    def _all_keys(self) -> tuple[dict[str, Cipher], frozenset[str]]:
        with open_keys(self._place) as keys:
            return keys.ciphers(), keys.destroyed()

    def _cipher_for(self, owner: Owner) -> Cipher:
        with open_keys(self._place) as keys:
            return keys.cipher_for(owner.person_id)

    def _owner(self, staff_id: str) -> Owner:
        with self._database.reading() as connection:
            person_id = person_rows.read_person_id(connection, staff_id)
        if person_id is None:
            raise UnknownPersonError(_nobody(staff_id))
        return Owner(staff_id, person_id)

    def history(self, staff_id: str) -> tuple[Entry, ...]:
        """What was done to somebody's record, oldest first; empty for nobody."""
        with self._database.reading() as connection:
            return register_history.read_history(connection, staff_id)

    def outbox(self, after: int = 0, limit: int = 1000) -> tuple[OutboxEntry, ...]:
        """Changes for a ledger to read: those numbered higher than ``after``, oldest first."""
        with self._database.reading() as connection:
            return register_history.read_outbox(connection, after, limit)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, int]]:
        """One transaction that counts as one change, with its version; or leaves no trace.

        Counting comes first: in PostgreSQL the counter's row is what makes writers take turns.
        """
        with self._database.changing() as connection:
            connection.execute(update(COUNTER).values(version=COUNTER.c.version + 1))
            yield connection, _version(connection)


def _version(connection: Connection) -> int:
    return int(connection.execute(select(COUNTER.c.version)).scalar_one())


def _demand(connection: Connection, owner: Owner) -> None:
    """The record is still the one that was looked up before the transaction."""
    if person_rows.read_person_id(connection, owner.staff_id) != owner.person_id:
        raise UnknownPersonError(_nobody(owner.staff_id))


def _nobody(staff_id: str) -> str:
    return f"nobody has the staff id {staff_id}; 'enrol list' shows everybody"


def _file_id(place: RegisterPlace) -> tuple[int, int] | None:
    if not isinstance(place.database, SqliteFile):
        return None
    try:
        found = place.database.path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
