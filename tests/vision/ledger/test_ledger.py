"""The ledger's file: what is entered stays, is signed, can be proved, and can be forgotten."""

import sqlite3
from contextlib import closing

import pytest

from vision.ledger import merkle
from vision.ledger.entries import Content, Entry
from vision.ledger.ledger import Ledger, LedgerReader
from vision.ledger.ledger_errors import (
    LedgerDamagedError,
    LedgerError,
    LedgerFullError,
    LedgerReplacedError,
    LedgerTooNewError,
)


def naive_root(entries):
    """The root by definition, over the entries themselves."""
    hashes = [entry.leaf_hash for entry in entries]
    while len(hashes) > 1:
        # pairing from the left and carrying an odd last one up gives the same tree
        pairs = [merkle.node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0]


def test_what_is_entered_is_there_in_order(ledger, draft):
    """Numbers count from nought, and go on with the next batch."""
    ledger.append([draft(1), draft(2)])
    ledger.append([draft(3)])

    found = ledger.entries()

    assert [(e.number, e.ref, e.source_seq) for e in found] == [
        (0, "ref-1", 1),
        (1, "ref-2", 2),
        (2, "ref-3", 3),
    ]
    assert ledger.size == 3


def test_an_entry_commits_to_its_content_without_holding_it(ledger, draft):
    """The digest is the content's under a salt; nothing of the content is in the leaf."""
    ledger.append([draft(1, "staff 4711 was here")])

    entry, content = ledger.entry(0), ledger.content(0)

    assert content.text == "staff 4711 was here"
    assert content.digest == entry.digest
    assert b"4711" not in entry.leaf
    assert len(content.salt) == 16


def test_equal_contents_have_different_digests(ledger, draft):
    """Nobody can find out a content by trying what it may be."""
    ledger.append([draft(1, "same"), draft(2, "same")])

    assert ledger.entry(0).digest != ledger.entry(1).digest


def test_the_leaf_is_plain_json():
    """Auditors can make the same bytes with any tool."""
    entry = Entry(7, "passage", "ref", 1_700_000_000_123, "journal", 5, bytes(32))

    assert entry.leaf == (
        b'{"at_ms":1700000000123,"digest":"' + b"00" * 32 + b'","kind":"passage","number":7,'
        b'"ref":"ref","source":"journal","source_seq":5,"v":1}'
    )


def test_every_batch_is_signed(ledger, draft, key):
    """There is never an entry that nothing but the file covers."""
    for count in (1, 2, 300):
        checkpoint = ledger.append([draft(n) for n in range(count)])

        assert checkpoint == ledger.checkpoint()
        assert checkpoint.head.size == ledger.size
        assert checkpoint.head.root == naive_root(ledger.entries())
        assert checkpoint.note.is_signed_by(key.verifier(ledger.origin))


def test_a_ledger_has_a_name_of_its_own(tmp_path, key):
    """Two ledgers of one site are two; a name outlives the process."""
    names = set()
    for name in ("one", "two", "one"):
        with closing(Ledger.open_for_writing(tmp_path / name, "here", key)) as opened:
            names.add(opened.origin)

    assert len(names) == 2
    assert all(name.startswith("bondwatch/here/") for name in names)


def test_entries_can_be_proved(ledger, draft):
    """A proof holds for its entry and breaks with any other."""
    ledger.append([draft(n) for n in range(600)])

    proof = ledger.prove(257)

    assert proof.holds
    other = type(proof)(ledger.entry(258), proof.path, proof.checkpoint)
    assert not other.holds


def test_growth_can_be_proved(ledger, draft):
    """An old checkpoint is shown to be the beginning of the new one."""
    old = ledger.append([draft(n) for n in range(300)]).head
    new = ledger.append([draft(n) for n in range(300)]).head

    path = ledger.prove_growth(old.size, new.size)

    assert merkle.extends((old.size, old.root), (new.size, new.root), path)
    assert ledger.root(300) == old.root


def test_only_heads_that_were_given_away_are_kept(ledger, draft):
    """The file does not grow by a head for every batch."""
    kept = ledger.append([draft(1)])
    ledger.given_away(kept)
    ledger.append([draft(2)])
    ledger.append([draft(3)])

    with ledger.file.read() as db:
        sizes = [row[0] for row in db.execute("SELECT size FROM heads ORDER BY size")]

    assert sizes == [1, 3]


def test_erasing_a_person_breaks_no_proof(ledger, draft, tmp_path):
    """Content and salt are gone from the files; the entry is proved as before."""
    ledger.append([draft(1, "the secret of Ada", subject="ada"), draft(2)])
    before = ledger.checkpoint()

    assert ledger.erase("ada") == 1

    assert ledger.content(0) is None
    assert ledger.content(1) is not None
    assert ledger.checkpoint() == before
    assert ledger.prove(0).holds
    for path in tmp_path.glob("ledger.db*"):
        assert b"the secret of Ada" not in path.read_bytes()


def test_positions_are_written_with_the_entries(ledger, draft):
    """How far a source was read is known exactly when its entries are."""
    ledger.append([draft(1)], {"journal": 1})
    ledger.append([], {"register": 9})

    assert ledger.positions() == {"journal": 1, "register": 9}
    assert ledger.size == 1


def test_a_failed_batch_leaves_nothing(ledger, draft):
    """All of a batch is entered, or nothing and no position."""
    ledger.append([draft(1)], {"journal": 1})
    before = ledger.checkpoint()
    too_much = draft(2, ref=None)

    with pytest.raises(LedgerError):
        ledger.append([draft(3), too_much], {"journal": 3})

    assert ledger.size == 1
    assert ledger.positions() == {"journal": 1}
    assert ledger.checkpoint() == before


def test_the_newest_of_a_number_is_found(ledger, draft):
    """A restored source gives a number twice; what counts is the latest."""
    ledger.append([draft(5, "old"), draft(6), draft(5, "new")])

    assert ledger.newest_from("journal", 5).number == 2
    assert ledger.newest_from("journal", 7) is None


def test_entries_are_final(ledger, draft):
    """The file itself refuses changes by mistake."""
    ledger.append([draft(1)])

    with pytest.raises(LedgerError, match="only grows"), ledger.file.write() as db:
        db.execute("DELETE FROM entries")
    with pytest.raises(LedgerError, match="only grows"), ledger.file.write() as db:
        db.execute("UPDATE entries SET ref = ''")


def test_a_full_disk_has_a_name(ledger, draft):
    """The alarm can say what is wrong, and the ledger goes on afterwards."""
    ledger.append([draft(1)])
    with ledger.file.read() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}")

    with pytest.raises(LedgerFullError, match="free space"):
        ledger.append([draft(n, "x" * 1000) for n in range(100)], {"journal": 100})

    with ledger.file.read() as db:
        db.execute("PRAGMA max_page_count=100000")
    assert ledger.positions() == {}
    assert ledger.append([draft(2)]).head.size == 2


def test_a_file_that_was_taken_away_is_not_written(ledger, draft, tmp_path):
    """Entries in a file without a name would be seen by nobody."""
    (tmp_path / "ledger.db").rename(tmp_path / "elsewhere.db")

    with pytest.raises(LedgerReplacedError):
        ledger.append([draft(1)])


def test_a_damaged_tile_stops_the_ledger(ledger, draft):
    """A root over wrong hashes is not signed."""
    ledger.append([draft(1), draft(2)])
    with ledger.file.write() as db:
        db.execute("UPDATE tiles SET hashes = substr(hashes, 1, 32)")

    with pytest.raises(LedgerDamagedError, match="tile 0/0"):
        ledger.append([draft(3)])

    assert ledger.size == 2


def test_a_reader_changes_nothing(ledger, draft, tmp_path):
    """A ledger in use can be read beside its writer."""
    ledger.append([draft(1)])

    with closing(LedgerReader.open(tmp_path / "ledger.db")) as reader:
        assert reader.size == 1
        ledger.append([draft(2)])
        assert reader.size == 2
        with pytest.raises(LedgerError), reader.file.write() as db:
            db.execute("DELETE FROM contents")


@pytest.mark.parametrize("number", [-1, 1])
def test_an_entry_that_is_not_there_is_told(ledger, draft, number):
    """The error names the ledger and the number."""
    ledger.append([draft(1)])

    with pytest.raises(LedgerError, match=f"no entry {number}"):
        ledger.entry(number)
    with pytest.raises(LedgerError, match=f"no entry {number}"):
        ledger.prove(number)


def test_what_is_no_ledger_is_told(tmp_path):
    """Missing, empty, no database, another program's: each is refused by name."""
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no database " * 1000)
    with closing(sqlite3.connect(tmp_path / "newer")) as db:
        db.execute("PRAGMA user_version=99")
    for name in ("missing", "empty", "text"):
        with pytest.raises(LedgerError, match=name):
            LedgerReader.open(tmp_path / name)
    with pytest.raises(LedgerTooNewError):
        LedgerReader.open(tmp_path / "newer")


def test_a_digest_is_hmac_sha256():
    """With salt and text anybody can check a digest (RFC 4231, test case 2)."""
    content = Content(b"Jefe", "what do ya want for nothing?")

    assert content.digest.hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
