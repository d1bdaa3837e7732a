"""What the ledger costs: processor time of an append, and of proofs out of many entries.

    python -m bench.ledger [--entries N] [--bulk] [--folder DIR]

Appends are measured at the end of the loaded ledger, in batches as the sequencer makes them,
each synced. The load itself goes the same way, in large batches; with ``--bulk`` rows are made by
SQLite, and only the entries that are proved later have their true hashes in the tree.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from bench.figures import percentile, table
from vision.ledger import ledger_rows, merkle, tiles
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger, LedgerReader
from vision.ledger.node_key import NodeKey

MESSAGE_BYTES: Final = 1200
"""An alarm's message is about as long."""

LOADED_AT_ONCE: Final = 20_000
BULK_AT_ONCE: Final = 1 << 18
BULK: Final = """INSERT INTO entries
WITH RECURSIVE numbers(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
SELECT n, 'alarm_revision', printf('%08x-0000-4000-8000-000000000000/1', n),
  1700000000000 + n * 1000, 'b', n, randomblob(32) FROM numbers"""
PROOFS: Final = 500
PROOF_HEADS: Final = (
    "proof",
    "median ms",
    "99 % ms",
    "largest ms",
    "CPU median ms",
    "CPU 99 % ms",
    "hashes",
)
BATCHES: Final = ((1, 300), (10, 100), (100, 30))

ProofRow = tuple[str, float, float, float, float, float, int]


def main() -> None:
    """Load, measure, print a table for each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--bulk", action="store_true", help="load a file as large, but quickly")
    parser.add_argument("--folder", type=Path, help="on the disk to measure; default: a new one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="ledger-") as folder:
        path = Path(folder) / "ledger.db"
        key = NodeKey.load_or_make(Path(folder) / "ledger.key")
        with closing(Ledger.open_for_writing(path, "bench", key)) as ledger:
            (load_in_bulk if options.bulk else load)(ledger, options.entries)
            print(f"\n{path.stat().st_size / 2**20:.0f} MiB for {ledger.size} entries\n")
            print(table(("batch", "CPU ms an entry", "wall ms a batch"), appends(ledger)))
        print()
        with closing(LedgerReader.open(path)) as reader:
            print(table(PROOF_HEADS, proofs(reader, proved(options.entries))))


def load(ledger: Ledger, entries: int) -> None:
    """Fill the ledger, with contents that are empty: the tree is what counts here."""
    began_s, cpu_s = time.monotonic(), time.process_time()
    for first in range(0, entries, LOADED_AT_ONCE):
        numbers = range(first, min(first + LOADED_AT_ONCE, entries))
        ledger.append([_draft(number, "") for number in numbers])
    wall_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
    print(f"loaded {entries} entries in {wall_s:.0f} s, {cpu_s / entries * 1e6:.1f} us CPU each")


def load_in_bulk(ledger: Ledger, entries: int) -> None:
    """The same shape and size for a tenth of the time; it can be proved from, not verified."""
    began_s, cpu_s = time.monotonic(), time.process_time()
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        for first in range(0, entries, BULK_AT_ONCE):
            last = min(first + BULK_AT_ONCE, entries) - 1
            db.execute(BULK, (first, last))
        wanted = proved(entries)
        true = {n: next(ledger_rows.entries(db, n, 1)).leaf_hash for n in wanted}
        for first in range(0, entries, BULK_AT_ONCE):
            numbers = range(first, min(first + BULK_AT_ONCE, entries))
            leaves = [true.get(number) or os.urandom(32) for number in numbers]
            read = partial(ledger_rows.read_tile, db)
            ledger_rows.put_tiles(db, tiles.grown(read, first, leaves))
    ledger.append([_draft(entries, "")])
    wall_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
    print(f"bulk-loaded {entries} entries in {wall_s:.0f} s, {cpu_s:.0f} s of CPU")


def proved(entries: int) -> list[int]:
    """The entries that are proved, drawn at random."""
    chance = random.Random(1)  # noqa: S311 -- spreads the proofs, guards nothing
    return [chance.randrange(entries) for _ in range(PROOFS)]


def appends(ledger: Ledger) -> list[tuple[str, float, float]]:
    """Processor time of appends by the size of their batch."""
    rows = []
    for size, times in BATCHES:
        batches = [[_draft(number, "x" * MESSAGE_BYTES) for number in range(size)]] * times
        walls_s = []
        cpu_s = time.process_time()
        for batch in batches:
            began_s = time.perf_counter()
            ledger.append(batch)
            walls_s.append(time.perf_counter() - began_s)
        cpu_s = time.process_time() - cpu_s
        each_ms = cpu_s / (size * times) * 1000
        rows.append((str(size), each_ms, statistics.median(walls_s) * 1000))
    return rows


def proofs(reader: LedgerReader, numbers: list[int]) -> list[ProofRow]:
    """How long proofs take, each of another entry or another older size."""
    size = reader.size
    newest = (size, reader.root(size))

    def include(number: int) -> int:
        proof = reader.prove(number)
        return len(proof.path) if proof.holds else -1

    def extend(first: int) -> int:
        path = reader.prove_growth(first + 1, size)
        old = (first + 1, reader.root(first + 1))
        return len(path) if merkle.extends(old, newest, path) else -1

    return [
        _timed("inclusion, verified", include, numbers),
        _timed("consistency and old root, verified", extend, numbers),
    ]


def _timed(name: str, prove: Callable[[int], int], numbers: list[int]) -> ProofRow:
    walls_ms, cpus_ms, lengths = [], [], []
    for number in numbers:
        began_s, cpu_s = time.perf_counter(), time.process_time()
        lengths.append(prove(number))
        cpus_ms.append((time.process_time() - cpu_s) * 1000)
        walls_ms.append((time.perf_counter() - began_s) * 1000)
    if min(lengths) < 0:
        raise AssertionError(f"a proof does not hold: {name}")
    middle, high = statistics.median(walls_ms), percentile(walls_ms, 0.99)
    cpu, high_cpu = statistics.median(cpus_ms), percentile(cpus_ms, 0.99)
    return name, middle, high, max(walls_ms), cpu, high_cpu, max(lengths)


def _draft(number: int, content: str) -> Draft:
    ref = f"{number:08x}-0000-4000-8000-000000000000/1"
    return Draft(Kind.ALARM_REVISION, ref, 1.7e9 + number, content, source_seq=number, source="b")


if __name__ == "__main__":
    main()
