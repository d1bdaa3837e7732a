"""The ledger: entries that only grow in number, a signed head over them, and proofs.

``Ledger`` writes and there is one of it, the sequencer's; ``LedgerReader`` looks. Raises a
``LedgerError`` with the remedy; then nothing was written.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from vision.ledger import ledger_rows, merkle, tiles
from vision.ledger.checkpoints import Checkpoint, Head
from vision.ledger.entries import SALT_BYTES, Content, Draft, Entry, entered
from vision.ledger.ledger_errors import LedgerDamagedError, LedgerError
from vision.ledger.ledger_file import LedgerFile
from vision.ledger.signed_notes import NoteError, Verifier
from vision.ledger.stamp_values import Stamped
from vision.ledger.tiles import TileMissingError

_ID_BYTES = 4
_T = TypeVar("_T")

Sign = Callable[[Head], Checkpoint]


class Key(Protocol):
    """What signs heads; ``node_key.NodeKey`` is one."""

    def sign(self, head: Head) -> Checkpoint: ...

    def verifier(self, origin: str) -> Verifier: ...


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry is in the ledger: the path from its leaf to the checkpoint's root."""

    entry: Entry
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    @property
    def holds(self) -> bool:
        """Whether the path leads there. Who signed the checkpoint is another question."""
        head = self.checkpoint.head
        return merkle.includes(
            head.root, head.size, self.entry.number, self.entry.leaf_hash, self.path
        )


@dataclass(frozen=True, slots=True)
class KeptStamp:
    """A time stamp over the first ``size`` entries, as its authority gave it, and its head."""

    size: int
    checkpoint: Checkpoint
    answer: bytes


class LedgerReader:
    """A ledger to look into. Each call sees the ledger as it is then."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> LedgerReader:
        """Open a ledger that exists, in use or put away."""
        return cls(LedgerFile.for_reading(path))

    def close(self) -> None:
        self._file.close()

    @property
    def path(self) -> Path:
        return self._file.path

    @property
    def file(self) -> LedgerFile:
        return self._file

    @property
    def origin(self) -> str | None:
        """The ledger's name; None in one that has not begun."""
        with self._file.read() as db:
            return ledger_rows.name(db, ledger_rows.ORIGIN)

    @property
    def size(self) -> int:
        with self._file.read() as db:
            return ledger_rows.size(db)

    def entries(self, first: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Entries in order, from number ``first`` on."""
        with self._file.read() as db:
            return tuple(ledger_rows.entries(db, first, limit))

    def entry(self, number: int) -> Entry:
        """One entry. LedgerError where there is none."""
        found = self.entries(number, 1) if number >= 0 else ()
        if not found or found[0].number != number:
            raise LedgerError(f"ledger {self.path} has no entry {number}; give another number")
        return found[0]

    def entries_about(self, ref: str) -> tuple[Entry, ...]:
        """The entries whose reference begins with ``ref`` and a slash; reads all references."""
        with self._file.read() as db:
            return tuple(ledger_rows.entries_about(db, ref))

    def entries_of_kind(self, kind: str, from_at: float, to_at: float) -> tuple[Entry, ...]:
        """The entries of a kind from a span of time, POSIX seconds; reads all of them."""
        with self._file.read() as db:
            span_ms = (round(from_at * 1000), round(to_at * 1000))
            return tuple(ledger_rows.entries_of_kind(db, kind, *span_ms))

    def content(self, number: int) -> Content | None:
        """What an entry commits to; None where it was erased."""
        with self._file.read() as db:
            return ledger_rows.content(db, number)

    def positions(self) -> dict[str, int]:
        """How far each source has been read."""
        with self._file.read() as db:
            return ledger_rows.positions(db)

    def newest_from(self, source: str, source_seq: int) -> Entry | None:
        """The newest entry that a source gave under that number."""
        with self._file.read() as db:
            return ledger_rows.newest_of(db, source, source_seq)

    def checkpoint(self) -> Checkpoint | None:
        """The newest signed head; None where nothing has been entered."""
        with self._file.read() as db:
            found = ledger_rows.newest_head(db)
        return None if found is None else self._parsed(found[0])

    def published(self) -> Checkpoint | None:
        """The newest signed head that was given away; None where none was."""
        with self._file.read() as db:
            found = ledger_rows.newest_given_away(db)
        return None if found is None else self._parsed(found)

    def stamp_over(self, number: int) -> KeptStamp | None:
        """The first time stamp that covers an entry; not verified. None where there is none."""
        with self._file.read() as db:
            found = next(ledger_rows.stamps(db, above=number), None)
        if found is None or found[1] is None:
            return None
        return KeptStamp(found[0], self._parsed(found[1]), found[2])

    def root(self, size: int) -> bytes:
        """The root over the first ``size`` entries, as the stored hashes have it."""
        return self._computed(lambda node: merkle.root(node, size))

    def prove(self, number: int) -> Proof:
        """Prove that an entry is in the ledger, as of its newest signed head."""
        checkpoint = self.checkpoint()
        entry = self.entry(number)
        if checkpoint is None or number >= checkpoint.head.size:
            raise LedgerError(f"entry {number} of {self.path} is not signed; see the daemon")
        return Proof(entry, self.inclusion(number, checkpoint.head.size), checkpoint)

    def inclusion(self, number: int, size: int) -> tuple[bytes, ...]:
        """The path from an entry to the root over the first ``size`` entries."""
        return self._computed(lambda node: merkle.inclusion_path(node, number, size))

    def prove_growth(self, first: int, second: int) -> tuple[bytes, ...]:
        """What proves that the ledger of ``second`` entries only adds to that of ``first``."""
        return self._computed(lambda node: merkle.consistency_path(node, first, second))

    def _computed(self, compute: Callable[[merkle.Node], _T]) -> _T:
        with self._file.snapshot() as db:
            try:
                return compute(tiles.nodes(partial(ledger_rows.read_tile, db)))
            except (TileMissingError, ValueError) as error:
                raise LedgerDamagedError(f"ledger {self.path}: {error}") from error

    def _parsed(self, note: str) -> Checkpoint:
        try:
            return Checkpoint.parse(note)
        except NoteError as error:
            raise LedgerDamagedError(f"ledger {self.path}: its newest head: {error}") from error


class Ledger(LedgerReader):
    """The ledger to write to. ``sign`` signs heads with the node's key."""

    def __init__(
        self, file: LedgerFile, sign: Sign, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(file)
        self._sign = sign
        self._clock = clock

    @classmethod
    def open_for_writing(
        cls, path: Path, site: str, key: Key, clock: Callable[[], float] = time.time
    ) -> Ledger:
        """Open a site's ledger, or begin one under a name that no other has."""
        file = LedgerFile.for_writing(path)
        with file.write() as db:
            if ledger_rows.name(db, ledger_rows.ORIGIN) is None:
                origin = f"bondwatch/{site}/{secrets.token_hex(_ID_BYTES)}"
                ledger_rows.put_name(db, ledger_rows.ORIGIN, origin)
                ledger_rows.put_name(db, ledger_rows.VERIFIER, str(key.verifier(origin)))
        return cls(file, key.sign, clock)

    def append(
        self, drafts: Sequence[Draft], reached: Mapping[str, int] | None = None
    ) -> Checkpoint | None:
        """Enter drafts in their order, and note how far sources have been read: all or none.

        The new head, signed; None where there was nothing to enter.
        """
        with self._file.write() as db:
            ledger_rows.put_positions(db, reached or {})
            return self._enter(db, drafts) if drafts else None

    def _enter(self, db: sqlite3.Connection, drafts: Sequence[Draft]) -> Checkpoint:
        size = ledger_rows.size(db)
        rows = [
            entered(draft, size + at, secrets.token_bytes(SALT_BYTES))
            for at, draft in enumerate(drafts)
        ]
        ledger_rows.add_entries(db, [entry for entry, _ in rows])
        ledger_rows.add_contents(
            db,
            (
                (entry.number, content, draft.subject)
                for (entry, content), draft in zip(rows, drafts, strict=True)
            ),
        )
        try:
            changed = tiles.grown(
                partial(ledger_rows.read_tile, db), size, (entry.leaf_hash for entry, _ in rows)
            )
            ledger_rows.put_tiles(db, changed)
            return self._signed(db, size + len(rows))
        except TileMissingError as error:
            raise LedgerDamagedError(f"ledger {self.path}: {error}; put it aside") from error

    def _signed(self, db: sqlite3.Connection, size: int) -> Checkpoint:
        origin = ledger_rows.name(db, ledger_rows.ORIGIN) or ""
        root = merkle.root(tiles.nodes(partial(ledger_rows.read_tile, db)), size)
        checkpoint = self._sign(Head(origin, size, root))
        ledger_rows.put_head(db, size, str(checkpoint), self._clock())
        return checkpoint

    def given_away(self, checkpoint: Checkpoint) -> None:
        """A head is about to be known outside: keep it, and with it what it proves."""
        with self._file.write() as db:
            ledger_rows.note_given_away(db, checkpoint.head.size)

    def newest_stamp(self) -> Stamped | None:
        """How far time stamps go."""
        with self._file.read() as db:
            found = ledger_rows.newest_stamp(db)
        return None if found is None else Stamped(*found)

    def put_stamp(self, checkpoint: Checkpoint, answer: bytes, now_at: float) -> None:
        """Keep an authority's answer about a checkpoint that was given away."""
        with self._file.write() as db:
            ledger_rows.put_stamp(db, checkpoint.head.size, answer, now_at)

    def erase(self, subject: str, until_at: float | None = None) -> int:
        """Erase the contents about a person; how many. Entries and proofs stay as they are.

        ``until_at``: POSIX seconds; what is of a later moment is about somebody else.
        """
        with self._file.read() as db:
            if not ledger_rows.count_about(db, subject, until_at):
                return 0
        with self._file.write() as db:
            gone = ledger_rows.erase_about(db, subject, until_at)
        self.scrub()
        return gone

    def scrub(self) -> bool:
        """Empty the write-ahead log, where erased bytes can be found; false while it is read."""
        with self._file.read() as db:
            return not db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
