"""Registers of before: they open, nothing in them is lost, and no face stays in the open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register import Register
from enrolment.register_database import SCHEMA
from enrolment.site_keys import SiteKeyError
from tests.enrolment.registers import row, with_keys

VERSION_1 = """
CREATE TABLE people (staff_id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL,
    valid_from REAL, valid_to REAL, created_at REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE memberships (staff_id TEXT NOT NULL REFERENCES people ON DELETE CASCADE,
    group_id TEXT NOT NULL, PRIMARY KEY (staff_id, group_id)) STRICT, WITHOUT ROWID;
CREATE TABLE templates (template_id INTEGER PRIMARY KEY,
    staff_id TEXT NOT NULL REFERENCES people ON DELETE CASCADE,
    embedding_id TEXT NOT NULL, embedding BLOB NOT NULL, quality REAL NOT NULL,
    added_at REAL NOT NULL) STRICT;
CREATE INDEX templates_by_person ON templates (staff_id);
CREATE INDEX templates_by_embedder ON templates (embedding_id, staff_id);
CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (1, 7);
INSERT INTO people VALUES ('ann', 'Ann', 'active', NULL, NULL, 1.5);
INSERT INTO people VALUES ('bob', 'Bob', 'suspended', 5.0, 6.0, 2.5);
INSERT INTO memberships VALUES ('ann', 'staff');
PRAGMA user_version = 1;
PRAGMA application_id = 1113015378;
"""


@pytest.fixture
def old(tmp_path: Path) -> SqliteFile:
    """A register that the first Bondwatch wrote, with two people, one with two templates."""
    path = tmp_path / "data" / "register.db"
    path.parent.mkdir()
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(VERSION_1)
        values = [(row(seed, 128).tobytes(),) for seed in (1, 2)]
        db.executemany("INSERT INTO templates VALUES (NULL, 'ann', 'e', ?, 0.5, 3.5)", values)
        db.commit()
    return SqliteFile(path)


@pytest.mark.parametrize("opening", [Register.open, Register.open_for_reading])
def test_a_register_of_version_1_is_brought_up_to_date(
    old: SqliteFile, tmp_path: Path, opening
) -> None:
    """Whoever opens it finds everybody, the version, and the same faces."""
    with opening(with_keys(old, tmp_path)) as register:
        snapshot = register.snapshot("e")

    assert [p.staff_id for p in snapshot.people] == ["ann", "bob"]
    assert snapshot.people[0].groups == {"staff"}
    assert not snapshot.people[1].active
    assert snapshot.version == 7
    assert np.array_equal(snapshot.gallery.embeddings, np.stack([row(1, 128), row(2, 128)]))
    with closing(sqlite3.connect(old.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)


def test_no_open_template_stays_behind(old: SqliteFile, tmp_path: Path) -> None:
    """Not in the file and not in its write-ahead log."""
    Register.open(with_keys(old, tmp_path)).close()

    left = b"".join(file.read_bytes() for file in old.path.parent.iterdir())
    assert row(1, 128).tobytes() not in left
    assert row(2, 128).tobytes() not in left


def test_without_keys_it_stays_as_it_was(old: SqliteFile) -> None:
    """The migration says which command is missing, and half of it is nothing of it."""
    with pytest.raises(SiteKeyError, match="bondwatch keys init"):
        Register.open(RegisterPlace(old))

    with closing(sqlite3.connect(old.path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert len(db.execute("SELECT embedding FROM templates").fetchall()) == 2
        assert (
            db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'alembic%'").fetchall() == []
        )
