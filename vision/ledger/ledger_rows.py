"""The ledger's rows as values: functions on an open connection, no transaction of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vision.ledger.entries import Content, Entry
from vision.ledger.merkle import HASH_BYTES
from vision.ledger.tiles import Place

_ENTRY = "number, kind, ref, at_ms, source, source_seq, digest"
_LEVEL_BITS = 40
LOWEST = -(2**63)
"""A number that no row is below."""

ORIGIN = "origin"
"""The name under which the ledger's own name is kept."""

VERIFIER = "verifier"
"""The same for the public key it says it is signed with, which proves nothing by itself."""


def size(db: sqlite3.Connection) -> int:
    """One more than the highest number."""
    return int(db.execute("SELECT coalesce(max(number) + 1, 0) FROM entries").fetchone()[0])


def add_entries(db: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Add rows at the end."""
    db.executemany(
        f"INSERT INTO entries ({_ENTRY}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- our names
        ((e.number, e.kind, e.ref, e.at_ms, e.source, e.source_seq, e.digest) for e in entries),
    )


def entries(db: sqlite3.Connection, first: int, limit: int) -> Iterator[Entry]:
    """Entries in order, from number ``first`` on."""
    query = f"SELECT {_ENTRY} FROM entries WHERE number >= ? ORDER BY number LIMIT ?"  # noqa: S608 -- our names
    return (Entry(*row) for row in db.execute(query, (first, limit)))


def newest_of(db: sqlite3.Connection, source: str, source_seq: int) -> Entry | None:
    """The newest entry that was read from there under that number."""
    query = (
        f"SELECT {_ENTRY} FROM entries WHERE source = ? AND source_seq = ?"  # noqa: S608 -- our names
        " ORDER BY number DESC LIMIT 1"
    )
    row = db.execute(query, (source, source_seq)).fetchone()
    return None if row is None else Entry(*row)


def entries_about(db: sqlite3.Connection, ref: str) -> Iterator[Entry]:
    """Entries whose reference begins with ``ref`` and a slash, in order."""
    query = f"SELECT {_ENTRY} FROM entries WHERE ref >= ? AND ref < ? ORDER BY number"  # noqa: S608 -- our names
    return (Entry(*row) for row in db.execute(query, (f"{ref}/", f"{ref}0")))


def entries_of_kind(db: sqlite3.Connection, kind: str, from_ms: int, to_ms: int) -> Iterator[Entry]:
    """Entries of a kind from a span of time, POSIX milliseconds, its end excluded; in order."""
    query = (
        f"SELECT {_ENTRY} FROM entries WHERE kind = ? AND at_ms >= ? AND at_ms < ?"  # noqa: S608 -- our names
        " ORDER BY number"
    )
    return (Entry(*row) for row in db.execute(query, (kind, from_ms, to_ms)))


def add_contents(
    db: sqlite3.Connection, contents: Iterable[tuple[int, Content, str | None]]
) -> None:
    """Keep contents by the number of their entry, each with its subject."""
    db.executemany(
        "INSERT INTO contents (number, salt, text, subject) VALUES (?, ?, ?, ?)",
        ((number, one.salt, one.text, subject) for number, one, subject in contents),
    )


def content(db: sqlite3.Connection, number: int) -> Content | None:
    """An entry's content; None where it was erased."""
    row = db.execute("SELECT salt, text FROM contents WHERE number = ?", (number,)).fetchone()
    return None if row is None else Content(*row)


_ABOUT = (
    " FROM contents WHERE subject = ? AND (? IS NULL OR ? >"
    " (SELECT at_ms FROM entries WHERE entries.number = contents.number))"
)


def count_about(db: sqlite3.Connection, subject: str, until_at: float | None) -> int:
    """How many contents there are about a person, until a moment."""
    found = db.execute(f"SELECT count(*){_ABOUT}", _about(subject, until_at))
    return int(found.fetchone()[0])


def erase_about(db: sqlite3.Connection, subject: str, until_at: float | None) -> int:
    """Erase these; how many were."""
    return db.execute(f"DELETE{_ABOUT}", _about(subject, until_at)).rowcount


def _about(subject: str, until_at: float | None) -> tuple[str, float | None, float | None]:
    until_ms = None if until_at is None else until_at * 1000
    return subject, until_ms, until_ms


def read_tile(db: sqlite3.Connection, level: int, number: int) -> bytes:
    """A tile's hashes, as many as there are."""
    place = (level << _LEVEL_BITS) | number
    row = db.execute("SELECT hashes FROM tiles WHERE place = ?", (place,)).fetchone()
    return b"" if row is None else bytes(row[0])


def put_tiles(db: sqlite3.Connection, tiles: Mapping[Place, bytes]) -> None:
    """Write tiles, new ones and those that have grown."""
    db.executemany(
        "INSERT OR REPLACE INTO tiles (place, hashes) VALUES (?, ?)",
        (((level << _LEVEL_BITS) | number, hashes) for (level, number), hashes in tiles.items()),
    )


def put_head(db: sqlite3.Connection, head_size: int, note: str, signed_at: float) -> None:
    """Set the newest signed head; the one before it stays only where it was given away."""
    db.execute("DELETE FROM heads WHERE NOT given_away")
    db.execute(
        "INSERT OR IGNORE INTO heads (size, signed_at, note, given_away) VALUES (?, ?, ?, 0)",
        (head_size, signed_at, note),
    )


def newest_head(db: sqlite3.Connection) -> tuple[str, float] | None:
    """The newest signed head's note, and when it was signed."""
    query = "SELECT note, signed_at FROM heads ORDER BY size DESC LIMIT 1"
    row = db.execute(query).fetchone()
    return None if row is None else (str(row[0]), float(row[1]))


def newest_given_away(db: sqlite3.Connection) -> str | None:
    """The note of the newest head that is known outside."""
    query = "SELECT note FROM heads WHERE given_away ORDER BY size DESC LIMIT 1"
    row = db.execute(query).fetchone()
    return None if row is None else str(row[0])


def heads(db: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Every signed head that is kept, the smallest first: its size, as the row says, and note."""
    return (
        (int(row[0]), str(row[1]))
        for row in db.execute("SELECT size, note FROM heads ORDER BY size")
    )


def put_stamp(db: sqlite3.Connection, head_size: int, answer: bytes, got_at: float) -> None:
    """Keep a time stamp beside its head."""
    db.execute("INSERT OR REPLACE INTO stamps VALUES (?, ?, ?)", (head_size, got_at, answer))


def newest_stamp(db: sqlite3.Connection) -> tuple[int, float] | None:
    """The size of the newest head that is stamped, and when the stamp came."""
    row = db.execute("SELECT size, got_at FROM stamps ORDER BY size DESC LIMIT 1").fetchone()
    return None if row is None else (int(row[0]), float(row[1]))


def stamps(db: sqlite3.Connection, above: int = LOWEST) -> Iterator[tuple[int, str | None, bytes]]:
    """Time stamps of heads larger than that, the smallest first: size, the head's note, answer.

    None where the head is not there. A file of before time stamps has none.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'stamps'").fetchone():
        return iter(())
    query = (
        "SELECT s.size, h.note, s.answer FROM stamps s LEFT JOIN heads h USING (size)"
        " WHERE s.size > ? ORDER BY s.size"
    )
    return ((int(row[0]), row[1], bytes(row[2])) for row in db.execute(query, (above,)))


def contents(db: sqlite3.Connection) -> Iterator[tuple[int, Content, bytes | None]]:
    """Every content that is kept, with its entry's number and the digest that entry holds."""
    query = (
        "SELECT c.number, c.salt, c.text, e.digest FROM contents c"
        " LEFT JOIN entries e USING (number) ORDER BY c.number"
    )
    return ((int(row[0]), Content(row[1], row[2]), row[3]) for row in db.execute(query))


def tiles_of(db: sqlite3.Connection, level: int) -> Iterator[tuple[int, bytes]]:
    """The tiles of a level in order, each with its number."""
    query = "SELECT place, hashes FROM tiles WHERE place >= ? AND place < ? ORDER BY place"
    low, high = level << _LEVEL_BITS, (level + 1) << _LEVEL_BITS
    return ((int(row[0]) - low, bytes(row[1])) for row in db.execute(query, (low, high)))


def count_entries(db: sqlite3.Connection) -> int:
    """How many rows there are, whatever their numbers."""
    return int(db.execute("SELECT count(*) FROM entries").fetchone()[0])


def count_stored(db: sqlite3.Connection) -> int:
    """How many hashes of entries are stored."""
    query = "SELECT coalesce(sum(length(hashes)), 0) FROM tiles WHERE place < ?"
    return int(db.execute(query, (1 << _LEVEL_BITS,)).fetchone()[0]) // HASH_BYTES


def count_tiles(db: sqlite3.Connection) -> int:
    """How many tiles there are on all levels."""
    return int(db.execute("SELECT count(*) FROM tiles").fetchone()[0])


def note_given_away(db: sqlite3.Connection, head_size: int) -> None:
    """A head is known outside, so it stays."""
    db.execute("UPDATE heads SET given_away = 1 WHERE size = ?", (head_size,))


def positions(db: sqlite3.Connection) -> dict[str, int]:
    """How far each source has been read."""
    return {str(row[0]): int(row[1]) for row in db.execute("SELECT source, seq FROM positions")}


def put_positions(db: sqlite3.Connection, reached: Mapping[str, int]) -> None:
    """Set how far sources have been read."""
    db.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", reached.items())


def name(db: sqlite3.Connection, key: str) -> str | None:
    """A value of the table of names."""
    row = db.execute("SELECT value FROM names WHERE name = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def put_name(db: sqlite3.Connection, key: str, value: str) -> None:
    """Set a value of the table of names."""
    db.execute("INSERT OR REPLACE INTO names VALUES (?, ?)", (key, value))
