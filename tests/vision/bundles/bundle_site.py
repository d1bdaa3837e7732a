"""A site with one alarm's evidence, journal and ledger, and the bundles that are made of it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.bondwatch.test_alarms_cli import CONFIG
from tests.vision.outputs.decisions import CONTEXT, NOON, Clock, alarm, passage
from vision.bundles import exporting, zip_reading
from vision.bundles.exporting import Order, export
from vision.bundles.judging import judge
from vision.bundles.makers import Makers
from vision.bundles.trust import Trust
from vision.core.values import Change, Instant
from vision.evidence.places import folder_of
from vision.evidence.reading import copy_plain
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger, LedgerReader
from vision.ledger.node_key import NodeKey
from vision.ledger.sequencer import Sequencer
from vision.ledger.sources import JournalSource
from vision.outputs import journal_ledger
from vision.outputs.evidence_values import EvidenceFile, EvidenceGap
from vision.outputs.journal import Journal
from vision.outputs.journal_values import AckRequest

CLIP, TIMELINE, SNAPSHOT, FACE = "cam1.1.mp4", "cam1.1.jsonl", "cam1.jpg", "cam1.face.jpg"
KINDS = {CLIP: "clip", TIMELINE: "timeline", SNAPSHOT: "snapshot", FACE: "face"}
LINE = {"type": "frame", "looks": [{"best": {"staff_id": "S1", "similarity": 0.4}}]}


class BundleSite:
    """``alarm_id``: its one alarm, raised, acknowledged and cleared unless it is left ``open``."""

    def __init__(self, folder: Path, *, is_open: bool = False) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.data = folder / "data"
        self.clock = Clock(NOON + 100.0)
        self.journal = Journal.open(self.data / "journal.db", clock=self.clock)
        self.key = NodeKey.load_or_make(folder / "data-keys" / "ledger.key")
        self.ledger = Ledger.open_for_writing(self.data / "ledger.db", "hall", self.key)
        sources = [JournalSource(self.journal, name) for name in journal_ledger.SOURCES]
        self.sequencer = Sequencer(self.ledger, sources, {})
        self.ledger.append(
            [
                Draft(Kind.CONFIGURATION, "c0" * 32, NOON - 9.0, "all: of it"),
                Draft(Kind.MODELS, "d0" * 32, NOON - 9.0, "{}"),
            ]
        )
        (told,) = self.journal.commit([alarm()], CONTEXT)
        self.alarm_id = told.alarm_id
        self.journal.commit([passage(), passage(at=Instant(1.0, NOON - 5000.0))], CONTEXT)
        self.journal.acknowledge(AckRequest(self.alarm_id, "Ann", "seen"))
        self.place = self.data / folder_of(self.alarm_id, NOON)
        self.place.mkdir(parents=True)
        self.keep(CLIP, b"a film " * 900)
        self.keep(TIMELINE, json.dumps(LINE).encode() + b"\n")
        self.keep(SNAPSHOT, b"a picture")
        self.keep(FACE, b"a face")
        self.journal.index_evidence([EvidenceGap(self.alarm_id, "cam1", NOON, NOON + 2.0, "disk")])
        self.journal.hold_evidence(self.alarm_id, "Bob", "court")
        if not is_open:
            self.journal.commit([alarm(Change.CLEARED, at=Instant(9.0, NOON + 9.0))], CONTEXT)

    def keep(self, name: str, data: bytes, *, digest: str | None = None) -> None:
        """A whole file of evidence, indexed."""
        (self.place / name).write_bytes(data)
        file = EvidenceFile(
            self.alarm_id,
            folder_of(self.alarm_id, NOON),
            name,
            KINDS.get(name, "clip"),
            "cam1",
            len(data),
            digest or hashlib.sha256(data).hexdigest(),
            NOON - 10.0,
            NOON + 15.0,
            "post_roll",
        )
        self.journal.index_evidence([file])

    def enter(self, *, publish: bool = True) -> Trust:
        """The ledger takes everything up; what an auditor holds then."""
        while self.sequencer.turn():
            pass
        head = self.ledger.checkpoint()
        assert head is not None
        if publish:
            self.ledger.given_away(head)
        return Trust(self.key.verifier(head.head.origin), (head,))

    def grow(self, count: int) -> None:
        """So many entries about something else."""
        self.ledger.append(
            [Draft(Kind.PICTURE, f"other/{at}", NOON + 200.0, "x") for at in range(count)]
        )

    def export(self, target=None, makers=None, *, wait=lambda: False, copier=None, **more):
        """A bundle, and where it lies."""
        target = target or self.folder / "bundle.zip"
        order = Order(alarm_id=self.alarm_id, target=target, by="Cid", **more)
        with closing(LedgerReader.open(self.ledger.path)) as ledger:
            origin = ledger.origin or ""
            site = exporting.Site(
                site_id="hall",
                time_zone="Europe/Berlin",
                data_dir=self.data,
                journal=self.journal,
                ledger=ledger,
                verifier=self.key.verifier(origin),
                sign=lambda text: self.key.sign_text(text, origin),
                names=lambda ids: {one: name_of(one) for one in sorted(ids)},
                copy=copier or copy_plain,
                clock=self.clock,
                wait=wait,
            )
            return export(site, order, makers or MAKERS), target

    def close(self) -> None:
        self.journal.close()
        self.ledger.close()


def name_of(staff_id: str) -> str:
    """What somebody is called."""
    return f"name of {staff_id}"


def verified(path: Path, held: Trust):
    """The report on a bundle."""
    return judge(zip_reading.read(path), held)


def said(report) -> set[tuple[str, str]]:
    """The findings of a report, in no order."""
    return {(one.state.value, one.what) for one in report.findings}


def members(path: Path) -> dict[str, bytes]:
    """What is in a zip."""
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _page(case, target: Path) -> None:
    shown = [None if one.shown is None else one.shown.name for one in case.files]
    target.write_text(f"{case.alarm_id} {dict(case.names)} {shown}")


def _redacted(case, folder: Path):
    """Every file but the face has a copy; nobody is named."""
    files = []
    for one in case.files:
        if one.file.kind == "face":
            files.append(one)
            continue
        target = folder / f"redacted.{one.file.name}"
        target.write_bytes(b"blurred")
        files.append(replace(one, path=target, shown=target, derived="redacted"))
    messages = tuple({**one, "acknowledged": None} for one in case.revisions)
    return replace(case, files=tuple(files), revisions=messages)


def proxied(case, folder: Path):
    """Each clip has a copy."""
    files = []
    for one in case.files:
        target = folder / f"proxy.{one.file.name}"
        is_clip = one.file.kind == "clip"
        if is_clip:
            target.write_bytes(b"proxy")
        files.append(replace(one, shown=target, derived="proxy") if is_clip else one)
    return replace(case, files=tuple(files))


MAKERS = Makers(redacted=_redacted, replay_page=_page, report=_page)
