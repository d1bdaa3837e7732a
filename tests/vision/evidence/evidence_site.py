"""A camera's ring that a test fills, an evidence writer on a real disk, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enrolment.evidence_keys import EvidenceKeys
from enrolment.key_rotation import init_keys
from enrolment.places import KeyPlace, SecretSource, SqliteFile
from tests.vision.outputs.decisions import alarm
from tests.vision.waiting import eventually
from vision.core.values import AlarmDecision, Change, Instant
from vision.evidence.clip_plan import ClipRules
from vision.evidence.disk import Disk
from vision.evidence.index import EvidenceIndex
from vision.evidence.key_stock import KeyStock
from vision.evidence.place import DiskHealth, Store
from vision.evidence.reading import EvidenceReader
from vision.evidence.witness import Witness
from vision.evidence.writer import EvidenceWriter
from vision.ingest.packets import EncodedPacket
from vision.ingest.ring import PrerollRing
from vision.outputs.evidence_values import EvidenceEntry, EvidenceFile
from vision.outputs.journal import Journal

RULES = ClipRules(pre_s=2.0, post_s=1.0, longest_s=60.0, loss_s=3.0)
ALARM_ID = "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0"
ROOMY_BYTES = 1024 * 1024


@dataclass
class EvidenceSite:
    """One camera, ``cam1``; ``told`` is what the writer told the index of."""

    data_dir: Path
    writer: EvidenceWriter
    witness: Witness
    ring: PrerollRing
    keys: KeyPlace | None = None
    told: list[EvidenceEntry] = field(default_factory=list)

    def feed(self, packets: Iterable[EncodedPacket]) -> None:
        """The camera sends these, all at once."""
        for packet in packets:
            self.ring.append(packet)

    def raise_alarm(self, at: Instant, alarm_id: str = ALARM_ID, **more: Any) -> AlarmDecision:
        """An alarm is decided, and gets its id from the journal."""
        decision = alarm(at=at, **more)
        self.witness.decide([decision])
        self.writer.told(decision, alarm_id, at.wall_utc)
        return decision

    def clear(self, at: Instant, **more: Any) -> None:
        """It ends."""
        self.witness.decide([alarm(Change.CLEARED, at=at, **more)])

    @property
    def folder(self) -> Path:
        (found,) = self.data_dir.glob(f"evidence/*/{ALARM_ID}")
        return found

    def kept(self, kind: str) -> list[EvidenceFile]:
        """The whole files of a kind, in the order in which they became so."""
        return [one for one in self.told if isinstance(one, EvidenceFile) and one.kind == kind]

    def wait_kept(self, kind: str, count: int = 1) -> list[EvidenceFile]:
        eventually(lambda: len(self.kept(kind)) >= count)
        return self.kept(kind)

    def wait_for(self, name: str) -> Path:
        """Until a file of the alarm is there."""
        eventually(lambda: list(self.data_dir.glob(f"evidence/*/{ALARM_ID}/{name}")))
        return self.folder / name

    def plain(self, name: str) -> bytes:
        """What a file holds, sealed or not."""
        return plain(self.folder / name, self.keys)

    def timeline(self) -> list[dict[str, Any]]:
        """The lines of the one timeline that is whole."""
        (file,) = self.wait_kept("timeline")
        return [json.loads(line) for line in self.plain(file.name).splitlines()]


def plain(stored: Path, keys: KeyPlace | None = None) -> bytes:
    """What a file of evidence holds, sealed or not."""
    with EvidenceReader(keys) as reader:
        return b"".join(reader.pieces(stored))


def keys_in(folder: Path) -> KeyPlace:
    """A site's keys in a folder of their own."""
    return KeyPlace(SecretSource(file=folder / "site.key"), SqliteFile(folder / "people.keys"))


def site_keys(folder: Path) -> KeyPlace:
    """The same, made now."""
    init_keys(keys_in(folder))
    return keys_in(folder)


@contextmanager
def evidence_site(
    data_dir: Path,
    rules: ClipRules = RULES,
    *,
    disk: Disk | None = None,
    tell: Callable[[EvidenceEntry], None] | None = None,
    ring: PrerollRing | None = None,
    keys: KeyPlace | None = None,
) -> Iterator[EvidenceSite]:
    """A running writer; at its end all clips are ended. ``keys``: with them, it seals."""
    data_dir.mkdir(exist_ok=True)
    told: list[EvidenceEntry] = []
    index = EvidenceIndex(lambda: Journal.open(data_dir / "journal.db"))

    def tell_all(entry: EvidenceEntry) -> None:
        told.append(entry)
        index.tell(entry)
        if tell is not None:
            tell(entry)

    stock = None if keys is None else KeyStock(lambda: EvidenceKeys.open(keys), retry_s=0.1)
    health = DiskHealth()
    store = Store(disk or Disk(), data_dir, ROOMY_BYTES, health, tell_all, stock, keys)
    with stock or nullcontext(), EvidenceWriter(store, rules, index) as writer:
        witness, ring = (
            Witness(writer, rules, lambda name: (data_dir / name).is_file()),
            ring or PrerollRing(12.0, 64 << 20),
        )
        site = EvidenceSite(data_dir, writer, witness, ring, keys, told)
        witness.attach("cam1", site.ring)
        yield site


def indexed(data_dir: Path) -> tuple[Any, ...]:
    """What the journal says of the alarm: files, gaps, hold."""
    with closing(Journal.open(data_dir / "journal.db")) as journal:
        return journal.evidence_of(ALARM_ID)
