"""Whoever is removed from a real register is forgotten by the ledger, and nobody else is."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest

from enrolment.erasures import KEPT_S
from enrolment.people import Person
from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_history import Note
from vision.ledger.erasing import Forgetting
from vision.ledger.ledger import LedgerReader
from vision.ledger.register_outbox import RegisterOutbox

LATER_S = 3600.0


@pytest.fixture
def place(tmp_path):
    """A register with Ann in it."""
    made = RegisterPlace.of(tmp_path / "register.db")
    enrol(made)
    return made


@pytest.fixture
def forgetting(ledger, place):
    """What keeps the ledger free of whom that register erased."""
    with RegisterOutbox(place) as outbox:
        yield Forgetting(ledger, outbox)


def enrol(place):
    """Enrol Ann."""
    with Register.open(place) as register:
        register.add_person(Person("ann", "Ann", frozenset({"staff"})), note=Note("guard"))


def remove(place):
    """Remove Ann."""
    with Register.open(place) as register:
        register.remove("ann", Note("guard"))


def kept(ledger):
    """The numbers of the entries whose contents are still there."""
    return [entry.number for entry in ledger.entries() if ledger.content(entry.number)]


def in_files(folder, words):
    """Which of the ledger's files hold these bytes, wherever in them."""
    return [path.name for path in folder.glob("ledger.db*") if words in path.read_bytes()]


def test_a_removed_persons_contents_go_and_proofs_stay(ledger, draft, place, forgetting, tmp_path):
    """Of nobody else; and not a byte of them is left in any page or in the write-ahead file."""
    ledger.append([draft(1, "passage of ann", subject="ann"), draft(2)])
    forgetting.turn()
    assert kept(ledger) == [0, 1]

    remove(place)
    forgetting.turn()

    assert kept(ledger) == [1]
    assert ledger.prove(0).holds
    assert in_files(tmp_path, b"ann") == []


def test_what_is_entered_about_them_later_goes_too(ledger, draft, place, forgetting):
    """An alarm of before that is acknowledged afterwards names them once more."""
    remove(place)
    forgetting.turn()

    ledger.append([draft(1, subject="ann", at=time.time() + LATER_S)])
    forgetting.turn()

    assert kept(ledger) == []


def test_whoever_has_the_staff_id_next_is_somebody_else(ledger, draft, place, forgetting):
    """What was said before is forgotten, what is said from then on is kept."""
    remove(place)
    enrol(place)
    now = time.time()
    drafts = [draft(1, subject="ann", at=now - LATER_S), draft(2, subject="ann", at=now + LATER_S)]

    ledger.append(drafts)
    forgetting.turn()

    assert kept(ledger) == [1]


def test_a_reader_in_the_way_only_delays_the_scrubbing(ledger, draft, place, forgetting, tmp_path):
    """While somebody reads, erased bytes may stay in the write-ahead file, and no longer."""
    ledger.append([draft(1, "passage of ann", subject="ann")])
    remove(place)
    with closing(LedgerReader.open(tmp_path / "ledger.db")) as reader:
        with reader.file.snapshot() as db:
            db.execute("SELECT count(*) FROM contents").fetchone()
            forgetting.turn()
        assert kept(ledger) == []

        forgetting.turn()

    assert in_files(tmp_path, b"passage of ann") == []


def test_a_register_that_cannot_be_read_is_asked_again(ledger, draft, place, forgetting, tmp_path):
    """Nothing is erased meanwhile, and nothing is forgotten to be."""
    ledger.append([draft(1, subject="ann")])
    remove(place)
    good = tmp_path / "good.db"
    (tmp_path / "register.db").rename(good)
    (tmp_path / "register.db").write_bytes(b"no database" * 500)
    forgetting.turn()
    assert kept(ledger) == [0]

    good.replace(tmp_path / "register.db")
    forgetting.turn()

    assert kept(ledger) == []


def test_the_register_forgets_the_staff_id_after_a_month(ledger, draft, place, forgetting):
    """It is kept for old alarms that come up again; then nobody has it any more."""
    remove(place)
    with closing(sqlite3.connect(place.database.path)) as db:
        db.execute("UPDATE erasures SET erased_at = ?", (time.time() - KEPT_S - 1,))
        db.commit()
    ledger.append([draft(1, subject="ann")])

    forgetting.turn()

    assert kept(ledger) == []
    with Register.open_for_reading(place) as register:
        assert register.erasures() == ()
    assert b"ann" not in place.database.path.read_bytes()
