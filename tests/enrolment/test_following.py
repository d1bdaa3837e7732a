"""Following a register that others change: little is read, and the result is the whole truth."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from enrolment.gallery import Gallery
from enrolment.people import PersonState, Template
from enrolment.places import PostgresDatabase, RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import RegisterMissingError
from enrolment.register_history import Note
from enrolment.register_reading import RegisterSnapshot
from enrolment.states import Action
from tests.enrolment.postgres_server import PostgresServer
from tests.enrolment.registers import person, row, with_keys

NOTE = Note("guard")


@pytest.fixture
def register(place: RegisterPlace):
    """A register of three people, one without a face."""
    with Register.open(place) as opened:
        for number, who in enumerate(("ann", "bob")):
            opened.add_person(person(who), [Template(row(number), "e"), Template(row(9), "e")])
        opened.add_person(person("eve"))
        yield opened


def same(a: RegisterSnapshot, b: RegisterSnapshot) -> bool:
    """Whether two snapshots are the same in everything."""
    plain = [(s.version, s.people, s.foreign_templates, s.without_key, s.owners) for s in (a, b)]
    galleries = (a.gallery, b.gallery)
    matrices = [g.embeddings.tobytes() + g.starts.tobytes() for g in galleries]
    people = [(g.staff_ids, g.register_version) for g in galleries]
    return plain[0] == plain[1] and matrices[0] == matrices[1] and people[0] == people[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.act("ann", Action.SUSPEND, NOTE),
        lambda r: r.edit("eve", {"groups": frozenset()}, NOTE),
        lambda r: r.remove("ann"),
        lambda r: r.remove("eve"),
        lambda r: r.add_person(person("abe"), [Template(row(5), "e")]),
        lambda r: r.add_person(person("zoe", state=PersonState.REVOKED), [Template(row(6), "x")]),
        lambda r: r.add_templates("bob", [Template(row(7), "e")]),
        lambda r: (r.remove("bob"), r.add_person(person("bob"), [Template(row(8), "e")])),
        lambda r: r.replace_foreign_templates("eve", "e", [Template(row(4), "e")], NOTE),
        lambda r: [r.remove(who) for who in ("ann", "bob")],
    ],
)
def test_a_refreshed_snapshot_is_the_whole_one(register: Register, place, change) -> None:
    """Whatever changed, reading only that gives what reading everything gives."""
    with Register.open_for_reading(place) as reader:
        old = reader.snapshot("e")
        change(register)

        assert same(reader.refreshed(old), reader.snapshot("e"))
        assert old.version < register.version


def test_many_changes_are_read_whole(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound everything is read anew, which is quicker then."""
    monkeypatch.setattr("enrolment.register_reading._MOST_CHANGES", 2)
    old = register.snapshot("e")
    for who in ("ann", "bob"):
        register.act(who, Action.SUSPEND, NOTE)

    assert same(register.refreshed(old), register.snapshot("e"))


def test_an_older_register_is_read_whole(register: Register) -> None:
    """A restored register has a lower version; nothing of the newer one is left."""
    snapshot = register.snapshot("e")
    newer = RegisterSnapshot(99, (), snapshot.gallery, 0)

    assert same(register.refreshed(newer), snapshot)


@pytest.mark.usefixtures("register")
def test_a_change_is_told_by_the_server(place: RegisterPlace) -> None:
    """PostgreSQL wakes whoever waits; a file is asked for its version instead."""
    with Register.open_for_reading(place) as reader:
        listening, stop = reader.wait(0.01), Event()
        if not isinstance(place.database, PostgresDatabase):
            assert not listening
            return
        changes = Thread(target=_change_until, args=(place, stop))
        changes.start()
        try:
            assert reader.wait(30.0)
        finally:
            stop.set()
            changes.join()


def test_galleries_of_two_embedders_never_mix() -> None:
    """An addition of another embedder is refused."""
    mine, theirs = (
        Gallery.build(["a"], np.eye(1, 4), register_version=1, embedding_id=name)
        for name in ("e", "x")
    )

    with pytest.raises(ValueError, match="another embedder"):
        mine.updated(frozenset(), theirs)


def _change_until(place: RegisterPlace, stop: Event) -> None:
    with Register.open(place) as writer:
        while not stop.wait(0.05):
            writer.edit("eve", {"organisation": "Cranes"}, NOTE)


def test_a_lost_connection_can_be_closed(tmp_path: Path) -> None:
    """Whoever lets go of a server that has ended, to ask again later, is not stopped by that."""
    server = PostgresServer()
    try:
        place = with_keys(server.fresh(), tmp_path)
        Register.open(place).close()
        reader = Register.open_for_reading(place)
        reader.wait(0.01)
        server.shut()
        server.start()
        with pytest.raises(RegisterMissingError):
            reader.wait(5.0)

        reader.close()
    finally:
        server.stop()
