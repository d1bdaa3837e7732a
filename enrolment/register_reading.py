"""Reading the register: people, templates, history, and the snapshot that a daemon goes by.

Nothing here changes anything; ``register`` adds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from sqlalchemy import Connection, func, select

from enrolment import erasures, person_rows, postgres, register_history, template_rows
from enrolment.databases import Database
from enrolment.erasures import Erasure
from enrolment.gallery import Gallery, Searchable
from enrolment.key_store import lost_keys
from enrolment.people import Person, Template
from enrolment.places import PostgresDatabase, RegisterPlace, SqliteFile
from enrolment.register_database import CHANNEL, REGISTER, open_database, open_keys
from enrolment.register_errors import RegisterCorruptError, UnknownPersonError
from enrolment.register_history import Entry, OutboxEntry
from enrolment.register_tables import COUNTER, PEOPLE
from enrolment.sealing import Cipher, SealBrokenError
from enrolment.sqlite_files import BUSY_TIMEOUT_S
from enrolment.template_rows import Owner

_MOST_CHANGES = 500


G_co = TypeVar("G_co", bound=Searchable, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class RegisterSnapshot(Generic[G_co]):
    """The whole register at one version, as one embedder can use it.

    ``foreign_templates``: how many templates of other embedders belong to people who have none of
    this one: nobody recognises them.
    ``without_key``: staff ids whose templates cannot be opened, because the key store lost
    their keys; nobody recognises them. ``owners``: the records' own ids by staff id.
    """

    version: int
    people: tuple[Person, ...]
    gallery: G_co
    foreign_templates: int
    without_key: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict, repr=False)


class RegisterReader:
    """One connection to the register; use it from the thread that opened it.

    Every method may raise a ``RegisterError`` (``RegisterLockedError``, ``RegisterCorruptError``,
    ``SiteKeyError``, ...).
    """

    def __init__(self, database: Database, place: RegisterPlace) -> None:
        self._database = database
        self._place = place
        self._file_id = _file_id(place)
        self._listener: Database | None = None

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
        if self._listener is not None:
            self._listener.close()
        self._database.close()

    @property
    def version(self) -> int:
        """Grows by one with every change; cheap enough to ask several times a second."""
        with self._database.reading() as connection:
            return version_in(connection)

    @property
    def replaced(self) -> bool:
        """Whether another file lies at the path now (a restore): this connection is stale."""
        return _file_id(self._place) != self._file_id

    def people(self) -> tuple[Person, ...]:
        """Everybody, by staff id."""
        with self._database.reading() as connection:
            return person_rows.read_people(connection)

    def person(self, staff_id: str) -> Person:
        """One person; ``UnknownPersonError`` where there is nobody of this id."""
        with self._database.reading() as connection:
            found = person_rows.read_people(connection, staff_id)
        if not found:
            raise UnknownPersonError(nobody(staff_id))
        return found[0]

    def count(self) -> int:
        """How many people there are."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(PEOPLE)).scalar_one())

    def template_counts(self) -> dict[str, dict[str, int]]:
        """How many templates each person has of each embedder: staff id, embedding id, number."""
        with self._database.reading() as connection:
            return template_rows.count_templates(connection)

    def history(self, staff_id: str) -> tuple[Entry, ...]:
        """What was done to somebody's record, oldest first; empty for nobody."""
        with self._database.reading() as connection:
            return register_history.read_history(connection, staff_id)

    def outbox(self, after: int = 0, limit: int = 1000) -> tuple[OutboxEntry, ...]:
        """Changes for a ledger to read: those numbered higher than ``after``, oldest first."""
        with self._database.reading() as connection:
            return register_history.read_outbox(connection, after, limit)

    def erasures(self) -> tuple[Erasure, ...]:
        """Who was removed within the last month, for ledgers to forget them too."""
        with self._database.reading() as connection:
            return erasures.read(connection)

    def biometrics(self, staff_id: str) -> tuple[tuple[Template, ...], tuple[bytes, ...]]:
        """Somebody's templates, of every embedder, and kept photos; both empty without a key."""
        owner = self._owner(staff_id)
        if not self._may_have_key(staff_id):
            return (), ()
        with open_keys(self._place) as keys:
            cipher = keys.ciphers([owner.person_id]).get(owner.person_id)
        if cipher is None:
            return (), ()
        with self._database.reading() as connection:
            try:
                templates = template_rows.open_templates(connection, owner, cipher)
                return templates, template_rows.open_photos(connection, owner, cipher)
            except SealBrokenError as exc:
                raise RegisterCorruptError(
                    f"{self._database.name} holds damaged templates of {staff_id};"
                    " restore it from a backup"
                ) from exc

    def snapshot(self, embedding_id: str) -> RegisterSnapshot[Gallery]:
        """Read people and this embedder's templates in one transaction.

        Templates of other embedders never enter the gallery; they are counted. People whose
        data key was destroyed are not there, should an old backup say otherwise.
        """
        with self._database.reading() as connection:
            version = version_in(connection)
            people = person_rows.read_people(connection)
            owners = person_rows.read_person_ids(connection)
            sealed = template_rows.read_sealed(connection, version, embedding_id)
            foreign = template_rows.count_foreign(connection, embedding_id)
        ciphers, destroyed = self._keys_of(None) if sealed.rows else ({}, frozenset())
        gallery = sealed.gallery(owners, ciphers, self._database.name)
        gone = {who for who, person_id in owners.items() if person_id in destroyed}
        left_out = {who for who, _ in sealed.rows} - set(gallery.staff_ids) - gone
        remaining = tuple(person for person in people if person.staff_id not in gone)
        return RegisterSnapshot(
            version, remaining, gallery, foreign, tuple(sorted(left_out)), owners
        )

    def everybody(self, embedding_id: str) -> Gallery:
        """The faces that a new one is to be compared with, all of them.

        ``SiteKeyError`` where some cannot be opened: somebody banned could be enrolled anew.
        """
        found = self.snapshot(embedding_id)
        if found.without_key and self._place.keys is not None:
            raise lost_keys(found.without_key, self._place.keys)
        return found.gallery

    def refreshed(self, old: RegisterSnapshot[Gallery]) -> RegisterSnapshot[Gallery]:
        """The register as it is now, reading only what changed since an older snapshot of it.

        Who enrols somebody among 100,000 makes no worker open 100,000 templates again.
        """
        embedding_id = old.gallery.embedding_id
        with self._database.reading() as connection:
            version = version_in(connection)
            found = person_rows.read_changed(connection, old.version, _MOST_CHANGES)
            if version >= old.version and found is not None:
                changed, removed = found
                ids = tuple(changed)
                people = person_rows.read_people(connection, *ids) if ids else ()
                sealed = template_rows.SealedRows((), embedding_id, version)
                if ids:
                    sealed = template_rows.read_sealed(connection, version, embedding_id, *ids)
                foreign = template_rows.count_foreign(connection, embedding_id)
        if version < old.version or found is None:
            return self.snapshot(embedding_id)
        ciphers, _ = self._keys_of(changed.values()) if sealed.rows else ({}, frozenset())
        addition = sealed.gallery(changed, ciphers, self._database.name)
        gone = {who for who, person_id in old.owners.items() if person_id in removed}
        drop = frozenset(gone) | changed.keys()
        left_out = {who for who, _ in sealed.rows} - set(addition.staff_ids)
        left_out |= set(old.without_key) - drop
        owners = {who: i for who, i in old.owners.items() if who not in drop} | changed
        kept = [person for person in old.people if person.staff_id not in drop]
        everybody = sorted([*kept, *people], key=lambda person: person.staff_id)
        gallery = old.gallery.updated(drop, addition)
        return RegisterSnapshot(
            version, tuple(everybody), gallery, foreign, tuple(sorted(left_out)), owners
        )

    def wait(self, timeout_s: float) -> bool:
        """Wait until a PostgreSQL server tells of a change; false where none came in time.

        An SQLite file tells nobody: there it is false at once, and ``version`` is asked for.
        """
        database = self._place.database
        if not isinstance(database, PostgresDatabase):
            return False
        if self._listener is None:
            self._listener = postgres.listen(database, REGISTER.what, CHANNEL)
        return postgres.wait(self._listener, timeout_s)

    def _keys_of(
        self, person_ids: Iterable[str] | None
    ) -> tuple[dict[str, Cipher], frozenset[str]]:
        with open_keys(self._place) as keys:
            return keys.ciphers(person_ids), keys.destroyed()

    def _may_have_key(self, staff_id: str) -> bool:
        """False only where nobody can have one: no templates here, and no key store yet."""
        keys = self._place.keys
        if keys is not None and (keys.store_file is None or keys.store_file.exists()):
            return True
        return staff_id in self.template_counts()

    def _owner(self, staff_id: str) -> Owner:
        with self._database.reading() as connection:
            person_id = person_rows.read_person_id(connection, staff_id)
        if person_id is None:
            raise UnknownPersonError(nobody(staff_id))
        return Owner(staff_id, person_id)


def version_in(connection: Connection) -> int:
    """The register's version within a transaction."""
    return int(connection.execute(select(COUNTER.c.version)).scalar_one())


def nobody(staff_id: str) -> str:
    """What is said where nobody has a staff id."""
    return f"nobody has the staff id {staff_id}; 'enrol list' shows everybody"


def _file_id(place: RegisterPlace) -> tuple[int, int] | None:
    if not isinstance(place.database, SqliteFile):
        return None
    try:
        found = place.database.path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
