"""A gallery on the server: the answers of the one in memory, and an error where there are none."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrolment import pgvector_table
from enrolment.gallery import Gallery, Likeness, Match
from enrolment.people import Template
from enrolment.pgvector_gallery import PgvectorGallery, PgvectorReader
from enrolment.pgvector_search import VectorSearch
from enrolment.places import PostgresDatabase, RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import GallerySearchError, RegisterError, RegisterLockedError
from enrolment.register_history import Note
from enrolment.states import Action
from tests.enrolment.postgres_server import PostgresServer
from tests.enrolment.registers import person, row, with_keys

NOTE = Note("guard")


@pytest.fixture
def place(pgvector_server: PostgresServer, tmp_path: Path) -> RegisterPlace:
    """Name a place on a server that has pgvector."""
    return with_keys(pgvector_server.fresh(), tmp_path)


@pytest.fixture
def register(place: RegisterPlace) -> Iterator[Register]:
    """A register of three people, one without a face."""
    with Register.open(place) as opened:
        for number, who in enumerate(("ann", "bob")):
            opened.add_person(person(who), [Template(row(number), "e"), Template(row(9), "e")])
        opened.add_person(person("eve"))
        yield opened


@pytest.fixture
def reader(place: RegisterPlace, register: Register) -> Iterator[PgvectorReader]:  # noqa: ARG001 - it is there first
    """A daemon's reader of it."""
    with closing(PgvectorReader.open_for_reading(place)) as opened:
        yield opened


@contextmanager
def connected(place: RegisterPlace) -> Iterator[psycopg.Connection]:
    """Look into the database with the bare driver."""
    assert isinstance(place.database, PostgresDatabase)
    with psycopg.connect(place.database.url, autocommit=True) as connection:
        yield connection


def count(place: RegisterPlace, staff_id: str = "%") -> int:
    """How many open faces lie in the table, of everybody or of one person."""
    query = "SELECT count(*) FROM gallery_vectors WHERE staff_id LIKE %s"
    with connected(place) as connection:
        return connection.execute(query, [staff_id]).fetchone()[0]


def people_of(match: Match) -> list[Likeness]:
    """The likenesses there are."""
    return [one for one in (match.best, match.runner_up) if one]


def alike(mine: Match, theirs: Match) -> bool:
    """The same people, the same similarities within what float32 can tell."""
    pairs = list(zip(people_of(mine), people_of(theirs), strict=True))
    return all(
        a.staff_id == b.staff_id and a.similarity == pytest.approx(b.similarity, abs=1e-5)
        for a, b in pairs
    )


def similarity_of(gallery: Gallery, staff_id: str, probe: np.ndarray) -> float:
    """How similar one person is."""
    alone = gallery.without(frozenset(gallery.staff_ids) - {staff_id})
    return people_of(alone.match(probe))[0].similarity


def vectors(dim: int) -> st.SearchStrategy[np.ndarray]:
    """Unit vectors of few values, so that equal and opposite ones are common."""
    numbers = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=dim, max_size=dim)
    return numbers.filter(any).map(lambda v: (np.array(v) / np.linalg.norm(v)).astype(np.float32))


def put(place: RegisterPlace, gallery: Gallery) -> None:
    """Put a gallery of an embedder x into the table, in place of what was there."""
    pairs = zip(gallery.staff_ids, gallery.centres, strict=True)
    values = [(who, str(one.tolist())) for who, one in pairs]
    with connected(place) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM gallery_vectors WHERE embedding_id = 'x'")
        cursor.execute("DELETE FROM gallery_fills WHERE embedding_id = 'x'")
        cursor.execute("INSERT INTO gallery_fills VALUES ('x', 1, '', %s)", [gallery.dim])
        cursor.executemany("INSERT INTO gallery_vectors VALUES ('x', '', %s, %s)", values)


class TestAnswers:
    """What it answers."""

    @pytest.mark.parametrize("seed", [0, 1, 9, 77])
    def test_they_are_those_of_memory(
        self, register: Register, reader: PgvectorReader, seed: int
    ) -> None:
        """Best and second-best person, through the real register with its seals."""
        there = reader.snapshot("e")
        here = register.snapshot("e")

        assert alike(there.gallery.match(row(seed)), here.gallery.match(row(seed)))
        facts = [(s.version, s.people, s.foreign_templates, s.without_key) for s in (there, here)]
        assert facts[0] == facts[1]
        assert there.gallery.register_version == here.gallery.register_version

    @settings(
        max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(data=st.data())
    def test_they_are_those_of_memory_for_any_gallery(
        self, reader: PgvectorReader, place: RegisterPlace, data: st.DataObject
    ) -> None:
        """Random people, templates and probes; the same templates for several people, too."""
        reader.snapshot("e")  # makes the table
        dim = data.draw(st.integers(2, 8), "dim")
        owners = data.draw(
            st.lists(st.sampled_from(["a", "B", "b", "王", "é", "z-1"]), max_size=12)
        )
        rows = np.array([data.draw(vectors(dim)) for _ in owners]).reshape(-1, dim)
        here = Gallery.build(owners, rows, register_version=1, embedding_id="x")
        put(place, here)
        assert isinstance(place.database, PostgresDatabase)
        search = VectorSearch(place.database, "x")
        with closing(search):
            search.open(dim)
            there = PgvectorGallery(search, here.people, dim, 1, "x")
            for probe in (data.draw(vectors(dim)), row(data.draw(st.integers(0, 2**32 - 1)), dim)):
                mine, theirs = people_of(there.match(probe)), people_of(here.match(probe))
                said = [one.similarity for one in mine]
                assert said == pytest.approx([one.similarity for one in theirs], abs=1e-5)
                truth = [similarity_of(here, one.staff_id, probe) for one in mine]
                assert said == pytest.approx(truth, abs=1e-5)
                assert len({one.staff_id for one in mine}) == len(mine)

    def test_equal_similarities_go_to_the_first_staff_id(
        self, register: Register, place: RegisterPlace
    ) -> None:
        """As Python sorts, whatever the database's collation."""
        for who in ("b", "C", "a"):
            register.add_person(person(who), [Template(row(3), "x")])

        with closing(PgvectorReader.open_for_reading(place)) as reader:
            match = reader.snapshot("x").gallery.match(row(3))

        assert [one.staff_id for one in people_of(match)] == ["C", "a"]
        assert alike(match, register.snapshot("x").gallery.match(row(3)))

    @pytest.mark.parametrize("embedding_id", ["e", "nobody has it"])
    @pytest.mark.parametrize("probe", [np.zeros(8), np.full(8, np.nan), 2 * row(1), np.eye(1, 8)])
    def test_a_broken_probe_is_refused(
        self, reader: PgvectorReader, register: Register, embedding_id: str, probe: np.ndarray
    ) -> None:
        """With the words of the gallery in memory."""
        with pytest.raises(ValueError, match="probe") as here:
            register.snapshot(embedding_id).gallery.match(probe)
        with pytest.raises(ValueError, match="probe") as there:
            reader.snapshot(embedding_id).gallery.match(probe)

        assert str(there.value) == str(here.value)

    def test_another_size_is_refused(self, reader: PgvectorReader) -> None:
        """Another size means another embedder: never compared."""
        with pytest.raises(ValueError, match=r"shape \(7,\); \(8,\) wanted"):
            reader.snapshot("e").gallery.match(row(1, 7))


class TestTable:
    """What lies on the server."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda r: r.act("ann", Action.SUSPEND, NOTE),
            lambda r: r.remove("ann"),
            lambda r: r.add_person(person("abe"), [Template(row(5), "e")]),
            lambda r: r.add_templates("bob", [Template(row(7), "e"), Template(row(8), "e")]),
            lambda r: (r.remove("bob"), r.add_person(person("bob"), [Template(row(8), "e")])),
            lambda r: [r.remove(who) for who in ("ann", "bob")],
        ],
    )
    def test_only_what_changed_is_opened(
        self, register: Register, reader: PgvectorReader, change, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A delta gives what everything anew would give, and old handles see it too."""
        old = reader.snapshot("e")
        change(register)
        monkeypatch.delattr(pgvector_table._Filling, "whole")

        new = reader.refreshed(old)

        here = register.snapshot("e")
        assert (new.version, new.people, new.gallery.empty) == (
            here.version,
            here.people,
            here.gallery.empty,
        )
        for seed in (0, 1, 5, 7, 8, 9):
            assert alike(new.gallery.match(row(seed)), here.gallery.match(row(seed)))
        assert new.gallery.people == here.gallery.people

    def test_removal_erases_at_once(
        self, register: Register, reader: PgvectorReader, place: RegisterPlace
    ) -> None:
        """In the transaction that removes the person, whether a daemon runs or not."""
        reader.snapshot("e")
        assert count(place, "ann") == 1

        register.remove("ann")

        assert count(place, "ann") == 0

    def test_it_never_holds_more_than_a_page(
        self, register: Register, place: RegisterPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Templates pass through this process a few at a time."""
        monkeypatch.setattr(pgvector_table, "PAGE", 2)
        opened = []
        known = pgvector_table._Filling._opened

        def counted(self, page):
            opened.append(len(page))
            return known(self, page)

        monkeypatch.setattr(pgvector_table._Filling, "_opened", counted)
        register.add_person(person("abe"), [Template(row(5), "e")])

        with closing(PgvectorReader.open_for_reading(place)) as reader:
            reader.snapshot("e")

        assert (opened, count(place)) == ([2, 2, 1], 3)

    @pytest.mark.parametrize("page", [1, 2, 3, 4, 100])
    def test_pages_cut_nobody_in_two(
        self, register: Register, place: RegisterPlace, page: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A person whose templates come in several portions is one row."""
        monkeypatch.setattr(pgvector_table, "PAGE", page)
        register.add_person(person("abe"), [Template(row(5), "e")])
        register.add_templates("ann", [Template(row(number), "e") for number in (6, 7, 8)])

        with closing(PgvectorReader.open_for_reading(place)) as reader:
            there, here = (one.snapshot("e").gallery for one in (reader, register))
            assert (count(place), there.people) == (3, 3)
            for seed in range(10):
                assert alike(there.match(row(seed)), here.match(row(seed)))

    def test_what_a_crash_took_is_filled_again(
        self, reader: PgvectorReader, place: RegisterPlace
    ) -> None:
        """The server empties unlogged tables; who follows sees that and reads again."""
        old = reader.snapshot("e")
        with connected(place) as connection:
            connection.execute("TRUNCATE gallery_vectors, gallery_fills")
        assert reader.version != old.version

        assert reader.refreshed(old).gallery.match(row(0)).best.staff_id == "ann"

    def test_an_empty_table_is_no_answer(
        self, reader: PgvectorReader, place: RegisterPlace
    ) -> None:
        """Nobody similar and nobody there are two things: the second is an error."""
        gallery = reader.snapshot("e").gallery
        with connected(place) as connection:
            connection.execute("TRUNCATE gallery_vectors, gallery_fills")

        with pytest.raises(GallerySearchError, match="empty"):
            gallery.match(row(0))

    @pytest.mark.usefixtures("register")
    def test_another_register_of_the_same_version_is_read_whole(self, place: RegisterPlace) -> None:
        """Restored rows may lead to any version; the table does not mistake one for another."""
        with closing(PgvectorReader.open_for_reading(place)) as reader:
            reader.snapshot("e")
        with connected(place) as connection:
            connection.execute("UPDATE outbox SET content_digest = 'x' || content_digest")
            connection.execute("DELETE FROM templates WHERE staff_id = 'ann'")

        with closing(PgvectorReader.open_for_reading(place)) as reader:
            best = reader.snapshot("e").gallery.match(row(0)).best

        assert best is not None
        assert best.staff_id == "bob"

    def test_a_person_without_a_key_is_told(
        self, reader: PgvectorReader, place: RegisterPlace
    ) -> None:
        """As in memory: nobody recognises them, and they are named."""
        assert place.keys
        assert place.keys.store_file
        with Register.open(place) as register:
            owner = register.snapshot("e").owners["ann"]
        with sqlite3.connect(place.keys.store_file) as keys:
            keys.execute("DELETE FROM data_keys WHERE person_id = ?", [owner])
        keys.close()

        snapshot = reader.snapshot("e")

        assert snapshot.without_key == ("ann",)
        assert count(place, "ann") == 0

    @pytest.mark.usefixtures("register")
    def test_several_fill_it_once(self, place: RegisterPlace) -> None:
        """Daemons that start together take turns; the second finds it done."""
        errors = []

        def start() -> None:
            try:
                with closing(PgvectorReader.open_for_reading(place)) as one:
                    one.snapshot("e")
            except RegisterError as error:
                errors.append(error)

        threads = [Thread(target=start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (errors, count(place)) == ([], 2)

    @pytest.mark.usefixtures("register")
    def test_who_waits_too_long_is_told(
        self, place: RegisterPlace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A daemon that fills for long is no reason to hang."""
        monkeypatch.setattr("enrolment.pgvector_gallery.BUSY_TIMEOUT_S", 0.05)
        with connected(place) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [pgvector_table._LOCK])

            with (
                closing(PgvectorReader.open_for_reading(place)) as reader,
                pytest.raises(RegisterLockedError, match="try again"),
            ):
                reader.snapshot("e")

    def test_it_is_unlogged(self, reader: PgvectorReader, place: RegisterPlace) -> None:
        """Open templates are in no write-ahead log, and so in no archive of it."""
        reader.snapshot("e")
        with connected(place) as connection:
            kinds = connection.execute(
                "SELECT relpersistence FROM pg_class"
                " WHERE relname LIKE 'gallery%' AND relkind = 'r'"
            ).fetchall()

        assert kinds == [("u",), ("u",)]


class TestFaults:
    """A server that does not answer."""

    def test_a_lost_connection_is_an_error_until_it_is_back(
        self, reader: PgvectorReader, place: RegisterPlace
    ) -> None:
        """Every probe is refused at once, the reason is there, and following connects anew."""
        gallery = reader.snapshot("e").gallery
        with connected(place) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND query LIKE '%%<#>%%'"
            )

        for _ in range(2):
            with pytest.raises(GallerySearchError, match="see that its server runs"):
                gallery.match(row(0))
        assert "cannot be searched" in (gallery.problem or "")

        assert reader.version == gallery.register_version
        assert gallery.problem is None
        assert gallery.match(row(0)).best.staff_id == "ann"

    def test_a_frozen_server_is_an_error_in_time(
        self, reader: PgvectorReader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A camera's pictures do not wait for a process that does not answer."""
        monkeypatch.setattr("enrolment.pgvector_search.SEARCH_WITHIN_S", 0.2)
        gallery = reader.snapshot("e").gallery
        driver = gallery.search._database.connection.connection.driver_connection
        process, done = driver.info.backend_pid, Event()
        os.kill(process, signal.SIGSTOP)
        try:

            def ask() -> None:
                with pytest.raises(GallerySearchError, match="no answer within"):
                    gallery.match(row(0))
                done.set()

            asking = Thread(target=ask)
            asking.start()
            assert done.wait(30)
        finally:
            os.kill(process, signal.SIGCONT)
        asking.join()

    def test_a_server_without_pgvector_is_named(
        self, postgres_server: PostgresServer, tmp_path: Path
    ) -> None:
        """The remedy stands in the sentence."""
        place = with_keys(postgres_server.fresh(), tmp_path)
        with Register.open(place) as register:
            register.add_person(person("ann"), [Template(row(1), "e")])

        with (
            closing(PgvectorReader.open_for_reading(place)) as reader,
            pytest.raises(RegisterError, match="has no pgvector; install it"),
        ):
            reader.snapshot("e")

    def test_a_file_is_refused(self, tmp_path: Path) -> None:
        """An SQLite register has no server to search."""
        Register.open(tmp_path / "register.db").close()

        with pytest.raises(RegisterError, match="pgvector needs a server"):
            PgvectorReader.open_for_reading(tmp_path / "register.db")
