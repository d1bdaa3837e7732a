"""What tests of the register share: people to put in it, and a process that does so for ever."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enrolment.key_rotation import init_keys
from enrolment.people import Person
from enrolment.places import (
    DatabasePlace,
    KeyPlace,
    PostgresDatabase,
    RegisterPlace,
    SecretSource,
    SqliteFile,
)

ADDS_PEOPLE_FOR_EVER = """
import itertools, sys
import numpy as np
from enrolment.people import Person, Template
from enrolment.register import Register
from tests.enrolment.registers import place_of
register = Register.open(place_of(sys.argv[1]))
row = np.eye(1, 128, dtype=np.float32)[0]
for i in itertools.count():
    templates = [Template(row, "e")] * 3
    register.add_person(Person(f"p{i}", "P", frozenset({"staff"})), templates)
    print(i, flush=True)
"""

ROTATES_FOR_EVER = """
import sys
from enrolment.key_rotation import rotate
from tests.enrolment.registers import place_of
keys = place_of(sys.argv[1]).keys
while True:
    rotate(keys)
    print("rotated", flush=True)
"""


def row(seed: int, dim: int = 8) -> NDArray[np.float32]:
    """Make a unit vector that the seed decides."""
    values = np.random.default_rng(seed).normal(size=dim)
    return (values / np.linalg.norm(values)).astype(np.float32)


def person(staff_id: str = "ann", **facts: object) -> Person:
    """Make a person of whom only the id and the given facts matter."""
    return Person(staff_id, "Ann", frozenset({"staff"}), **facts)  # type: ignore[arg-type]


def with_keys(
    database: DatabasePlace, folder: Path, store: DatabasePlace | None = None
) -> RegisterPlace:
    """A register with fresh keys: the site key and, by default, the store in ``folder/keys``."""
    key = SecretSource(file=folder / "keys" / "site.key")
    keys = KeyPlace(key, store or SqliteFile(folder / "keys" / "people.keys"), folder / "data")
    init_keys(keys)
    return RegisterPlace(database, keys)


def spelt(place: RegisterPlace) -> str:
    """A place as one word of a command line."""
    assert place.keys
    return f"{place.database}|{place.keys.key.file}|{place.keys.store}"


def place_of(word: str) -> RegisterPlace:
    """The same back."""
    database, key, store = word.split("|")
    keys = KeyPlace(SecretSource(file=Path(key)), _database(store))
    return RegisterPlace(_database(database), keys)


def _database(word: str) -> DatabasePlace:
    return PostgresDatabase(word) if "://" in word else SqliteFile(Path(word))


def environment() -> dict[str, str]:
    """The environment of another process that imports what we do."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
