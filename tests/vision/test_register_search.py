"""A worker's view of a register whose templates stay on its server, and what a fault becomes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from enrolment.people import Person, Template
from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import GallerySearchError
from enrolment.register_history import Note
from enrolment.states import Action
from tests.enrolment.postgres_server import PostgresServer, programs_with_pgvector
from tests.enrolment.registers import with_keys
from tests.vision.waiting import eventually
from vision.core.values import Candidate
from vision.register_watch import RegisterPolling, RegisterWatch

ROW_A, ROW_B = np.eye(2, 8, dtype=np.float32)
ANN = Candidate("ann", 1.0)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that has pgvector."""
    server = PostgresServer(programs_with_pgvector())
    yield server
    server.stop()


@pytest.fixture
def place(server: PostgresServer, tmp_path: Path) -> RegisterPlace:
    """A register with one person in it."""
    made = with_keys(server.fresh(), tmp_path)
    with Register.open(made) as register:
        register.add_person(Person("ann", "Ann", frozenset()), [Template(ROW_A, "e")])
    return made


def test_the_view_is_as_with_memory(place: RegisterPlace) -> None:
    """Whoever asks for candidates need not know where they are found."""
    with (
        closing(RegisterWatch(place, "e", by_pgvector=True)) as there,
        closing(RegisterWatch(place, "e")) as here,
    ):
        mine, theirs = there.poll(), here.poll()

        assert (mine.problem, mine.view.staff) == (None, theirs.view.staff)
        assert mine.view.candidates(ROW_A) == theirs.view.candidates(ROW_A) == (ANN, None)
        assert there.poll() is mine


def test_changes_arrive_by_themselves(place: RegisterPlace) -> None:
    """A suspension and a new face reach the view while it is being used."""
    with RegisterPolling(place, "e", by_pgvector=True, poll_every_s=0.02) as polling:
        with Register.open(place) as register:
            register.act("ann", Action.SUSPEND, Note("guard"))
            register.add_person(Person("bob", "Bob", frozenset()), [Template(ROW_B, "e")])
        eventually(lambda: "bob" in polling.status.view.staff)
        view = polling.status.view

        assert not view.staff["ann"].active
        assert view.candidates(ROW_B) == (Candidate("bob", 1.0), Candidate("ann", 0.0))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_ends_is_told_and_comes_back(
    place: RegisterPlace, server: PostgresServer, mode: str
) -> None:
    """No answer is made up meanwhile; after a crash the emptied table is filled again."""
    with RegisterPolling(place, "e", by_pgvector=True, poll_every_s=0.02) as polling:
        assert polling.status.view.candidates(ROW_A) == (ANN, None)
        server.shut(mode)
        try:
            with pytest.raises(GallerySearchError):
                polling.status.view.candidates(ROW_A)
            assert polling.status.problem is not None
            assert "see that its server runs" in polling.status.problem
            assert set(polling.status.view.staff) == {"ann"}
        finally:
            server.start()
        eventually(lambda: polling.status.problem is None)

        assert polling.status.view.candidates(ROW_A) == (ANN, None)
