"""Data keys of evidence in the key store: made ahead, found by their ids, destroyed for good.

Apart from the evidence as people's keys are from the register: a copy of the evidence alone opens
nowhere, and what is deleted opens in no copy any more. What is sealed with them is not known here.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, delete, insert, select

from enrolment import postgres
from enrolment.databases import Database
from enrolment.key_store import KeyStore, evidence_key_place, has_evidence_keys, wrong_key
from enrolment.key_tables import (
    CURRENT,
    DESTROYED_EVIDENCE_KEYS,
    EVIDENCE_KEYS,
    KEY_STORE,
    METADATA,
    OF_EVIDENCE,
)
from enrolment.places import KeyPlace
from enrolment.sealing import Cipher, SealBrokenError, new_key
from enrolment.site_keys import REMEDY, KeyRing, SiteKeyError, read_ring

KEY_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class EvidenceKey:
    """One data key, ready to seal, and the id by which it is found again."""

    key_id: str
    cipher: Cipher


class EvidenceKeys:
    """The keys of evidence in one store; for one thread. Raises ``RegisterError`` and its kinds."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    @classmethod
    def open(cls, where: KeyPlace | None) -> Self:
        """Open the store; ``SiteKeyError`` says what to do where there is none."""
        if where is None:
            raise SiteKeyError(f"no site key is set up; {REMEDY}")
        return cls(KeyStore.open(where))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store.close()

    def make(self, count: int) -> tuple[EvidenceKey, ...]:
        """New keys, wrapped and synced: what is sealed with them can be opened later.

        ``SiteKeyError`` where the site key is not there, or not the one that wraps the others.
        """
        make_tables(self._store.database)
        with self._store.database.changing() as connection:
            ring = self._store.ring_for(connection)
            self._prove(connection, ring)
            made = [(secrets.token_hex(KEY_ID_BYTES), new_key()) for _ in range(count)]
            site, wraps = ring.current.key_id, ring.current.cipher
            rows = [
                {
                    "key_id": key_id,
                    "site_key_id": site,
                    "wrapped": wraps.seal(key, evidence_key_place(key_id)),
                }
                for key_id, key in made
            ]
            connection.execute(insert(EVIDENCE_KEYS), rows)
        return tuple(EvidenceKey(key_id, Cipher.of(key)) for key_id, key in made)

    def cipher(self, key_id: str) -> Cipher:
        """The cipher of a key. ``SiteKeyError`` names a key that is not there, or was destroyed."""
        with self._store.database.reading() as connection:
            row, destroyed = None, False
            if has_evidence_keys(connection):
                columns = (EVIDENCE_KEYS.c.site_key_id, EVIDENCE_KEYS.c.wrapped)
                mine = select(*columns).where(EVIDENCE_KEYS.c.key_id == key_id)
                row = connection.execute(mine).first()
                destroyed = bool(_destroyed(connection, [key_id]))
        if row is None:
            raise _not_there(key_id, self._store, destroyed=destroyed)
        ring = self._store.ring_with({row.site_key_id})
        return Cipher.of(self._unwrapped(ring, row.site_key_id, row.wrapped, key_id))

    def discard(self, key_ids: Collection[str]) -> None:
        """Take away keys that nothing was sealed with."""
        with self._store.database.changing() as connection:
            connection.execute(delete(EVIDENCE_KEYS).where(EVIDENCE_KEYS.c.key_id.in_(key_ids)))

    def destroy(self, key_ids: Collection[str]) -> None:
        """Destroy keys for good: what they sealed opens no more, in any copy."""
        make_tables(self._store.database)
        with self._store.database.changing() as connection:
            connection.execute(delete(EVIDENCE_KEYS).where(EVIDENCE_KEYS.c.key_id.in_(key_ids)))
            now = datetime.now(UTC).timestamp()
            new = set(key_ids) - _destroyed(connection, key_ids)
            rows = [{"key_id": key_id, "destroyed_at": now} for key_id in sorted(new)]
            if rows:
                connection.execute(insert(DESTROYED_EVIDENCE_KEYS), rows)

    def _prove(self, connection: Connection, ring: KeyRing) -> None:
        """The site key opens what it is said to have wrapped: its id alone proves nothing."""
        columns = (EVIDENCE_KEYS.c.key_id, EVIDENCE_KEYS.c.wrapped)
        site = ring.current.key_id
        mine = EVIDENCE_KEYS.c.site_key_id == site
        row = connection.execute(select(*columns).where(mine).limit(1)).first()
        if row is not None:
            self._unwrapped(ring, site, row.wrapped, row.key_id)

    def _unwrapped(self, ring: KeyRing, site_key_id: str, wrapped: bytes, key_id: str) -> bytes:
        for key in ring.keys:
            if key.key_id == site_key_id:
                try:
                    return key.cipher.open(wrapped, evidence_key_place(key_id))
                except SealBrokenError:
                    break
        raise wrong_key(self._store.where)


def make_tables(database: Database) -> None:
    """Give a store of before its tables for the keys of evidence."""
    with database.reading() as connection:
        if has_evidence_keys(connection):
            return
    with database.changing() as connection:
        if database.dialect == "postgresql":
            postgres.take_migration_lock(database)
        METADATA.create_all(connection, tables=list(OF_EVIDENCE))
        if database.dialect == "sqlite":
            connection.exec_driver_sql(f"PRAGMA user_version = {KEY_STORE.schema}")


def demand_usable(where: KeyPlace | None) -> None:
    """``RegisterError`` where evidence could not be sealed now; nothing is written."""
    if where is None:
        raise SiteKeyError(f"no site key is set up; {REMEDY}")
    key_id = read_ring(where).current.key_id
    with KeyStore.open(where) as store, store.database.reading() as connection:
        current = connection.execute(select(CURRENT.c.site_key_id)).scalar()
        if current not in (None, key_id):
            raise wrong_key(where)


def _destroyed(connection: Connection, key_ids: Collection[str]) -> set[str]:
    gone = DESTROYED_EVIDENCE_KEYS.c.key_id
    return set(connection.execute(select(gone).where(gone.in_(key_ids))).scalars())


def _not_there(key_id: str, store: KeyStore, *, destroyed: bool) -> SiteKeyError:
    if destroyed:
        return SiteKeyError(
            f"evidence key {key_id} was destroyed when its evidence was deleted; no copy opens"
        )
    return SiteKeyError(
        f"evidence key {key_id} is not in the {store.database.name}; bring it back from a backup "
        "of the keys with 'bondwatch keys restore'"
    )
