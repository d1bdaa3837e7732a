"""What the files of journal and ledger have in common: transactions, and which file it is.

Knows no table. Errors go through as SQLite's own; each file gives them their names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FileId = tuple[int, int]


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction that holds the write lock from its start; all of it is kept, or none."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def file_id(path: Path) -> FileId | None:
    """Which file lies at the path; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
