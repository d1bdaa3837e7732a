"""What does it cost to find the two most similar people? Beside faiss and usearch, in one run.

``python -m bench.gallery [--people 10000 100000] [--rounds 7] [--load] [--server]`` from the
repository's root prints tables. One thread each, over the middle of each person's templates, which
are as good as random here: only the time is of use. The peers are installed by
``uv sync --group peers``; one that is not there is left out, and that is said.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench.figures import Cell, table
from bench.stocked import EMBEDDING_ID, keys_in, owners, stock, unit_rows
from enrolment.gallery import Gallery
from enrolment.pgvector_gallery import PgvectorReader
from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register import Register
from enrolment.register_history import Note
from tests.enrolment.postgres_server import PostgresServer, programs_with_pgvector

DIM = 128
TEMPLATES = 3
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Rows = NDArray[np.float32]
Find = Callable[[Rows], tuple[str, str]]
"""From a probe to the staff ids of the two most similar people."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How large, how often."""

    people: int
    rounds: int
    probes: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.gallery", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--probes", type=int, default=40, help="in each round, for each")
    parser.add_argument("--load", action="store_true", help="also load a sealed register")
    parser.add_argument("--server", action="store_true", help="also fill and search pgvector")
    chosen = parser.parse_args(arguments)
    if any(os.environ.get(name) != one for name, one in ONE_THREAD.items()):
        again = [sys.executable, "-m", "bench.gallery", *(arguments or sys.argv[1:])]
        os.execve(sys.executable, again, os.environ | ONE_THREAD)  # noqa: S606 -- NumPy reads them once
    for people in chosen.people:
        _measure(Plan(people, chosen.rounds, chosen.probes))
        if chosen.load:
            _load(people)
        if chosen.server:
            _search_on_server(Plan(people, chosen.rounds, chosen.probes))
    return 0


def _measure(plan: Plan) -> None:
    rows, who = unit_rows(plan.people * TEMPLATES, DIM), owners(plan.people, TEMPLATES)
    gallery = Gallery.build(who, rows, register_version=1, embedding_id=EMBEDDING_ID)
    finders: dict[str, Find] = {"Gallery.match": lambda probe: _ours(gallery, probe)}
    for name, make in {"faiss-cpu": _faiss, "usearch": _usearch}.items():
        if importlib.util.find_spec(name.split("-")[0]) is None:
            print(f"{name} is not installed and left out; uv sync --group peers\n")
            continue
        finders[f"{name} {_version(name)}"] = make(gallery)
    probes = _probes(rows, plan.probes)
    print(f"{plan.people} people x {TEMPLATES} templates, {DIM}-d, NumPy {np.__version__}\n")
    heads = ("ms a probe", "CPU", "elapsed", "least round", "worst round", "other answers")
    print(table(heads, _rounds(finders, probes, plan.rounds)), "\n")
    print(table(("ms", "median"), _upkeep(gallery, rows, who, plan.rounds)), "\n")


def _rounds(finders: dict[str, Find], probes: Rows, rounds: int) -> list[list[Cell]]:
    """Every finder in every round, so that a machine in use is slow for all; medians of rounds."""
    elapsed_ms: dict[str, list[float]] = {name: [] for name in finders}
    cpu_ms: dict[str, list[float]] = {name: [] for name in finders}
    differ = dict.fromkeys(finders, 0)
    expected = [next(iter(finders.values()))(probe) for probe in probes]
    for _ in range(rounds):
        for name, find in finders.items():
            find(probes[0])  # what the others left in the caches is nobody's fault
            taken_ms, spent_ms = [], []
            for probe, answer in zip(probes, expected, strict=True):
                began_s, cpu_s = time.perf_counter(), time.process_time()
                found = find(probe)
                spent_ms.append(1000 * (time.process_time() - cpu_s))
                taken_ms.append(1000 * (time.perf_counter() - began_s))
                differ[name] += found != answer
            elapsed_ms[name].append(median(taken_ms))
            cpu_ms[name].append(median(spent_ms))
    return [
        [name, median(cpu_ms[name]), median(of), min(of), max(of), differ[name]]
        for name, of in elapsed_ms.items()
    ]


def _upkeep(gallery: Gallery, rows: Rows, who: list[str], rounds: int) -> list[list[Cell]]:
    """Making a gallery, and taking over a change of one person."""
    times = min(3, rounds)
    ids = {"register_version": 2, "embedding_id": EMBEDDING_ID}
    one = Gallery.build([who[0]] * TEMPLATES, rows[:TEMPLATES], **ids)  # type: ignore[arg-type]
    work: dict[str, Callable[[], object]] = {
        "Gallery.build": lambda: Gallery.build(who, rows, **ids),  # type: ignore[arg-type]
        "Gallery.updated, one person": lambda: gallery.updated(frozenset({who[0]}), one),
    }
    return [[name, median(_ms(do) for _ in range(times))] for name, do in work.items()]


def _load(people: int) -> None:
    """The whole of a sealed register, in CPU time of this process."""
    with tempfile.TemporaryDirectory(prefix="bondwatch-bench-") as named:
        folder = Path(named)
        rows = unit_rows(people * TEMPLATES, DIM)
        place = stock(SqliteFile(folder / "register.db"), keys_in(folder), rows, TEMPLATES)
        with Register.open_for_reading(place) as register:
            cells: list[Sequence[Cell]] = []
            for number in range(3):
                began_s, cpu_s = time.perf_counter(), time.process_time()
                register.snapshot(EMBEDDING_ID)
                taken = (time.perf_counter() - began_s, time.process_time() - cpu_s)
                cells.append((f"load {number + 1}", *taken))
    print(table(("a sealed register (SQLite)", "seconds", "CPU seconds"), cells), "\n")


def _search_on_server(plan: Plan) -> None:
    """Through pgvector: everything into its table, one change, and searches; elapsed."""
    server, rows = PostgresServer(programs_with_pgvector()), unit_rows(plan.people * TEMPLATES, DIM)
    try:
        with tempfile.TemporaryDirectory(prefix="bondwatch-bench-") as folder:
            place = stock(server.fresh(), keys_in(Path(folder)), rows, TEMPLATES)
            cells = _on_server(place, rows[: plan.probes], plan.rounds)
    finally:
        server.stop()
    print(table(("pgvector (PostgreSQL, fsync off), ms", "median"), cells), "\n")


def _on_server(place: RegisterPlace, probes: Rows, rounds: int) -> list[list[Cell]]:
    with closing(PgvectorReader.open_for_reading(place)) as reader:
        began_s = time.perf_counter()
        snapshot = reader.snapshot(EMBEDDING_ID)
        filled_ms = 1000 * (time.perf_counter() - began_s)
        with Register.open(place) as register:
            register.edit("p000000", {"organisation": "Cranes"}, Note("bench"))
        changed_ms = _ms(lambda: reader.refreshed(snapshot))
        match = snapshot.gallery.match
        each = [median(_ms(lambda: match(probe)) for probe in probes) for _ in range(rounds)]  # noqa: B023 - called at once
    return [
        ["people read, table filled", filled_ms],
        ["one person changed", changed_ms],
        ["match", median(each)],
    ]


def _ours(gallery: Gallery, probe: Rows) -> tuple[str, str]:
    found = gallery.match(probe)
    assert found.best is not None  # noqa: S101 - there are people
    assert found.runner_up is not None  # noqa: S101 - more than one
    return found.best.staff_id, found.runner_up.staff_id


def _faiss(gallery: Gallery) -> Find:
    import faiss  # noqa: PLC0415 - may be missing

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(DIM)
    index.add(gallery.centres)
    return lambda probe: _two(gallery, index.search(probe[np.newaxis], 2)[1][0])


def _usearch(gallery: Gallery) -> Find:
    from usearch.index import MetricKind, search  # noqa: PLC0415 - may be missing

    def find(probe: Rows) -> tuple[str, str]:
        found = search(gallery.centres, probe, 2, MetricKind.IP, exact=True, threads=1)
        return _two(gallery, found.keys)

    return find


def _two(gallery: Gallery, places: NDArray[np.int64]) -> tuple[str, str]:
    """The two people at these places."""
    best, runner_up = (gallery.staff_ids[int(place)] for place in places)
    return best, runner_up


def _probes(rows: Rows, count: int) -> Rows:
    """Half of them like somebody's template, half like nobody's."""
    probes = unit_rows(count, DIM, seed=2)
    probes[::2] = 0.3 * probes[::2] + rows[:: len(rows) // count][:count][::2]
    return probes / np.linalg.norm(probes, axis=1, keepdims=True)


def _version(name: str) -> str:
    return importlib.metadata.version(name)


def _ms(work: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began_s)


if __name__ == "__main__":
    sys.exit(main())
