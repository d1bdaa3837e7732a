"""The register's file: private, checked, whole, erased where somebody was removed."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from enrolment.people import Template
from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register import Register
from enrolment.register_errors import (
    RegisterCorruptError,
    RegisterError,
    RegisterFullError,
    RegisterMissingError,
)
from enrolment.register_tables import TEMPLATES
from enrolment.sqlite_files import pragma
from tests.enrolment.registers import person, row, with_keys
from tests.system.small_disk import SmallDisk, demand_mount


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the register of a test lies: in a directory that is yet to be made."""
    return tmp_path / "data" / "register.db"


@pytest.fixture
def place(path: Path, tmp_path: Path) -> RegisterPlace:
    """The register's place with keys."""
    return with_keys(SqliteFile(path), tmp_path)


@pytest.fixture
def register(place: RegisterPlace):
    """Open an empty register."""
    with Register.open(place) as opened:
        yield opened


class TestFile:
    """The file itself: private, checked, whole."""

    def test_only_the_owner_can_read_it(self, register: Register, path: Path) -> None:
        """Database and write-ahead file have mode 0600, the made directory 0700."""
        register.add_person(person())

        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert set(modes.values()) == {0o600}
        assert "register.db-wal" in modes

    def test_a_copy_that_others_can_read_is_closed_at_opening(self, path: Path) -> None:
        """A restored file with a loose mode is made private again."""
        Register.open(path).close()
        path.chmod(0o644)

        Register.open(path).close()

        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_every_commit_reaches_the_disk(self, register: Register) -> None:
        """The settings that durability, privacy and integrity rest on are in force."""
        asked = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        values = [pragma(register._database, name) for name in asked]

        assert values == ["wal", 2, 1, 1]

    def test_a_reader_makes_no_database(self, path: Path) -> None:
        """A wrong path is told by name instead of becoming an empty register."""
        with pytest.raises(RegisterMissingError, match=r"register\.db does not exist"):
            Register.open_for_reading(path)

        assert not path.exists()

    @pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
    def test_a_file_that_is_no_register_is_refused(self, tmp_path: Path, content: bytes) -> None:
        """Nothing is written into a file of somebody else's."""
        path = tmp_path / "register.db"
        path.write_bytes(content)

        with pytest.raises(RegisterCorruptError, match="not a register"):
            Register.open(path)

        assert path.read_bytes() == content

    def test_another_database_is_refused(self, tmp_path: Path) -> None:
        """A journal, or any other SQLite file, is not taken for a register."""
        path = tmp_path / "journal.db"
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE people (name)")

        with pytest.raises(RegisterCorruptError, match="not a register"):
            Register.open(path)

    def test_a_damaged_file_is_told(self, path: Path, place: RegisterPlace) -> None:
        """Pages overwritten with noise are reported as damage, with the remedy."""
        with Register.open(place) as register:
            for i in range(50):
                register.add_person(person(f"p{i}"), [Template(row(i, dim=128), "e")])
        content = bytearray(path.read_bytes())
        content[4096:] = os.urandom(len(content) - 4096)
        path.write_bytes(content)

        with (
            Register.open_for_reading(place) as register,
            pytest.raises(RegisterCorruptError, match="restore"),
        ):
            register.snapshot("e")

    def test_a_full_disk_is_told_and_loses_nothing(self, register: Register) -> None:
        """The change that did not fit is gone whole; what was there stays readable."""
        register.add_person(person("ann"), [Template(row(1), "e")])
        pages = pragma(register._database, "page_count")
        pragma(register._database, f"max_page_count = {pages}")

        with pytest.raises(RegisterFullError, match="disk is full"):
            register.add_person(person("bob"), [Template(row(i, 8), "e") for i in range(500)])

        assert [p.staff_id for p in register.people()] == ["ann"]
        assert register.version == 1

    def test_a_replaced_file_is_noticed(self, register: Register, path: Path) -> None:
        """A connection knows that a restore has put another file in its place."""
        before = register.replaced
        path.rename(path.with_suffix(".old"))
        with Register.open(path):
            assert (before, register.replaced) == (False, True)

    def test_removing_overwrites_the_embedding_on_disk(
        self, register: Register, path: Path
    ) -> None:
        """After a removal no file of the register holds the person's template, sealed as it was."""
        face = row(1, dim=128)
        register.add_person(person("ann"), [Template(face, "e")])
        register.add_person(person("bob"), [Template(row(2, dim=128), "e")])
        sealed = dict(_sealed(register))

        emptied = register.remove("ann")

        left = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert emptied
        assert sealed["ann"] not in left
        assert sealed["bob"] in left
        assert register.snapshot("e").gallery.staff_ids == ("bob",)


def _sealed(register: Register) -> list[tuple[str, bytes]]:
    with register._database.reading() as connection:
        rows = connection.execute(select(TEMPLATES.c.staff_id, TEMPLATES.c.sealed)).all()
    return [(staff_id, sealed) for staff_id, sealed in rows]


class TestDisk:
    """A disk of its own that is full, or that nobody may write to: even reading makes files."""

    @pytest.fixture
    def disk(self, path: Path) -> Iterator[SmallDisk]:
        """The disk, with a register on it that nobody has open."""
        demand_mount()
        disk = SmallDisk(path.parent, "8m")
        with Register.open(path) as register:
            register.add_person(person())
        yield disk
        disk.close()

    def test_a_full_disk_is_named(self, disk: SmallDisk, path: Path) -> None:
        """Whoever opens the register is told to look there; nothing of it is lost."""
        disk.fill()
        with pytest.raises(RegisterError, match="that it is not full"):
            Register.open(path)

        disk.make_room()
        with Register.open(path) as register:
            assert len(register.people()) == 1

    def test_a_disk_mounted_read_only_is_named(self, disk: SmallDisk, path: Path) -> None:
        """The file's own permissions look right: the remedy says where else to look."""
        disk.forbid_writing()

        with pytest.raises(RegisterError, match="not mounted read-only"):
            Register.open_for_reading(path)
