"""What a real register tells the ledger."""

from __future__ import annotations

import pytest

from enrolment.people import Person
from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_history import Note
from vision.ledger.entries import Kind
from vision.ledger.register_outbox import RegisterOutbox
from vision.ledger.sequencer import Sequencer
from vision.ledger.sources import RegisterSource, SourceUnreadableError

ANN = Person("ann", "Ann", frozenset({"staff"}))


@pytest.fixture
def place(tmp_path):
    """Where a register is to be."""
    return RegisterPlace.of(tmp_path / "register.db")


def enrol(place, person=ANN):
    """Add somebody without a face."""
    with Register.open(place) as register:
        register.add_person(person, note=Note("guard", "new"))


def test_changes_are_entered_without_naming_anybody(place, ledger):
    """The ledger holds digests: who was enrolled, by whom and how is not in it."""
    enrol(place)
    with RegisterOutbox(place) as outbox:
        Sequencer(ledger, [RegisterSource(outbox)], {}).turn()

    (draft,) = RegisterSource(RegisterOutbox(place)).drafts(0, 10)
    assert draft.kind is Kind.REGISTER_CHANGE
    assert "ann" not in draft.content.lower()
    assert "guard" not in draft.content
    assert ledger.positions()["register"] == draft.source_seq


def test_a_register_that_nobody_has_made_has_told_nothing(place):
    """A new site keeps its ledger before the first person is enrolled, and misses nobody then."""
    with RegisterOutbox(place) as outbox:
        assert outbox(0, 10) == ()
        enrol(place)
        assert [change.action for change in outbox(0, 10)] == ["add"]


def test_a_register_that_was_put_in_place_anew_is_read_anew(place, tmp_path):
    """After a restore the changes are those of the file that lies there now."""
    other = RegisterPlace.of(tmp_path / "other.db")
    enrol(place)
    enrol(other)
    enrol(other, Person("ben", "Ben", frozenset({"staff"})))
    with RegisterOutbox(place) as outbox:
        assert len(outbox(0, 10)) == 1
        (tmp_path / "other.db").replace(tmp_path / "register.db")
        assert len(outbox(0, 10)) == 2


def test_a_register_that_cannot_be_read_is_told(place, tmp_path):
    """It is no empty one."""
    (tmp_path / "register.db").write_bytes(b"no database" * 500)
    with RegisterOutbox(place) as outbox, pytest.raises(SourceUnreadableError):
        outbox(0, 10)
