"""A site with one long clip, its bundle, and how long an auditor waits for `bondwatch verify`.

Used by ``bench.evidence``. The ledger is loaded with other entries first; pages are left out, for
a verifier only hashes them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from vision.bundles.exporting import Order, Site, export
from vision.bundles.makers import Makers
from vision.evidence.reading import copy_plain
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger, LedgerReader
from vision.ledger.node_key import NodeKey
from vision.ledger.sequencer import Sequencer
from vision.ledger.sources import JournalSource
from vision.outputs import journal_ledger
from vision.outputs.journal import Journal

OTHERS = 100_000
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, and what an auditor holds."""

    path: Path
    key: str
    checkpoint: Path


def bundled(folder: Path, alarm_id: str) -> Bundle:
    """Enter what the folder's journal has of an alarm, and export it."""
    key = NodeKey.load_or_make(folder / "keys" / "ledger.key")
    path, checkpoint = folder / "bundle.zip", folder / "checkpoint"
    with (
        closing(Journal.open(folder / "journal.db")) as journal,
        closing(Ledger.open_for_writing(folder / "ledger.db", "bench", key)) as ledger,
    ):
        for _ in range(OTHERS // _AT_ONCE):
            ledger.append([Draft(Kind.PASSAGE, "other", 0.0, "{}")] * _AT_ONCE)
        sources = [JournalSource(journal, name) for name in journal_ledger.SOURCES]
        sequencer = Sequencer(ledger, sources, {})
        while sequencer.turn():
            pass
        head = ledger.checkpoint()
        if head is None:
            raise AssertionError("a ledger with entries has a head")
        ledger.given_away(head)
        checkpoint.write_text(str(head))
        verifier = key.verifier(head.head.origin)
        export(_site(folder, journal, ledger, key), Order(alarm_id, path, "bench"), Makers())
    return Bundle(path, str(verifier), checkpoint)


def _site(folder: Path, journal: Journal, ledger: LedgerReader, key: NodeKey) -> Site:
    origin = ledger.origin or ""
    return Site(
        site_id="bench",
        time_zone="UTC",
        data_dir=folder,
        journal=journal,
        ledger=ledger,
        verifier=key.verifier(origin),
        sign=lambda text: key.sign_text(text, origin),
        names=lambda _: {},
        copy=copy_plain,
        clock=time.time,
        wait=lambda: False,
    )


def verify_s(bundle: Bundle) -> tuple[float, float]:
    """Seconds that the whole command takes, from its start to its end: of CPU, and waited."""
    command = [sys.executable, "-m", "bondwatch", "verify", str(bundle.path)]
    command += ["--key", bundle.key, "--checkpoint", str(bundle.checkpoint)]
    began_s, spent_s = time.monotonic(), _children_s()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- our own command
    return _children_s() - spent_s, time.monotonic() - began_s


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
