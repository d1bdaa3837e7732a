"""The index of evidence in the journal: files, gaps, holds, deletions."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.vision.outputs.decisions import Clock, alarm, open_journal
from tests.vision.outputs.evidence import ALARM_ID, NOON, OTHER_ID, evidence_file, gap
from vision.outputs.evidence_values import Deletion, EvidenceFolder, Hold
from vision.outputs.journal_values import CommitContext


@pytest.fixture
def journal(tmp_path):
    """A new journal."""
    with closing(open_journal(tmp_path, Clock())) as made:
        yield made


def actions(folder):
    """What was done to evidence, in order."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        columns = "action, alarm_id, done_by, note, files, size_bytes"
        return db.execute(f"SELECT {columns} FROM evidence_actions ORDER BY seq").fetchall()  # noqa: S608 -- our own text


def test_files_and_gaps_come_back_as_they_went_in(journal):
    """In the order of their beginnings."""
    later = evidence_file(name="cam1.2.mp4", begin_at=NOON + 40.0)
    journal.index_evidence([later, evidence_file(), gap()])

    assert journal.evidence_of(ALARM_ID) == ((evidence_file(), later), (gap(),), None)
    assert journal.evidence_of(OTHER_ID) == ((), (), None)


def test_a_better_picture_takes_the_place_of_the_first(journal):
    """There is one entry for each name, that of the file which lies there."""
    journal.index_evidence([evidence_file(name="cam1.jpg", size_bytes=1)])
    journal.index_evidence([evidence_file(name="cam1.jpg", size_bytes=2)])

    assert [one.size_bytes for one in journal.evidence_of(ALARM_ID)[0]] == [2]


def test_an_alarm_of_which_nothing_could_be_kept_is_listed(journal):
    """Its gap is all that there is, and it is not silent about it."""
    journal.index_evidence([gap()])

    assert journal.evidence() == (
        EvidenceFolder(
            ALARM_ID, "", 0, 0, NOON + 10.0, NOON + 12.0, gaps=1, is_held=False, is_open=False
        ),
    )


def test_the_list_knows_open_alarms_and_holds(journal):
    """Both keep evidence from being deleted."""
    context = CommitContext(site="hall", alarm_ids={"dock/cam1": ALARM_ID})
    journal.commit([alarm()], context)
    journal.index_evidence([evidence_file(), evidence_file(alarm_id=OTHER_ID, begin_at=NOON - 9)])
    journal.hold_evidence(OTHER_ID, "Ann", "court")

    first, second = journal.evidence()

    assert (first.alarm_id, first.is_open, first.is_held) == (ALARM_ID, True, False)
    assert (second.alarm_id, second.is_open, second.is_held) == (OTHER_ID, False, True)
    assert journal.evidence(limit=1) == (first,)


def test_holding_and_releasing_are_written_down(tmp_path, journal):
    """Who, and why; each counts once."""
    assert journal.hold_evidence(ALARM_ID, "Ann", "court")
    assert not journal.hold_evidence(ALARM_ID, "Bob", "me too")
    assert journal.evidence_of(ALARM_ID)[2] == Hold("Ann", NOON, "court")
    assert journal.release_evidence(ALARM_ID, "Bob", "over")
    assert not journal.release_evidence(ALARM_ID, "Bob", "over")

    assert actions(tmp_path) == [
        ("hold", ALARM_ID, "Ann", "court", 0, 0),
        ("release", ALARM_ID, "Bob", "over", 0, 0),
    ]


def test_a_deletion_is_written_down_with_its_extent(tmp_path, journal):
    """The entries go; that there was something, and why it is gone, stays."""
    journal.index_evidence([evidence_file(), evidence_file(name="cam1.jpg"), gap()])

    journal.forget_evidence(Deletion(ALARM_ID, evidence_file().folder, "age"))

    assert journal.evidence() == ()
    assert actions(tmp_path) == [("delete", ALARM_ID, "retention", "age", 2, 2000)]


def test_files_and_what_is_done_to_them_go_to_the_ledger(journal):
    """Digest, hold and deletion are noted with the change itself, so that none can be missing."""
    clip = evidence_file()
    journal.index_evidence([clip, evidence_file(name="cam1.jpg", kind="snapshot")])
    journal.hold_evidence(ALARM_ID, "ann", "court")
    journal.release_evidence(ALARM_ID, "ann", "")
    journal.forget_evidence(Deletion(ALARM_ID, clip.folder, "age"))

    rows = journal.rows_for_ledger("journal/ledger_outbox", 0, 10)
    told = [(row.kind, row.ref) for row in rows]
    assert told == [
        ("clip", f"{ALARM_ID}/{clip.name}"),
        ("picture", f"{ALARM_ID}/cam1.jpg"),
        ("operator_action", f"{ALARM_ID}/hold"),
        ("operator_action", f"{ALARM_ID}/release"),
        ("retention_deletion", f"{ALARM_ID}/delete"),
    ]
    assert clip.sha256 in rows[0].content
