"""A ledger with time stamps, as an auditor verifies it; and ledgers of before there were any."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest

from tests.vision.ledger.forging import Forger
from tests.vision.ledger.stamp_authority import StampAuthority
from vision.ledger import ledger_schema
from vision.ledger.ledger import Ledger
from vision.ledger.ledger_file import LedgerFile
from vision.ledger.time_authority import TimeAuthority
from vision.ledger.timestamps import demand_signed, load_roots
from vision.ledger.verdicts import StampsFound, State
from vision.ledger.verifying import Trust, verify


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """One that stamps."""
    made = StampAuthority(tmp_path_factory.mktemp("stamps") / "tsa")
    yield made
    made.stop()


@pytest.fixture
def stamped(ledger, draft, authority):
    """A ledger of six entries, stamped after three and after six of them."""
    for number in range(6):
        checkpoint = ledger.append([draft(number)])
        if number in {2, 5}:
            ledger.given_away(checkpoint)
            ledger.put_stamp(checkpoint, TimeAuthority(authority.url).stamp(checkpoint), 1.0)
    return ledger


def verified(ledger, key, authority=None):
    """The report, with everything from elsewhere."""
    demand = None
    if authority is not None:
        demand = partial(demand_signed, roots=load_roots(authority.ca_file))
    trust = Trust(key.verifier(ledger.origin), ledger.checkpoint(), demand)
    with closing(LedgerFile.for_reading(ledger.path)) as file:
        return verify(file, trust)


def test_right_stamps_are_counted_and_the_newest_told(stamped, key, authority):
    """So many, the newest over so many entries, by whom."""
    report = verified(stamped, key, authority)

    assert report.state is State.INTACT
    assert (report.stamps.kept, report.stamps.right, report.stamps.newest_size) == (2, 2, 6)
    assert report.stamps.newest.authority == "CN=time"


def test_stamps_that_nobody_asks_about_change_nothing(stamped, key):
    """They are counted."""
    report = verified(stamped, key)

    assert report.state is State.INTACT
    assert report.stamps == StampsFound(kept=2)


def test_stamps_that_are_asked_for_must_be_there(ledger, key, draft, authority):
    """Whoever took them all away is noticed."""
    ledger.append([draft(1)])

    assert verified(ledger, key, authority).state is State.MISSING


def test_another_authoritys_stamps_are_unsigned(stamped, key, tmp_path):
    """The auditor's certificates say nothing for them."""
    other = StampAuthority(tmp_path / "other", "somebody")
    other.stop()
    report = verified(stamped, key, other)

    assert report.state is State.UNSIGNED
    assert report.stamps.right == 0
    assert "time stamp over 3 entries" in report.findings[0].what


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stamps SET answer = x'00' WHERE size = 3",
        "UPDATE stamps SET answer = (SELECT answer FROM stamps WHERE size = 3) WHERE size = 6",
        "UPDATE stamps SET size = 5 WHERE size = 6",
        "DELETE FROM heads WHERE size = 3",
    ],
)
def test_a_stamp_that_was_touched_is_told(stamped, key, authority, statement):
    """Changed, put over another checkpoint, or left without its own."""
    checkpoint = stamped.checkpoint()
    stamped.close()
    Forger(stamped.path).do(statement).done()
    demand = partial(demand_signed, roots=load_roots(authority.ca_file))
    trust = Trust(key.verifier(checkpoint.head.origin), checkpoint, demand)
    with closing(LedgerFile.for_reading(stamped.path)) as file:
        report = verify(file, trust)

    assert report.state is State.ALTERED
    assert report.stamps.right == 1
    assert "time stamp over" in report.findings[0].what


@pytest.fixture
def old(tmp_path, key, draft):
    """A ledger as it was before there were time stamps, with an entry."""
    path = tmp_path / "old.db"
    with closing(Ledger.open_for_writing(path, "here", key)) as ledger:
        ledger.given_away(ledger.append([draft(1)]))
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE stamps")
        db.execute("PRAGMA user_version=1")
    return path


def test_an_old_ledger_is_brought_up_to_date(old, key, draft):
    """When it is opened for writing; what is in it stays, and is stamped from then on."""
    with closing(Ledger.open_for_writing(old, "here", key)) as ledger:
        checkpoint = ledger.append([draft(2)])
        ledger.given_away(checkpoint)
        ledger.put_stamp(checkpoint, b"stamp", 1.0)

        assert ledger.size == 2
        assert ledger.stamp_over(0).answer == b"stamp"
        assert verified(ledger, key).state is State.INTACT
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (ledger_schema.VERSION,)


def test_an_old_ledger_can_be_verified_as_it_is(old):
    """An auditor's copy is not changed by looking at it."""
    before = old.read_bytes()
    with closing(LedgerFile.for_reading(old)) as file:
        report = verify(file, Trust())
        asked = verify(file, Trust(None, None, partial(demand_signed, roots=())))

    assert report.stamps == StampsFound()
    assert State.MISSING in {one.state for one in asked.findings}
    assert old.read_bytes() == before
