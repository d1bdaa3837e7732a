"""The register of people: durable records in a database, changed in whole transactions.

The operations on people and templates live here. Photos, quality and the decision whether
somebody may be enrolled do not; nor does anything of the running daemon, which only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, select, update

from enrolment import person_rows, template_rows
from enrolment.databases import Database
from enrolment.gallery import Gallery
from enrolment.people import Person, PersonState, Template
from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register_database import open_database, open_keys
from enrolment.register_errors import PersonExistsError, UnknownPersonError
from enrolment.register_tables import COUNTER, PEOPLE
from enrolment.sealing import Cipher
from enrolment.sqlite_files import BUSY_TIMEOUT_S, pragma
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

    def add_person(self, person: Person, templates: Sequence[Template] = ()) -> None:
        """Add somebody with all templates, or nothing at all.

        ``PersonExistsError`` where the staff id is taken, ``ValueError`` for values that the
        register cannot hold.
        """
        person.checked()
        owner = Owner(person.staff_id, person_rows.new_person_id())
        cipher = self._cipher_for(owner) if templates else None
        with self._changing() as connection:
            if person_rows.exists(connection, person.staff_id):
                raise PersonExistsError(f"staff id {person.staff_id} is taken; choose another")
            person_rows.insert_person(connection, person, owner.person_id)
            if cipher is not None:
                template_rows.insert_templates(connection, owner, templates, cipher)

    def add_templates(self, staff_id: str, templates: Sequence[Template]) -> None:
        """Give somebody more templates; ``UnknownPersonError``, ``ValueError`` as above."""
        owner = self._owner(staff_id)
        cipher = self._cipher_for(owner)
        with self._changing() as connection:
            _demand(connection, owner)
            template_rows.insert_templates(connection, owner, templates, cipher)

    def set_state(self, staff_id: str, state: PersonState) -> None:
        """Suspend somebody or let them in again; ``UnknownPersonError`` where there is nobody."""
        owner = self._owner(staff_id)
        with self._changing() as connection:
            _demand(connection, owner)
            theirs = PEOPLE.c.staff_id == staff_id
            connection.execute(update(PEOPLE).where(theirs).values(state=state.value))

    def remove(self, staff_id: str) -> bool:
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
        with self._changing() as connection:
            _demand(connection, owner)
            person_rows.delete_person(connection, staff_id)
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

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """One transaction that counts as one change, or leaves no trace.

        Counting comes first: in PostgreSQL the counter's row is what makes writers take turns.
        """
        with self._database.changing() as connection:
            connection.execute(update(COUNTER).values(version=COUNTER.c.version + 1))
            yield connection


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
