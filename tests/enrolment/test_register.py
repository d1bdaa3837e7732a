"""The register, the same over every database: whole transactions, one version a change."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import inspect, update
from sqlalchemy.engine import make_url

from enrolment.people import Person, PersonState, Template
from enrolment.places import PostgresDatabase, RegisterPlace, SecretSource
from enrolment.register import Register
from enrolment.register_errors import (
    PersonExistsError,
    RegisterCorruptError,
    RegisterError,
    RegisterLockedError,
    RegisterMissingError,
    RegisterNewerError,
    UnknownPersonError,
)
from enrolment.register_history import Note
from enrolment.register_tables import METADATA, TEMPLATES
from enrolment.states import Action
from tests.enrolment.postgres_server import PostgresServer
from tests.enrolment.registers import ADDS_PEOPLE_FOR_EVER, environment, person, row, spelt

NOTE = Note("guard", "a test")


@pytest.fixture
def register(place: RegisterPlace):
    """Open an empty register."""
    with Register.open(place) as opened:
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

    @pytest.mark.parametrize("staff_id", ["ann", "Ann"])
    def test_a_taken_staff_id_is_refused(self, register: Register, staff_id: str) -> None:
        """One id is one person, however it is typed; the refused change does not count as one."""
        register.add_person(person())

        with pytest.raises(PersonExistsError, match="ann is taken"):
            register.add_person(replace(person(), staff_id=staff_id))

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

        register.act("ann", Action.SUSPEND, NOTE)
        suspended = register.person("ann").active
        register.act("ann", Action.RESUME, NOTE)

        assert not suspended
        assert register.person("ann").active
        assert register.version == 3

    def test_nobody_is_named(self, register: Register) -> None:
        """Every change of an unknown person says who is unknown and counts for nothing."""
        for change in (
            lambda: register.act("bob", Action.SUSPEND, NOTE),
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
        """Two embedders' templates never meet; counted are those of who has no others."""
        register.add_person(person("ann"), [Template(row(1), "old"), Template(row(2), "new")])
        register.add_person(person("bob"), [Template(row(3), "old")])

        snapshot = register.snapshot("new")

        assert snapshot.gallery.staff_ids == ("ann",)
        assert snapshot.foreign_templates == 1
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

    def test_damaged_templates_are_told_not_matched(self, register: Register) -> None:
        """Bytes that are no embedding make the snapshot fail by name."""
        register.add_person(person("ann"), [Template(row(1), "e")])
        with register._database.changing() as connection:
            connection.execute(update(TEMPLATES).values(sealed=bytes(40)))

        with pytest.raises(RegisterCorruptError, match="damaged templates"):
            register.snapshot("e")


class TestOtherProcesses:
    """What other processes see and suffer."""

    def test_a_reader_sees_the_version_grow(self, register: Register, place: RegisterPlace) -> None:
        """A change made by another process is seen by asking for the version."""
        with Register.open_for_reading(place) as reader:
            before = reader.version
            code = ADDS_PEOPLE_FOR_EVER.replace("print(i, flush=True)", "break")
            subprocess.run(
                [sys.executable, "-c", code, spelt(place)], check=True, env=environment()
            )

            assert (before, reader.version) == (0, 1)
            assert reader.snapshot("e").gallery.staff_ids == ("p0",)
        assert register.version == 1

    def test_a_kill_in_the_middle_leaves_whole_changes_only(self, place: RegisterPlace) -> None:
        """Every person that was told as added is there, complete; versions equal changes."""
        writer = subprocess.Popen(
            [sys.executable, "-c", ADDS_PEOPLE_FOR_EVER, spelt(place)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert writer.stdout
        told = [int(writer.stdout.readline()) for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        writer.stdout.close()

        with Register.open(place) as register:
            people = register.people()
            assert len(people) >= len(told)
            assert register.version == len(people)
            assert register.template_counts() == {p.staff_id: {"e": 3} for p in people}

    def test_a_held_lock_is_told_and_changes_nothing(
        self, register: Register, place: RegisterPlace
    ) -> None:
        """A writer that waits in vain says that the register is locked; readers go on."""
        with Register.open(place, busy_timeout_s=0.05) as second:
            with register._changing():
                with pytest.raises(RegisterLockedError, match="locked by another process"):
                    second.add_person(person())

                assert second.people() == ()
            second.add_person(person())

    def test_a_removal_that_is_refused_keeps_the_face(
        self, register: Register, place: RegisterPlace
    ) -> None:
        """A held lock, or a right that is missing, leaves record and key as they were."""
        register.add_person(person(), [Template(row(1), "e")])
        with (
            Register.open(place, busy_timeout_s=0.05) as second,
            register._changing(),
            pytest.raises(RegisterLockedError),
        ):
            second.remove("ann")

        with Register.open_for_reading(place) as reader:
            with pytest.raises(RegisterError, match="cannot be written"):
                reader.remove("ann")
            assert reader.snapshot("e").gallery.staff_ids == ("ann",)

        register.remove("ann")
        assert register.people() == ()

    def test_opening_at_once_makes_one_register(self, place: RegisterPlace) -> None:
        """Processes that all find no register end up with the same one."""
        code = ADDS_PEOPLE_FOR_EVER.replace('f"p{i}"', "f\"p{__import__('os').getpid()}\"")
        code = code.replace("print(i, flush=True)", "break")
        command = [sys.executable, "-c", code, spelt(place)]
        writers = [subprocess.Popen(command, env=environment()) for _ in range(3)]

        assert [writer.wait() for writer in writers] == [0, 0, 0]
        with Register.open(place) as register:
            assert register.version == len(register.people()) == 3


class TestOpening:
    """What is there already, or is not."""

    def test_a_reader_makes_no_register(self, place: RegisterPlace) -> None:
        """A wrong place is told by name instead of becoming an empty register."""
        for _ in range(2):
            with pytest.raises(RegisterMissingError, match="does not exist"):
                Register.open_for_reading(place)

    def test_a_reader_cannot_write(self, register: Register, place: RegisterPlace) -> None:
        """The daemon's connection changes nothing, even by mistake."""
        with (
            Register.open_for_reading(place) as reader,
            pytest.raises(RegisterError, match="cannot be written"),
        ):
            reader.add_person(person())
        assert register.version == 0

    def test_a_newer_schema_is_refused(self, register: Register, place: RegisterPlace) -> None:
        """An old Bondwatch leaves a newer register alone and says to update."""
        newer = {
            "sqlite": "PRAGMA user_version = 99",
            "postgresql": "UPDATE alembic_version SET version_num = '0099'",
        }
        with register._database.changing() as connection:
            connection.exec_driver_sql(newer[register._database.dialect])

        for opening in (Register.open, Register.open_for_reading):
            with pytest.raises(RegisterNewerError, match="schema 99"):
                opening(place)

    def test_the_tables_are_what_the_migrations_make(self, register: Register) -> None:
        """What the queries believe of the schema is true."""
        found = inspect(register._database.connection)
        made = {
            table: {column["name"]: column["nullable"] for column in found.get_columns(table)}
            for table in found.get_table_names()
            if table != "alembic_version"
        }

        believed = {
            name: {column.name: bool(column.nullable) for column in table.columns}
            for name, table in METADATA.tables.items()
        }
        assert made == believed


@pytest.mark.parametrize(("name", "value"), [("user", "stranger"), ("database", "elsewhere")])
def test_a_server_that_lets_nobody_in_is_told(
    postgres_server: PostgresServer, name: str, value: str
) -> None:
    """It runs and was reached: what has to be corrected is who asks, and for what."""
    right = make_url(postgres_server.fresh().url)
    refused = right.set(database=value) if name == "database" else right
    url = refused.update_query_dict({"user": value}) if name == "user" else refused

    with pytest.raises(RegisterMissingError, match="check user name, password and database"):
        Register.open(RegisterPlace(PostgresDatabase(url.render_as_string())))


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL and the remedy, no password."""
    monkeypatch.setenv("REGISTER_SECRET", "s3cret")
    secret = SecretSource("REGISTER_SECRET")
    nowhere = PostgresDatabase("postgresql:///bondwatch?host=/nowhere", secret, secret)

    with pytest.raises(RegisterMissingError, match="cannot be reached") as told:
        Register.open(RegisterPlace(nowhere))

    assert "s3cret" not in str(told.value) + repr(nowhere)
