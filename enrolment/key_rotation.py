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

from sqlalchemy import func, select

from enrolment.key_store import KeyStore, demand_all_open, rewrap
from enrolment.key_tables import DATA_KEYS, DESTROYED
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


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How things stand with the keys; no secret in it."""

    source: str
    store: str
    current_key_id: str
    rotating: bool
    data_keys: int
    stale_data_keys: int
    destroyed: int


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
        stale = DATA_KEYS.c.site_key_id != ring.current.key_id
        counted = [
            connection.execute(query).scalar_one()
            for query in (
                select(func.count()).select_from(DATA_KEYS),
                select(func.count()).select_from(DATA_KEYS).where(stale),
                select(func.count()).select_from(DESTROYED),
            )
        ]
    source, kept = str(place.key), str(place.store)
    return KeyStatus(source, kept, ring.current.key_id, ring.rotating, *counted)


def back_up(place: KeyPlace, target: Path) -> None:
    """Write the site's keys into one file, mode 0600, in place of an older one of that name.

    It replaces rather than adds: an older one still holds keys that were destroyed since.
    """
    ring = read_ring(place)
    with KeyStore.open(place) as store, store.database.reading() as connection:
        keys = connection.execute(select(DATA_KEYS)).all()
        destroyed = connection.execute(select(DESTROYED)).all()
    document = {
        "format": _FORMAT,
        "site_keys": ring.text(),
        "data_keys": [
            [row.person_id, row.site_key_id, base64.b64encode(row.wrapped).decode()] for row in keys
        ],
        "destroyed": [[row.person_id, row.destroyed_at] for row in destroyed],
    }
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
    ring, keys, destroyed = _read_backup(source)
    demand_apart(place)
    if not key_store_exists(place):
        if place.key.file is None:
            raise SiteKeyError(f"{place.key} is empty; put the site key there first")
        write_ring(place.key.file, ring)
    known = {key.key_id for key in read_ring(place).keys}
    if not {key["site_key_id"] for key in keys} <= known:
        raise SiteKeyError(f"{source} belongs to another site key than {place.key}; see which")
    with KeyStore.open(place, create=True) as store:
        _merge(store, keys, destroyed)
        store.begin(read_ring(place).current)
        with store.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(DATA_KEYS)).scalar_one())


def _merge(
    store: KeyStore, keys: list[dict[str, object]], destroyed: list[dict[str, object]]
) -> None:
    with store.database.changing() as connection:
        present = set(connection.execute(select(DATA_KEYS.c.person_id)).scalars())
        gone = set(connection.execute(select(DESTROYED.c.person_id)).scalars())
        buried = [row for row in destroyed if row["person_id"] not in gone]
        gone |= {str(row["person_id"]) for row in buried}
        missing = [row for row in keys if row["person_id"] not in present | gone]
        for table, rows in ((DESTROYED, buried), (DATA_KEYS, missing)):
            if rows:
                connection.execute(table.insert(), rows)
        connection.execute(DATA_KEYS.delete().where(DATA_KEYS.c.person_id.in_(sorted(gone))))


def _read_backup(
    source: Path,
) -> tuple[KeyRing, list[dict[str, object]], list[dict[str, object]]]:
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise SiteKeyError(f"{source} is no backup of keys; choose another file")
        keys: list[dict[str, object]] = [
            {"person_id": str(p), "site_key_id": str(k), "wrapped": base64.b64decode(w)}
            for p, k, w in document["data_keys"]
        ]
        destroyed: list[dict[str, object]] = [
            {"person_id": str(p), "destroyed_at": float(at)} for p, at in document["destroyed"]
        ]
        ring = KeyRing.parsed(document["site_keys"], str(source))
    except (KeyError, TypeError, ValueError):
        raise SiteKeyError(f"{source} is no backup of keys; choose another file") from None
    return ring, keys, destroyed


def _rewrap_some(store: KeyStore, ring: KeyRing) -> int:
    with store.database.changing() as connection:
        return rewrap(connection, ring, _BATCH)


def _has_keys(place: KeyPlace) -> bool:
    if not key_store_exists(place):
        return False
    with KeyStore.open(place) as store, store.database.reading() as connection:
        return connection.execute(select(DATA_KEYS.c.person_id).limit(1)).first() is not None


def key_store_exists(place: KeyPlace) -> bool:
    """Whether there is a key store already."""
    if place.store_file is not None:
        return place.store_file.exists()
    try:
        KeyStore.open(place).close()
    except SiteKeyError:
        return False
    return True
