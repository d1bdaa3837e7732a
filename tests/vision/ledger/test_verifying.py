"""Verification: what is whole is called so, and whatever is touched is found and named."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vision.ledger.forging import Forger
from vision.ledger.checkpoints import Head
from vision.ledger.ledger import Ledger, LedgerReader
from vision.ledger.ledger_file import LedgerFile
from vision.ledger.node_key import NodeKey
from vision.ledger.verdicts import State, spans
from vision.ledger.verifying import Trust, verify

SIZE = 14
OUTSIDE = 10
"""So many entries had the checkpoint that somebody keeps elsewhere."""


@pytest.fixture
def whole(ledger, draft, key):
    """A ledger of four batches, of which two heads were given away; what an auditor holds."""
    for first, last, given_away in (
        (0, 5, True),
        (5, 6, False),
        (6, OUTSIDE, True),
        (OUTSIDE, SIZE, 0),
    ):
        head = ledger.append([draft(number) for number in range(first, last)])
        if given_away:
            ledger.given_away(head)
            outside = head
    return Trust(key.verifier(ledger.origin), outside)


@pytest.fixture
def copy(whole, ledger, tmp_path):
    """Makes a copy of that ledger's file to work on, and verifies it."""
    assert whole.key is not None
    with ledger.file.read() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    class Copy:
        path = tmp_path / "copy.db"

        def forge(self):
            for old in tmp_path.glob("copy.db*"):
                old.unlink()
            shutil.copyfile(ledger.path, self.path)
            return Forger(self.path)

        def verify(self, trust=whole):
            with closing(LedgerFile.for_reading(self.path)) as file:
                return verify(file, trust)

    return Copy()


def said(report):
    """The findings of a report, in no order."""
    return {(one.state, one.what) for one in report.findings}


def test_a_whole_ledger_is_intact(ledger, whole):
    """With key and checkpoint from elsewhere there is nothing left to doubt."""
    report = verify(ledger.file, whole)

    assert report.findings == ()
    assert report.state is State.INTACT
    assert (report.origin, report.size, report.signed_size, report.erased) == (
        ledger.origin,
        SIZE,
        SIZE,
        0,
    )


@pytest.mark.parametrize("held", ["nothing", "key", "checkpoint"])
def test_without_key_and_checkpoint_no_more_is_said_than_is_known(ledger, whole, held):
    """A ledger that says of itself that it is right proves nothing."""
    trust = Trust(
        whole.key if held == "key" else None, whole.checkpoint if held == "checkpoint" else None
    )

    assert verify(ledger.file, trust).state is State.UNVERIFIED


def test_an_empty_ledger_is_intact(ledger, key):
    """Nothing was entered yet, and nothing is signed."""
    empty = key.sign(Head(ledger.origin, 0, ledger.root(0)))

    assert verify(ledger.file, Trust(key.verifier(ledger.origin), empty)).state is State.INTACT


def test_erased_contents_are_counted_and_no_fault(ledger, whole):
    """Who is erased leaves entries that are proved as before."""
    ledger.erase("p3")

    report = verify(ledger.file, whole)

    assert report.state is State.INTACT
    assert report.erased == 1


COLUMNS = ("kind", "ref", "at_ms", "source", "source_seq", "digest")


@pytest.mark.parametrize("column", COLUMNS)
def test_every_entry_that_is_changed_is_named(copy, column):
    """Each field of each entry, and no other entry is blamed."""
    other = {"at_ms": 1, "source_seq": 999, "digest": bytes(32)}.get(column, "else")
    for number in range(SIZE):
        forger = copy.forge()
        forger.change("entries", column, number, other).done()

        report = copy.verify()

        blamed = {what for _, what in said(report) if what.startswith("entry ")}
        assert report.state is State.ALTERED
        assert blamed == {f"entry {number}"}


def test_every_entry_that_is_changed_with_its_hash_is_found(copy):
    """Then the entry cannot be named, but the batch in which it lies can."""
    for number in range(SIZE):
        forger = copy.forge().do("UPDATE entries SET ref = 'x' WHERE number = ?", number)
        forger.hash_anew().done()

        report = copy.verify()

        assert report.state in {State.ALTERED, State.FORKED}
        assert any("something among entries" in what for _, what in said(report))


def test_every_content_that_is_changed_is_named(copy):
    """Text and salt are held against the digest in the entry."""
    for number in range(SIZE):
        for column, other in (("text", "else"), ("salt", b"else")):
            copy.forge().change("contents", column, number, other).done()

            report = copy.verify()

            assert said(report) == {(State.ALTERED, f"the content of entry {number}")}


def test_every_entry_that_is_taken_out_is_missed(copy):
    """A hole in the middle is missing, one at the end is cut off."""
    for number in range(SIZE):
        copy.forge().do("DELETE FROM entries WHERE number = ?", number).do(
            "DELETE FROM contents WHERE number = ?", number
        ).done()

        report = copy.verify()

        if number < SIZE - 1:
            assert said(report) == {(State.MISSING, f"entry {number}")}
        else:
            assert report.state is State.CUT_OFF


@pytest.mark.parametrize("hashed", [False, True], ids=["hashes left", "hashed anew"])
def test_every_entry_that_is_dropped_without_a_hole_is_found(copy, hashed):
    """Moving the later ones up changes what they say of themselves."""
    for number in range(SIZE):
        forger = copy.forge().drop(number)
        (forger.hash_anew() if hashed else forger).done()

        assert copy.verify().state in {State.ALTERED, State.CUT_OFF, State.FORKED}


@pytest.mark.parametrize("hashed", [False, True], ids=["hashes left", "hashed anew"])
def test_every_two_neighbours_that_change_places_are_found(copy, hashed):
    """The order is part of what is signed."""
    for number in range(SIZE - 1):
        forger = copy.forge().swap(number, number + 1)
        (forger.hash_anew() if hashed else forger).done()

        assert copy.verify().state in {State.ALTERED, State.FORKED}


@pytest.mark.parametrize("hashed", [False, True], ids=["hashes left", "hashed anew"])
def test_every_end_that_is_cut_off_is_missed(copy, hashed):
    """With the heads left as they are, the file itself tells."""
    for size in range(SIZE):
        forger = copy.forge().cut(size)
        (forger.hash_anew() if hashed else forger).done()

        assert copy.verify().state is State.CUT_OFF


def test_a_ledger_cut_back_to_an_older_head_is_missed_by_the_checkpoint(copy, whole):
    """It fits together and is signed; only what is kept elsewhere knows better."""
    forger = copy.forge().cut(5).hash_anew()
    forger.do("DELETE FROM heads WHERE size > 5").done()

    report = copy.verify()

    assert report.state is State.CUT_OFF
    assert copy.verify(Trust(whole.key, None)).state is State.UNVERIFIED


def test_an_end_that_is_written_anew_is_not_signed(copy):
    """What was entered after the checkpoint cannot be replaced: nobody else can sign it."""
    for number in range(OUTSIDE, SIZE):
        forger = copy.forge().do("UPDATE entries SET ref = 'x' WHERE number = ?", number)
        forger.hash_anew().do("DELETE FROM heads WHERE size > ?", OUTSIDE).done()

        assert said(copy.verify()) == {(State.UNSIGNED, f"entries {OUTSIDE} to {SIZE - 1}")}


def test_another_key_s_signature_is_none(copy, whole, tmp_path, ledger):
    """A forger signs with a key of their own; the auditor's key says no."""
    other = NodeKey.load_or_make(tmp_path / "other.key")
    forger = copy.forge().do("UPDATE entries SET ref = 'x' WHERE number = 3").hash_anew()
    forger.do("DELETE FROM heads").done()
    with closing(LedgerFile.for_reading(copy.path)) as file:
        head = other.sign(Head(ledger.origin, SIZE, LedgerReader(file).root(SIZE)))
    with closing(sqlite3.connect(copy.path)) as db, db:
        db.execute("INSERT INTO heads VALUES (?, 0, ?, 1)", (SIZE, str(head)))
        db.execute(
            "UPDATE names SET value = ? WHERE name = 'verifier'",
            (str(other.verifier(ledger.origin)),),
        )

    report = copy.verify()

    assert report.state is State.ALTERED  # the checkpoint from elsewhere has another root
    assert (State.UNSIGNED, f"the head over {SIZE} entries is not signed by the key") in said(
        report
    )
    assert copy.verify(Trust(whole.key, None)).state is State.UNSIGNED
    assert copy.verify(Trust()).state is State.UNVERIFIED


def test_two_histories_under_one_key_are_a_fork(tmp_path, whole, ledger, draft, key):
    """Both are signed and fit together; the checkpoint tells them apart."""
    with closing(Ledger.open_for_writing(tmp_path / "twin.db", "here", key)) as twin:
        with twin.file.write() as db:
            db.execute("UPDATE names SET value = ? WHERE name = 'origin'", (ledger.origin,))
        twin.append([draft(number, "another story") for number in range(SIZE)])

        report = verify(twin.file, whole)

    assert said(report) == {
        (State.FORKED, f"the first {OUTSIDE} entries are not those of the checkpoint")
    }


def test_another_ledger_of_the_site_is_not_taken_for_this_one(tmp_path, whole, draft, key):
    """A ledger that was begun anew hides what the old one had."""
    with closing(Ledger.open_for_writing(tmp_path / "new.db", "here", key)) as new:
        new.append([draft(number) for number in range(SIZE)])

        report = verify(new.file, Trust(key.verifier(new.origin), whole.checkpoint))
        under_the_old_key = verify(new.file, whole)

    assert report.state is not State.INTACT
    assert under_the_old_key.state is State.FORKED


def test_a_checkpoint_that_the_key_did_not_sign_is_told(ledger, whole, tmp_path):
    """Otherwise anybody could hand the auditor one that fits."""
    other = NodeKey.load_or_make(tmp_path / "other.key")
    forged = other.sign(whole.checkpoint.head)

    report = verify(ledger.file, Trust(whole.key, forged))

    assert said(report) == {
        (State.UNSIGNED, "the checkpoint from elsewhere is not signed by the key")
    }


def test_a_head_that_is_gone_is_missed(copy):
    """Entries that no signature covers are told."""
    copy.forge().do("DELETE FROM heads WHERE size = ?", SIZE).done()

    assert said(copy.verify()) == {(State.UNSIGNED, f"entries {OUTSIDE} to {SIZE - 1}")}


def test_a_stored_hash_that_is_changed_is_named(copy):
    """The entry is right, as the signature proves; proofs would not be."""
    forger = copy.forge()
    ((place, hashes),) = forger.cells("tiles", "hashes")
    forger.change("tiles", "hashes", place, bytes(32) + hashes[32:]).done()

    assert (State.ALTERED, "the stored hash of entry 0; the entry is right") in said(copy.verify())


TABLES = {
    "entries": (*COLUMNS, "number"),
    "contents": ("number", "salt", "text"),
    "tiles": ("place", "hashes"),
    "heads": ("size", "note"),
    "names": ("value",),
}


HYPOTHESIS = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@given(data=st.data())
@settings(max_examples=80, **HYPOTHESIS)
def test_no_change_of_any_cell_goes_unnoticed(copy, data):
    """Whatever evidence is made something else, the ledger is no longer called intact."""
    table = data.draw(st.sampled_from(sorted(TABLES)))
    column = data.draw(st.sampled_from(TABLES[table]))
    forger = copy.forge()
    row, before = data.draw(st.sampled_from(forger.cells(table, column)))
    try:
        forger.change(table, column, row, data.draw(_other(before)))
    except sqlite3.IntegrityError:
        # a number that another row has
        return
    finally:
        forger.done()

    assert copy.verify().state is not State.INTACT


def _other(value):
    kinds = {
        int: st.integers(-(2**62), 2**62),
        str: st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
        bytes: st.binary(max_size=64),
    }
    return kinds[type(value)].filter(lambda one: one != value)


@given(data=st.data())
@settings(max_examples=60, **HYPOTHESIS)
def test_no_bit_of_a_hash_a_salt_or_a_note_goes_unnoticed(copy, data):
    """The smallest change there is."""
    places = [("entries", "digest"), ("contents", "salt"), ("tiles", "hashes"), ("heads", "note")]
    table, column = data.draw(st.sampled_from(places))
    forger = copy.forge()
    row, before = data.draw(st.sampled_from(forger.cells(table, column)))
    changed = bytearray(before.encode() if isinstance(before, str) else before)
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    is_text = isinstance(before, str)
    after = changed.decode(errors="replace") if is_text else bytes(changed)
    forger.change(table, column, row, after).done()

    assert copy.verify().state is not State.INTACT


def test_numbers_are_told_in_spans():
    """A thousand lines would tell less."""
    assert spans([3, 5, 6, 7, 9]) == ["3", "5 to 7", "9"]
