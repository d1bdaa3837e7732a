"""The store of people's data keys, each wrapped by the site key; kept apart from the register.

A backup of the register does not hold it, so a key that is destroyed here takes the person's
face along, in every backup there is. Rotation lives in ``key_rotation``; the keys of evidence lie
here too, and are ``evidence_keys``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Table, delete, insert, inspect, select, update

from enrolment import postgres, sqlite_files
from enrolment.databases import Database
from enrolment.key_tables import (
    CURRENT,
    DATA_KEYS,
    DESTROYED,
    EVIDENCE_KEYS,
    KEY_STORE,
    METADATA,
    OF_EVIDENCE,
)
from enrolment.people import some_of
from enrolment.places import KeyPlace, SqliteFile
from enrolment.register_errors import RegisterMissingError
from enrolment.sealing import Cipher, SealBrokenError, new_key, place
from enrolment.site_keys import KeyRing, SiteKey, SiteKeyError, demand_apart, read_ring


class KeyStore:
    """One connection to the key store; for one thread. Raises ``RegisterError`` and its kinds."""

    def __init__(self, database: Database, where: KeyPlace) -> None:
        self.database = database
        self.where = where
        self._ring: KeyRing | None = None

    @classmethod
    def open(cls, where: KeyPlace, *, create: bool = False) -> Self:
        """Open the store; with ``create`` an empty one is made where there is none."""
        demand_apart(where)
        if not isinstance(where.store, SqliteFile):
            return cls(_on_server(where, create=create), where)
        if create:
            sqlite_files.create_if_missing(where.store.path, KEY_STORE, METADATA.create_all)
        try:
            database = sqlite_files.connect(
                where.store.path,
                KEY_STORE,
                busy_timeout_s=sqlite_files.BUSY_TIMEOUT_S,
                read_only=False,
            )
        except RegisterMissingError:
            raise _nowhere(where) from None
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
        self.database.close()

    def begin(self, key: SiteKey) -> None:
        """Wrap with this site key from now on."""
        with self.database.changing() as connection:
            connection.execute(delete(CURRENT))
            connection.execute(insert(CURRENT), {"one": 1, "site_key_id": key.key_id})

    def cipher_for(self, person_id: str) -> Cipher:
        """The cipher of somebody's data key, made now where there is none yet.

        ``SiteKeyError`` for somebody whose key was destroyed: they are not to come back.
        """
        with self.database.changing() as connection:
            ring = self.ring_for(connection)
            if _is_destroyed(connection, person_id):
                raise SiteKeyError("this record was erased; enrol the person anew")
            query = select(DATA_KEYS).where(DATA_KEYS.c.person_id == person_id)
            found = connection.execute(query).first()
            if found is not None:
                return _unwrapped(ring, found.person_id, found.site_key_id, found.wrapped)
            key = new_key()
            connection.execute(insert(DATA_KEYS), wrapped(ring.current, person_id, key))
            return Cipher.of(key)

    def ciphers(self, person_ids: Iterable[str] | None = None) -> dict[str, Cipher]:
        """The ciphers of everybody, or of these people; who has no key is not in it."""
        columns = (DATA_KEYS.c.person_id, DATA_KEYS.c.site_key_id, DATA_KEYS.c.wrapped)
        query = select(*columns)
        if person_ids is not None:
            query = query.where(DATA_KEYS.c.person_id.in_(list(person_ids)))
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        used = {row[1] for row in rows}
        ring = self.ring_with(used)
        site = {key.key_id: key.cipher for key in ring.keys}
        try:
            return {
                person_id: Cipher.of(site[key_id].open(sealed, _place(person_id)))
                for person_id, key_id, sealed in rows
            }
        except (KeyError, SealBrokenError):
            raise wrong_key(self.where) from None

    def destroy(self, person_id: str) -> None:
        """Destroy somebody's data key for good: what it sealed opens no more, in any copy."""
        with self.database.changing() as connection:
            connection.execute(delete(DATA_KEYS).where(DATA_KEYS.c.person_id == person_id))
            if not _is_destroyed(connection, person_id):
                now = datetime.now(UTC).timestamp()
                row = {"person_id": person_id, "destroyed_at": now}
                connection.execute(insert(DESTROYED), row)
        if self.database.dialect == "sqlite":
            sqlite_files.pragma(self.database, "wal_checkpoint(TRUNCATE)")

    def destroyed(self) -> frozenset[str]:
        """The records whose keys were destroyed."""
        with self.database.reading() as connection:
            return frozenset(connection.execute(select(DESTROYED.c.person_id)).scalars())

    def ring_for(self, connection: Connection) -> KeyRing:
        """The ring whose current key is the one that the store says to wrap with.

        A rotation that was cut short before it told the store has put another in front.
        """
        current = connection.execute(select(CURRENT.c.site_key_id)).scalar()
        if self._ring is None or self._ring.current.key_id != current:
            self._ring = read_ring(self.where)
        if current is None:
            connection.execute(
                insert(CURRENT), {"one": 1, "site_key_id": self._ring.current.key_id}
            )
            return self._ring
        led = self._ring.led_by(current)
        if led is None:
            raise wrong_key(self.where)
        self._ring = led
        return led

    def ring_with(self, used: set[str]) -> KeyRing:
        """The ring that has these keys; read again where a rotation has moved on."""
        if self._ring is None or not used <= {key.key_id for key in self._ring.keys}:
            self._ring = read_ring(self.where)
        return self._ring


def wrapped(site: SiteKey, person_id: str, key: bytes) -> dict[str, object]:
    """A row of the store: somebody's data key, wrapped."""
    sealed = site.cipher.seal(key, _place(person_id))
    return {"person_id": person_id, "site_key_id": site.key_id, "wrapped": sealed}


def rewrap(connection: Connection, ring: KeyRing, limit: int) -> int:
    """Wrap anew up to ``limit`` keys of a kind that another site key wraps; how many were.

    ``SiteKeyError`` where a key opens with no key of the ring.
    """
    counts = (_rewrap(connection, ring, table, limit) for table in _of_keys(connection))
    return next(filter(None, counts), 0)


def _of_keys(connection: Connection) -> tuple[Table, ...]:
    """The tables that hold wrapped keys."""
    return (DATA_KEYS, EVIDENCE_KEYS) if has_evidence_keys(connection) else (DATA_KEYS,)


def has_evidence_keys(connection: Connection) -> bool:
    """Whether the store has tables for the keys of evidence; one of before has none yet."""
    inspector = inspect(connection)
    return all(inspector.has_table(table.name) for table in OF_EVIDENCE)


def _rewrap(connection: Connection, ring: KeyRing, table: Table, limit: int) -> int:
    name, where = (
        (table.c.person_id, _place) if table is DATA_KEYS else (table.c.key_id, evidence_key_place)
    )
    stale = table.c.site_key_id != ring.current.key_id
    columns = (name, table.c.site_key_id, table.c.wrapped)
    rows = connection.execute(select(*columns).where(stale).limit(limit)).all()
    site = {key.key_id: key.cipher for key in ring.keys}
    for mine, site_key_id, sealed in rows:
        try:
            key = site[site_key_id].open(sealed, where(mine))
        except (KeyError, SealBrokenError):
            raise SiteKeyError(
                "a data key was wrapped by a site key that is not there; put that key back"
            ) from None
        anew = {
            "site_key_id": ring.current.key_id,
            "wrapped": site[ring.current.key_id].seal(key, where(mine)),
        }
        connection.execute(update(table).where(name == mine).values(**anew))
    return len(rows)


def evidence_key_place(key_id: str) -> bytes:
    """What binds a wrapped key of evidence to its row."""
    return place("evidence-key", key_id)


def _place(person_id: str) -> bytes:
    return place("data-key", person_id)


def _unwrapped(ring: KeyRing, person_id: str, key_id: str, sealed: bytes) -> Cipher:
    for key in ring.keys:
        if key.key_id == key_id:
            try:
                return Cipher.of(key.cipher.open(sealed, _place(person_id)))
            except SealBrokenError:
                break
    raise SiteKeyError("a data key does not open with the site key; put the right one back")


def _is_destroyed(connection: Connection, person_id: str) -> bool:
    query = select(DESTROYED.c.person_id).where(DESTROYED.c.person_id == person_id)
    return connection.execute(query).first() is not None


def demand_all_open(connection: Connection, ring: KeyRing, where: KeyPlace) -> None:
    """``SiteKeyError`` where a data key was wrapped by a site key that the ring does not have."""
    used = {
        key_id
        for table in _of_keys(connection)
        for key_id in connection.execute(select(table.c.site_key_id).distinct()).scalars()
    }
    if not used <= {key.key_id for key in ring.keys}:
        raise wrong_key(where)


def wrong_key(where: KeyPlace) -> SiteKeyError:
    """What is said where another key lies in the site key's place."""
    return SiteKeyError(
        f"{where.key} is not the site key that wrapped the data keys in {where.store}; "
        "put the right one back"
    )


def lost_keys(staff_ids: Sequence[str], where: KeyPlace) -> SiteKeyError:
    """What is said where faces are sealed with keys that the store does not have."""
    return SiteKeyError(
        f"the faces of {len(staff_ids)} enrolled ({some_of(staff_ids)}) cannot be opened, their "
        f"keys are not in {where.store}; put these back with 'bondwatch keys restore', "
        "or, where they are lost, remove these people and enrol them anew"
    )


def _nowhere(where: KeyPlace) -> SiteKeyError:
    return SiteKeyError(
        f"there is no key store at {where.store}; run 'bondwatch keys init', or put it back "
        "with 'bondwatch keys restore'"
    )


def _on_server(where: KeyPlace, *, create: bool) -> Database:
    assert not isinstance(where.store, SqliteFile)  # noqa: S101 - the caller looked
    database = postgres.connect(
        where.store,
        KEY_STORE.what,
        busy_timeout_s=sqlite_files.BUSY_TIMEOUT_S,
        read_only=False,
    )
    try:
        with database.changing() as connection:
            postgres.take_migration_lock(database)
            if create:
                METADATA.create_all(connection)
            is_there = inspect(connection).has_table(DATA_KEYS.name)
    except BaseException:
        database.close()
        raise
    if not is_there:
        database.close()
        raise _nowhere(where)
    return database
