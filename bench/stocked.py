"""A register full of made-up people, sealed as the real one is, made in seconds.

Enrolling a hundred thousand people one by one takes their hundred thousand transactions; here
they are one, with the register's own functions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from enrolment import person_rows
from enrolment.key_rotation import init_keys
from enrolment.key_store import KeyStore, wrapped
from enrolment.key_tables import DATA_KEYS
from enrolment.people import Person
from enrolment.places import DatabasePlace, KeyPlace, RegisterPlace, SecretSource, SqliteFile
from enrolment.register import Register
from enrolment.register_tables import TEMPLATES
from enrolment.sealing import Cipher, new_key
from enrolment.site_keys import read_ring
from enrolment.template_rows import WIRE, Owner

EMBEDDING_ID = "bench"
_BATCH = 1000


def unit_rows(count: int, dim: int, seed: int = 1) -> NDArray[np.float32]:
    """``(count, dim)`` float32 unit rows in random directions."""
    rows = np.random.default_rng(seed).standard_normal((count, dim), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def owners(people: int, templates: int) -> list[str]:
    """A staff id for each row: everybody's templates one after another."""
    return [f"p{number:06}" for number in range(people) for _ in range(templates)]


def keys_in(folder: Path) -> KeyPlace:
    """Fresh keys in a folder."""
    place = KeyPlace(SecretSource(file=folder / "site.key"), SqliteFile(folder / "people.keys"))
    init_keys(place)
    return place


def stock(
    database: DatabasePlace, keys: KeyPlace, rows: NDArray[np.float32], templates: int
) -> RegisterPlace:
    """Make a register of people who own so many of the rows each."""
    place = RegisterPlace(database, keys)
    sealed: list[dict[str, object]] = []
    with Register.open(place) as register, register._changing() as (connection, version):  # noqa: SLF001 - one transaction for all
        for number, (person_id, cipher) in enumerate(_ciphers(keys, len(rows) // templates)):
            person = Person(f"p{number:06}", "P", frozenset({"staff"}))
            person_rows.insert_person(connection, person, person_id, version)
            where = Owner(person.staff_id, person_id).place(EMBEDDING_ID)
            row = {"staff_id": person.staff_id, "embedding_id": EMBEDDING_ID, "quality": 1.0}
            for one in rows[number * templates : (number + 1) * templates]:
                seal = cipher.seal(one.astype(WIRE).tobytes(), where)
                sealed.append({**row, "sealed": seal, "added_at": 0.0})
            if len(sealed) > _BATCH:
                connection.execute(insert(TEMPLATES), sealed)
                sealed.clear()
        if sealed:
            connection.execute(insert(TEMPLATES), sealed)
    return place


def _ciphers(keys: KeyPlace, people: int) -> list[tuple[str, Cipher]]:
    """A new data key each, stored in one transaction."""
    site, made = read_ring(keys).current, []
    with KeyStore.open(keys) as store, store.database.changing() as connection:
        for _ in range(0, people, _BATCH):
            batch = [(person_rows.new_person_id(), new_key()) for _ in range(_BATCH)]
            connection.execute(insert(DATA_KEYS), [wrapped(site, *one) for one in batch])
            made += [(person_id, Cipher.of(key)) for person_id, key in batch]
    return made[:people]
