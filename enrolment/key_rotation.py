"""Making the site's keys, replacing the site key, and carrying them to another machine.

A rotation may be interrupted anywhere: until it is finished the key file holds both keys, and
running it again goes on where it stopped.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Table, func, select

from enrolment.evidence_keys import make_tables
from enrolment.key_store import KeyStore, demand_all_open, has_evidence_keys, rewrap
from enrolment.key_tables import DATA_KEYS, DESTROYED, DESTROYED_EVIDENCE_KEYS, EVIDENCE_KEYS
from enrolment.places import KeyPlace
from enrolment.site_keys import (
    KeyRing,
    SiteKey,
    SiteKeyError,
    demand_apart,
    read_ring,
    write_ring,
)

_BATCH = 500
_FORMAT = "bondwatch-keys-1"
_PAIRS: Final = ((DATA_KEYS, DESTROYED), (EVIDENCE_KEYS, DESTROYED_EVIDENCE_KEYS))
"""Keys of a kind, and which of them were destroyed."""

_Rows = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How things stand with the keys; no secret in it.

    ``stale_data_keys`` counts those of evidence as well.
    """

    source: str
    store: str
    current_key_id: str
    rotating: bool
    data_keys: int
    stale_data_keys: int
    destroyed: int
    evidence_keys: int = 0


def init_keys(place: KeyPlace) -> str:
    """Make the site key and an empty key store; the key's id.

    ``SiteKeyError`` where there is a key, or a store that wants another one, already. A key
    that comes from the environment or a credential is only checked, and the store made.
    """
    demand_apart(place)
    file = place.key.file
    if file is not None and not file.exists():
        if _has_keys(place):
            raise SiteKeyError(
                f"{place.store} holds data keys, and the site key that wraps them is not at "
                f"{file}; put it back: with a new one no face could be read"
            )
        write_ring(file, KeyRing((SiteKey.new(),)))
    elif file is not None and key_store_exists(place):
        raise SiteKeyError(f"{file} exists already; to replace it run 'bondwatch keys rotate'")
    ring = read_ring(place)
    with KeyStore.open(place, create=True) as store:
        store.begin(ring.current)
    return ring.current.key_id


def rotate(place: KeyPlace) -> str:
    """Replace the site key, or finish a replacement that was interrupted; the new key's id.

    Where the key does not come from a file, both keys must be given, the new one first.
    """
    ring = read_ring(place)
    file = place.key.file
    if not ring.rotating:
        if file is None:
            raise SiteKeyError(
                f"{place.key} holds one key; put a new one in front of it, made with "
                "'bondwatch keys init --stdout', and run this again"
            )
        with KeyStore.open(place) as store, store.database.reading() as connection:
            demand_all_open(connection, ring, place)  # a wrong key must not get a successor
        ring = KeyRing((SiteKey.new(), *ring.keys))
        write_ring(file, ring)
    with KeyStore.open(place) as store:
        store.begin(ring.current)
        while _rewrap_some(store, ring):
            continue
    if file is not None:
        write_ring(file, KeyRing((ring.current,)))
    return ring.current.key_id


def status(place: KeyPlace) -> KeyStatus:
    """How things stand; ``SiteKeyError`` where there are no keys, or not those of the store."""
    ring = read_ring(place)
    with KeyStore.open(place) as store, store.database.reading() as connection:
        demand_all_open(connection, ring, place)
        tables = (DATA_KEYS, DESTROYED, *_of_evidence(connection))
        total = {table: _count(connection, table) for table in tables}
        stale = sum(
            _count(connection, table, other_than=ring.current.key_id)
            for table in tables
            if table in (DATA_KEYS, EVIDENCE_KEYS)
        )
    return KeyStatus(
        str(place.key),
        str(place.store),
        ring.current.key_id,
        ring.rotating,
        data_keys=total[DATA_KEYS],
        stale_data_keys=stale,
        destroyed=total[DESTROYED],
        evidence_keys=total.get(EVIDENCE_KEYS, 0),
    )


def _count(connection: Connection, table: Table, other_than: str | None = None) -> int:
    query = select(func.count()).select_from(table)
    if other_than is not None:
        query = query.where(table.c.site_key_id != other_than)
    return int(connection.execute(query).scalar_one())


def _of_evidence(connection: Connection) -> tuple[Table, ...]:
    """The tables of evidence, where the store has any."""
    return (EVIDENCE_KEYS, DESTROYED_EVIDENCE_KEYS) if has_evidence_keys(connection) else ()


def back_up(place: KeyPlace, target: Path) -> None:
    """Write the site's keys into one file, mode 0600, in place of an older one of that name.

    It replaces rather than adds: an older one still holds keys that were destroyed since.
    """
    ring = read_ring(place)
    document: dict[str, object] = {"format": _FORMAT, "site_keys": ring.text()}
    with KeyStore.open(place) as store, store.database.reading() as connection:
        for table in (DATA_KEYS, DESTROYED, *_of_evidence(connection)):
            rows = connection.execute(select(table)).all()
            document[table.name] = [[_written(value) for value in row] for row in rows]
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # left by a killed process that had the same id
    try:
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(document, out)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def restore(place: KeyPlace, source: Path) -> int:
    """Bring back the keys of a backup; how many data keys there are then.

    What was destroyed here stays destroyed, whatever the backup holds. ``SiteKeyError`` where
    the file is no such backup, or another site key is in place.
    """
    ring, rows = _read_backup(source)
    demand_apart(place)
    if not key_store_exists(place):
        if place.key.file is None:
            raise SiteKeyError(f"{place.key} is empty; put the site key there first")
        write_ring(place.key.file, ring)
    known = {key.key_id for key in read_ring(place).keys}
    if not {key["site_key_id"] for table, _ in _PAIRS for key in rows[table]} <= known:
        raise SiteKeyError(
            f"{source} belongs to another site key than {place.key}; choose another backup, or, if "
            f"nothing is sealed with the keys here, move that one and {place.store} away first"
        )
    with KeyStore.open(place, create=True) as store:
        make_tables(store.database)
        with store.database.changing() as connection:
            for keys, destroyed in _PAIRS:
                _merge(connection, (keys, rows[keys]), (destroyed, rows[destroyed]))
        store.begin(read_ring(place).current)
        with store.database.reading() as connection:
            return sum(_count(connection, keys) for keys, _ in _PAIRS)


def _merge(connection: Connection, keys: tuple[Table, _Rows], buried: tuple[Table, _Rows]) -> None:
    """Add what is missing; what was destroyed, here or there, is not brought back."""
    for table, rows in (buried, keys):
        name = _id_of(table)
        present = set(connection.execute(select(name)).scalars())
        missing = [row for row in rows if row[name.name] not in present]
        if missing:
            connection.execute(table.insert(), missing)
    gone = select(_id_of(buried[0]))
    connection.execute(keys[0].delete().where(_id_of(keys[0]).in_(gone)))


def _id_of(table: Table) -> Column[str]:
    (name,) = table.primary_key.columns
    return name


def _written(value: object) -> object:
    """A value as it stands in a backup."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _read_backup(source: Path) -> tuple[KeyRing, dict[Table, _Rows]]:
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise SiteKeyError(f"{source} is no backup of keys; choose another file")
        rows: dict[Table, _Rows] = {}
        for keys, destroyed in _PAIRS:
            # A backup of before evidence was sealed has none of its keys.
            rows[keys] = [
                {_id_of(keys).name: str(i), "site_key_id": str(k), "wrapped": base64.b64decode(w)}
                for i, k, w in document.get(keys.name, [])
            ]
            rows[destroyed] = [
                {_id_of(destroyed).name: str(i), "destroyed_at": float(at)}
                for i, at in document.get(destroyed.name, [])
            ]
        ring = KeyRing.parsed(document["site_keys"], str(source))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SiteKeyError(f"{source} is no backup of keys; choose another file") from None
    return ring, rows


def _rewrap_some(store: KeyStore, ring: KeyRing) -> int:
    with store.database.changing() as connection:
        return rewrap(connection, ring, _BATCH)


def _has_keys(place: KeyPlace) -> bool:
    if not key_store_exists(place):
        return False
    with KeyStore.open(place) as store, store.database.reading() as connection:
        tables = (DATA_KEYS, *_of_evidence(connection)[:1])
        return any(_count(connection, table) for table in tables)


def key_store_exists(place: KeyPlace) -> bool:
    """Whether there is a key store already."""
    if place.store_file is not None:
        return place.store_file.exists()
    try:
        KeyStore.open(place).close()
    except SiteKeyError:
        return False
    return True
