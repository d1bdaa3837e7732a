"""The evidence on the site's own disk against its index and the ledger."""

import pytest

from tests.vision.bundles.bundle_site import CLIP, SNAPSHOT, said
from vision.bundles.site_check import Kept, check
from vision.bundles.trust import Trust
from vision.evidence.reading import copy_plain
from vision.ledger.node_key import NodeKey
from vision.ledger.verdicts import State
from vision.outputs.evidence_values import Deletion


@pytest.fixture
def checked(site):
    """Checks the alarm of the site, with what an auditor holds."""

    def run(held):
        own = site.key.verifier(site.ledger.origin)
        stored = Kept(site.data, copy_plain, site.journal, site.ledger, own)
        return check(stored, site.alarm_id, held, lambda: False)

    return run


def test_what_is_as_it_was(site, checked):
    """Intact, with a key and a checkpoint from elsewhere."""
    report = checked(site.enter())

    assert (report.state, report.files, report.findings) == (State.INTACT, 4, ())
    assert list(site.data.glob(".verify*")) == []


def test_alone_it_proves_nothing(site, checked):
    """Who owns the machine may have changed all of it."""
    site.enter()

    assert checked(Trust()).state is State.UNVERIFIED


def test_files_that_are_gone_changed_or_strange(site, checked):
    """Each is told by its path; one that still grows is no stranger."""
    held = site.enter()
    (site.place / CLIP).unlink()
    (site.place / SNAPSHOT).write_bytes(b"another")
    (site.place / "cam1.2.part.mp4").touch()
    (site.place / "notes.txt").touch()
    folder = f"evidence/{site.place.parent.name}/{site.alarm_id}"

    report = checked(held)

    assert said(report) == {
        ("missing", f"{folder}/{CLIP} is not there"),
        ("altered", f"{folder}/{SNAPSHOT} is not as it was recorded"),
        ("altered", f"{folder}/notes.txt is not in the index"),
    }


def test_an_index_that_was_made_to_fit(site, checked):
    """The ledger knows the digest that was recorded."""
    held = site.enter()
    site.keep(CLIP, b"another film")
    with site.journal._file.write() as db:
        db.execute("DELETE FROM ledger_outbox WHERE ref LIKE ?", (f"%{CLIP}",))

    report = checked(held)

    assert said(report) == {("altered", f"the index has another {CLIP} than the ledger")}


def test_a_file_that_was_taken_out_of_the_index_too(site, checked):
    """The ledger remembers it, unless retention has deleted it."""
    held = site.enter()
    with site.journal._file.write() as db:
        db.execute("DELETE FROM evidence_files WHERE name = ?", (SNAPSHOT,))
    (site.place / SNAPSHOT).unlink()
    (number,) = [one.number for one in site.ledger.entries() if one.ref.endswith(SNAPSHOT)]

    assert said(checked(held)) == {
        ("missing", f"{SNAPSHOT}, which the ledger has as entry {number}")
    }

    site.journal.forget_evidence(Deletion(site.alarm_id, "", "age"))
    assert checked(site.enter()).state is State.INTACT


def test_what_the_ledger_does_not_know_yet(site, checked):
    """Unsigned, until the ledger's writer has turned."""
    held = site.enter()
    site.keep("cam1.2.mp4", b"a second part")

    assert said(checked(held)) == {("unsigned", "cam1.2.mp4 is not in the ledger yet")}


def test_a_digest_that_was_erased(site, checked):
    """Nothing can be said of that file any more, for or against it."""
    held = site.enter()
    (number,) = [one.number for one in site.ledger.entries() if one.ref.endswith(CLIP)]
    with site.ledger.file.write() as db:
        db.execute("DELETE FROM contents WHERE number = ?", (number,))

    assert said(checked(held)) == {
        ("consistent, history unproven", f"what the ledger held of {CLIP} was erased")
    }


def test_a_ledger_that_somebody_else_signed(site, checked, tmp_path):
    """The auditor's key has not."""
    held = site.enter()
    other = NodeKey.load_or_make(tmp_path / "other").verifier(site.ledger.origin)

    report = checked(Trust(other, held.checkpoints))

    assert ("unsigned", "the ledger's head is not signed by the key") in said(report)
