"""The ledger's tables and their version. SQL text only.

``entries``, ``tiles``, ``heads`` and ``stamps`` are evidence; ``contents`` is what may be erased;
``positions`` says how far each source has been read, and goes with the entries.
"""

from __future__ import annotations

VERSION = 2

STATEMENTS = (
    """CREATE TABLE entries (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  source TEXT NOT NULL,
  source_seq INTEGER NOT NULL,
  digest BLOB NOT NULL
) STRICT""",
    "CREATE INDEX entries_by_source ON entries (source, source_seq)",
    # against mistakes; against malice there are the hashes
    """CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'the ledger only grows'); END""",
    """CREATE TRIGGER entries_are_final BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'the ledger only grows'); END""",
    """CREATE TABLE contents (
  number INTEGER PRIMARY KEY,
  salt BLOB NOT NULL,
  text TEXT NOT NULL,
  subject TEXT
) STRICT""",
    "CREATE INDEX contents_by_subject ON contents (subject) WHERE subject IS NOT NULL",
    # place: the level times 2**40, plus the tile's number in it
    "CREATE TABLE tiles (place INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT",
    # the signed heads that were given away, and the newest one
    """CREATE TABLE heads (
  size INTEGER PRIMARY KEY,
  signed_at REAL NOT NULL,
  note TEXT NOT NULL,
  given_away INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE positions (
  source TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    "CREATE TABLE names (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)

TIME_STAMPS = (
    # answers of a time stamp authority, each over the head of that size, as they came
    """CREATE TABLE stamps (
  size INTEGER PRIMARY KEY,
  got_at REAL NOT NULL,
  answer BLOB NOT NULL
) STRICT""",
)

STEPS = {1: STATEMENTS, 2: TIME_STAMPS}
"""What makes each version out of the one before it; 0 is an empty file."""
