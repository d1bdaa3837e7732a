"""What the journal keeps for the ledger, and journals from before there was one."""

from __future__ import annotations

import sqlite3

from tests.vision.outputs.decisions import open_journal
from vision.outputs import journal_schema


def test_a_journal_without_tables_for_the_ledger_gets_them(tmp_path):
    """A file of the first version is brought up to date, with all that it holds."""
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as db:
        db.executescript(journal_schema.FIRST)
        db.execute("INSERT INTO outbox (topic, payload, written_at) VALUES ('passage', '{}', 1)")
        db.execute("PRAGMA user_version=1")
    db.close()

    journal = open_journal(tmp_path)

    assert journal.ledger_mark() is None
    assert [row.content for row in journal.rows_for_ledger("journal/outbox", 0, 10)] == ["{}"]
    journal.close()
