"""The register: whole transactions, one version a change, private, clear about its faults."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from enrolment.people import Person, PersonState, Template
from enrolment.register import Register
from enrolment.register_errors import (
    PersonExistsError,
    RegisterCorruptError,
    RegisterFullError,
    RegisterLockedError,
    RegisterMissingError,
    RegisterNewerError,
    UnknownPersonError,
)

ADDS_PEOPLE_FOR_EVER = """
import itertools, sys
import numpy as np
from pathlib import Path
from enrolment.people import Person, Template
from enrolment.register import Register
register = Register.open(Path(sys.argv[1]))
row = np.eye(1, 128, dtype=np.float32)[0]
for i in itertools.count():
    templates = [Template(row, "e")] * 3
    register.add_person(Person(f"p{i}", "P", frozenset({"staff"})), templates)
    print(i, flush=True)
"""


def row(seed: int, dim: int = 8) -> NDArray[np.float32]:
    """Make a unit vector that the seed decides."""
    values = np.random.default_rng(seed).normal(size=dim)
    return (values / np.linalg.norm(values)).astype(np.float32)


def person(staff_id: str = "ann", **facts: object) -> Person:
    """Make a person of whom only the id and the given facts matter."""
    return Person(staff_id, "Ann", frozenset({"staff"}), **facts)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the register of a test lies: in a directory that is yet to be made."""
    return tmp_path / "data" / "register.db"


@pytest.fixture
def register(path: Path):
    """Open an empty register."""
    with Register.open(path) as opened:
        yield opened


class TestPeople:
    """Records of people."""

    def test_a_person_comes_back_as_it_was_added(self, register: Register) -> None:
        """Every field survives the database, any Unicode name included."""
        ann = Person(
            "A-1023",
            "王秀英 O'Née “😀”",
            frozenset({"staff", "night"}),
            PersonState.SUSPENDED,
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 2, 1, 12, 30, tzinfo=UTC),
            datetime(2025, 12, 1, 8, 0, 0, 123456, tzinfo=UTC),
        )
        register.add_person(ann)

        assert register.person("A-1023") == ann
        assert register.people() == (ann,)

    def test_a_taken_staff_id_is_refused(self, register: Register) -> None:
        """One id is one person; the refused change does not count as one."""
        register.add_person(person())

        with pytest.raises(PersonExistsError, match="ann is taken"):
            register.add_person(person())

        assert register.version == 1

    @pytest.mark.parametrize(
        "bad",
        [
            Person("../etc", "Ann", frozenset()),
            Person("a b", "Ann", frozenset()),
            Person("ann", "  ", frozenset()),
            Person("ann", "Ann\x1b[2J", frozenset()),
            Person("ann", "nnA\u202e", frozenset()),
            Person("ann", "A" * 201, frozenset()),
            Person("ann", "Ann", frozenset(), valid_from=datetime(2026, 1, 1)),  # noqa: DTZ001 - the mistake itself
            Person(
                "ann",
                "Ann",
                frozenset(),
                valid_from=datetime(2026, 2, 1, tzinfo=UTC),
                valid_to=datetime(2026, 1, 1, tzinfo=UTC),
            ),
        ],
    )
    def test_what_the_register_cannot_hold_is_refused(
        self, register: Register, bad: Person
    ) -> None:
        """Ids safe in messages, names safe on terminals, validity that makes sense."""
        with pytest.raises(ValueError, match=r".+"):
            register.add_person(bad)

        assert register.people() == ()

    def test_suspending_and_resuming_changes_the_state(self, register: Register) -> None:
        """Each is one change; the person stays."""
        register.add_person(person())

        register.set_state("ann", PersonState.SUSPENDED)
        suspended = register.person("ann").active
        register.set_state("ann", PersonState.ACTIVE)

        assert not suspended
        assert register.person("ann").active
        assert register.version == 3

    def test_nobody_is_named(self, register: Register) -> None:
        """Every change of an unknown person says who is unknown and counts for nothing."""
        for change in (
            lambda: register.set_state("bob", PersonState.ACTIVE),
            lambda: register.remove("bob"),
            lambda: register.add_templates("bob", []),
            lambda: register.person("bob"),
        ):
            with pytest.raises(UnknownPersonError, match="bob"):
                change()

        assert register.version == 0


class TestTemplates:
    """Embeddings, and the gallery made from them."""

    def test_a_snapshot_holds_people_and_gallery_of_one_version(self, register: Register) -> None:
        """Suspended people stay in the gallery: they are to be recognised as suspended."""
        register.add_person(person("bob", state=PersonState.SUSPENDED), [Template(row(1), "e")])
        register.add_person(person("ann"), [Template(row(2), "e"), Template(row(3), "e")])

        snapshot = register.snapshot("e")

        assert snapshot.version == snapshot.gallery.register_version == 2
        assert [p.staff_id for p in snapshot.people] == ["ann", "bob"]
        assert snapshot.gallery.staff_ids == ("ann", "bob")
        assert np.array_equal(snapshot.gallery.embeddings, np.stack([row(2), row(3), row(1)]))

    def test_templates_of_another_embedder_are_counted_not_mixed(self, register: Register) -> None:
        """Two embedders' templates are never compared, even where their sizes agree."""
        register.add_person(person("ann"), [Template(row(1), "old"), Template(row(2), "new")])
        register.add_person(person("bob"), [Template(row(3), "old")])

        snapshot = register.snapshot("new")

        assert snapshot.gallery.staff_ids == ("ann",)
        assert snapshot.foreign_templates == 2
        assert register.template_counts() == {"ann": {"old": 1, "new": 1}, "bob": {"old": 1}}

    def test_an_empty_register_has_an_empty_gallery(self, register: Register) -> None:
        """Nobody enrolled is a state, not an error."""
        assert register.snapshot("e").gallery.empty

    @pytest.mark.parametrize("bad", [np.zeros(8), np.full(8, np.nan), np.ones(8), row(1, dim=4)])
    def test_a_template_that_cannot_be_compared_is_refused_with_its_person(
        self, register: Register, bad: NDArray[np.float32]
    ) -> None:
        """The person is added with all templates or not at all."""
        register.add_person(person("bob"), [Template(row(1), "e")])

        with pytest.raises(ValueError, match="embedding"):
            register.add_person(person("ann"), [Template(row(2), "e"), Template(bad, "e")])

        assert [p.staff_id for p in register.people()] == ["bob"]
        assert register.version == 1

    def test_damaged_templates_are_told_not_matched(self, register: Register, path: Path) -> None:
        """Bytes that are no embedding make the snapshot fail by name."""
        register.add_person(person("ann"), [Template(row(1), "e")])
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("UPDATE templates SET embedding = x'00000000'")

        with pytest.raises(RegisterCorruptError, match="damaged templates"):
            register.snapshot("e")

    def test_removing_overwrites_the_embedding_on_disk(
        self, register: Register, path: Path
    ) -> None:
        """After a removal no file of the register holds the person's face."""
        face = row(1, dim=128)
        register.add_person(person("ann"), [Template(face, "e")])
        register.add_person(person("bob"), [Template(row(2, dim=128), "e")])

        emptied = register.remove("ann")

        left = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert emptied
        assert face.tobytes() not in left
        assert row(2, dim=128).tobytes() in left
        assert register.snapshot("e").gallery.staff_ids == ("bob",)


class TestOtherProcesses:
    """What other processes see and suffer."""

    def test_a_reader_sees_the_version_grow(self, register: Register, path: Path) -> None:
        """A change made by another process is seen by asking for the version."""
        with Register.open_for_reading(path) as reader:
            before = reader.version
            code = ADDS_PEOPLE_FOR_EVER.replace("print(i, flush=True)", "break")
            subprocess.run([sys.executable, "-c", code, path], check=True, env=_env())

            assert (before, reader.version) == (0, 1)
            assert reader.snapshot("e").gallery.staff_ids == ("p0",)
        assert register.version == 1

    def test_a_kill_in_the_middle_leaves_whole_changes_only(self, path: Path) -> None:
        """Every person that was told as added is there, complete; versions equal changes."""
        writer = subprocess.Popen(
            [sys.executable, "-c", ADDS_PEOPLE_FOR_EVER, path],
            stdout=subprocess.PIPE,
            text=True,
            env=_env(),
        )
        assert writer.stdout
        told = [int(writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        writer.stdout.close()

        with Register.open(path) as register:
            people = register.people()
            assert len(people) >= len(told)
            assert register.version == len(people)
            assert register.template_counts() == {p.staff_id: {"e": 3} for p in people}

    def test_a_held_lock_is_told_and_changes_nothing(self, register: Register, path: Path) -> None:
        """A writer that waits in vain says that the register is locked; readers go on."""
        with (
            closing(sqlite3.connect(path, isolation_level=None)) as other,
            Register.open(path, busy_timeout_s=0.05) as second,
        ):
            other.execute("BEGIN IMMEDIATE")

            with pytest.raises(RegisterLockedError, match="locked by another process"):
                second.add_person(person())

            assert second.people() == ()
        register.add_person(person())

    def test_a_replaced_file_is_noticed(self, register: Register, path: Path) -> None:
        """A connection knows that a restore has put another file in its place."""
        before = register.replaced
        path.rename(path.with_suffix(".old"))
        with Register.open(path):
            assert (before, register.replaced) == (False, True)


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
        values = [register._db.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]

        assert values == ["wal", 2, 1, 1]

    def test_a_reader_makes_no_database(self, path: Path) -> None:
        """A wrong path is told by name instead of becoming an empty register."""
        with pytest.raises(RegisterMissingError, match=r"register\.db does not exist"):
            Register.open_for_reading(path)

        assert not path.exists()

    def test_a_reader_cannot_write(self, register: Register, path: Path) -> None:
        """The daemon's connection changes nothing, even by mistake."""
        with (
            Register.open_for_reading(path) as reader,
            pytest.raises(Exception, match="cannot be written"),
        ):
            reader.add_person(person())
        assert register.version == 0

    def test_a_newer_schema_is_refused(self, path: Path) -> None:
        """An old Bondwatch leaves a newer register alone and says to update."""
        Register.open(path).close()
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 99")

        with pytest.raises(RegisterNewerError, match="schema 99"):
            Register.open(path)

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

    def test_a_damaged_file_is_told(self, path: Path) -> None:
        """Pages overwritten with noise are reported as damage, with the remedy."""
        with Register.open(path) as register:
            for i in range(50):
                register.add_person(person(f"p{i}"), [Template(row(i, dim=128), "e")])
        content = bytearray(path.read_bytes())
        content[4096:] = os.urandom(len(content) - 4096)
        path.write_bytes(content)

        with (
            Register.open_for_reading(path) as register,
            pytest.raises(RegisterCorruptError, match="restore"),
        ):
            register.snapshot("e")

    def test_a_full_disk_is_told_and_loses_nothing(self, register: Register) -> None:
        """The change that did not fit is gone whole; what was there stays readable."""
        register.add_person(person("ann"), [Template(row(1), "e")])
        pages = register._db.execute("PRAGMA page_count").fetchone()[0]
        register._db.execute(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(RegisterFullError, match="disk is full"):
            register.add_person(person("bob"), [Template(row(i, 8), "e") for i in range(500)])

        assert [p.staff_id for p in register.people()] == ["ann"]
        assert register.version == 1

    def test_opening_at_once_makes_one_register(self, path: Path) -> None:
        """Processes that all find no register end up with the same one."""
        code = ADDS_PEOPLE_FOR_EVER.replace('f"p{i}"', "f\"p{__import__('os').getpid()}\"")
        code = code.replace("print(i, flush=True)", "break")
        writers = [
            subprocess.Popen([sys.executable, "-c", code, path], env=_env()) for _ in range(3)
        ]

        assert [writer.wait() for writer in writers] == [0, 0, 0]
        with Register.open(path) as register:
            assert register.version == len(register.people()) == 3
        assert [f.name for f in path.parent.iterdir() if "register.db." in f.name] == []


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
