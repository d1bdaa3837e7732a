"""Does any alarm get lost? Scripted alarms while worker, publisher and broker are killed.

``python -m bench.loss [--alarms 1000] [--kills 50] [--seed 1]`` from the repository's root
prints one table. Three processes (a scripted worker, the publisher, Mosquitto) are sent
SIGKILL in turn, at random moments, and started again, while a console with a lasting
session listens. Then: has every committed (id, revision) arrived, each with one payload?

The broker saves every second, as ``docs/mqtt-acl.example`` advises.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.system.broker import Broker
from tests.system.console import Console
from tests.system.publishers import REPOSITORY, PublisherProcess
from vision.outputs.journal import Journal

ARRIVED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Plan:
    """How many alarms, how many kills, and how long between two kills at most."""

    alarms: int = 1000
    kills: int = 50
    seed: int = 1
    apart_s: float = 1.0


@dataclass(frozen=True)
class Report:
    """What came of it. ``revisions`` counts (id, revision) pairs in the journal."""

    alarms: int
    revisions: int
    arrived: int
    duplicates: int
    missing: int
    unwritten: int
    contradictions: int
    seconds: float

    @property
    def nothing_lost(self) -> bool:
        return not (self.missing or self.unwritten or self.contradictions)


class Writer:
    """The scripted worker as a process."""

    def __init__(self, data_dir: Path, plan: Plan, said: Path) -> None:
        pause_s = plan.kills * plan.apart_s / plan.alarms / 2
        self._arguments = [str(data_dir), str(plan.alarms), str(pause_s), str(said)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it where the last one ended."""
        self._process = subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-m", "bench.loss_writer", *self._arguments],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        )

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def finish(self) -> None:
        """Let it write the rest."""
        if self._process is not None and self._process.wait() != 0:
            raise RuntimeError("the scripted worker failed")


def run(folder: Path, plan: Plan) -> Report:
    """Play the plan in ``folder`` and hold what arrived against the journal."""
    began_s = time.monotonic()
    said = folder / "said"
    said.touch()
    data_dir = folder / "data"
    journal = Journal.open(data_dir / "journal.db")
    broker = Broker.make(folder / "broker").start()
    publisher = PublisherProcess(data_dir, broker.port)
    writer = Writer(data_dir, plan, said)
    with Console(broker.port) as console:
        broker.save()
        publisher.start()
        writer.start()
        _kill_in_turn([writer, publisher, broker], plan)
        writer.finish()
        _await_all(journal, console)
        publisher.stop()
    report = _compare(journal, console, said, time.monotonic() - began_s)
    journal.close()
    broker.stop()
    return report


def _kill_in_turn(victims: list[Writer | PublisherProcess | Broker], plan: Plan) -> None:
    rng = random.Random(plan.seed)  # noqa: S311 -- repeatable on purpose
    for number in range(plan.kills):
        time.sleep(rng.uniform(0.1, 1.0) * plan.apart_s)
        victim = victims[number % len(victims)]
        victim.kill()
        victim.start()


def _payloads(journal: Journal) -> dict[bytes, None]:
    return {row.payload.encode(): None for row in journal.tail(limit=1_000_000)}


def _await_all(journal: Journal, console: Console) -> None:
    """Wait until everything has arrived, or long enough."""
    wanted = _payloads(journal).keys()
    until_s = time.monotonic() + ARRIVED_WITHIN_S
    while time.monotonic() < until_s:
        if wanted <= {heard.payload for heard in list(console.heard)}:
            return
        time.sleep(0.1)


def _compare(journal: Journal, console: Console, said: Path, seconds: float) -> Report:
    written = _payloads(journal)
    heard = [one for one in console.heard if one.name == "alarm" and one.message is not None]
    payloads: dict[tuple[str, int], set[bytes]] = defaultdict(set)
    for one in heard:
        payloads[one.message["alarm_id"], one.message["revision"]].add(one.payload)
    known = {found.alarm_id for found in journal.list_alarms(limit=1_000_000)}
    promised = {line.split()[0] for line in said.read_text().splitlines()}
    arrived = {one.payload for one in heard}
    return Report(
        alarms=len(known),
        revisions=len(written),
        arrived=len(arrived),
        duplicates=len(heard) - len(arrived),
        missing=len(written.keys() - arrived),
        unwritten=len(promised - known),
        contradictions=sum(len(different) > 1 for different in payloads.values()),
        seconds=seconds,
    )


def main() -> int:
    """Print the table; status 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alarms", type=int, default=Plan.alarms)
    parser.add_argument("--kills", type=int, default=Plan.kills)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = run(Path(folder), Plan(chosen.alarms, chosen.kills, chosen.seed))
    rows = {
        "alarms committed": report.alarms,
        "revisions committed": report.revisions,
        "revisions that arrived": report.arrived,
        "arrived more than once (allowed)": report.duplicates,
        "committed, never arrived": report.missing,
        "commit returned, not in the journal": report.unwritten,
        "(id, revision) with two payloads": report.contradictions,
        "SIGKILLs": chosen.kills,
        "seconds": round(report.seconds, 1),
    }
    for name, value in rows.items():
        print(f"{name:<38}{value:>10}")
    return 0 if report.nothing_lost else 1


if __name__ == "__main__":
    sys.exit(main())
