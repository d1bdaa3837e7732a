"""Exporting one alarm: gather, derive, prove, sign, pack, in that order.

The one place that knows the whole way. What it needs of the site comes in as values and
functions; it opens no configuration, no register and no key.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vision.bundles import gathering, readme, zip_writing
from vision.bundles.anonymous import Pseudonyms, anonymous_case, subjects_of
from vision.bundles.case import Case
from vision.bundles.deriving import REPLAY, REPORT, Deriving
from vision.bundles.gathering import Copied, Standing, Wait, sha256_of
from vision.bundles.ledger_extract import Extract, extract, without_people
from vision.bundles.makers import Makers
from vision.bundles.manifest import (
    CHECKPOINT,
    ENTRIES,
    EVIDENCE,
    GROWTH,
    KEY,
    MANIFEST,
    NOTE,
    REVISIONS,
    SHOWN,
    BundledFile,
    KeptEvidence,
    Manifest,
    Role,
    note_text,
)
from vision.bundles.proofs import entry_lines, growth_lines
from vision.evidence.reading import EvidenceReader
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.ledger import LedgerReader
from vision.ledger.signed_notes import SignedNote, Verifier
from vision.outputs.evidence_values import EvidenceFile, ExportNote
from vision.outputs.journal import Journal
from vision.outputs.messages import encode

Names = Callable[[frozenset[str]], Mapping[str, str]]
"""What to call people, by staff id; those who are not on the register any more are left out."""

_WHAT = {
    readme.NAME: "how to verify this",
    REPLAY: "replay page",
    REPORT: "report",
    REVISIONS: "messages about the alarm",
    ENTRIES: "entries of the ledger with their proofs",
    GROWTH: "proofs that the ledger has only grown",
    CHECKPOINT: "checkpoint of the ledger",
    KEY: "the site's public key; prove it elsewhere",
}
_ORDER = (readme.NAME, REPLAY, REPORT, EVIDENCE, SHOWN, REVISIONS, CHECKPOINT, ENTRIES, GROWTH, KEY)


class NamesMissingError(Exception):
    """The register cannot be asked for names; the message says why."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site as far as an export needs it. ``sign`` signs a text under the ledger's name."""

    site_id: str
    time_zone: str
    data_dir: Path
    reader: EvidenceReader
    journal: Journal
    ledger: LedgerReader
    verifier: Verifier
    sign: Callable[[str], SignedNote]
    names: Names
    clock: Callable[[], float]
    wait: Wait


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported, for whom. ``held``: older checkpoints that an auditor has."""

    alarm_id: str
    target: Path
    by: str
    note: str = ""
    is_redacted: bool = False
    is_forced: bool = False
    held: tuple[Checkpoint, ...] = ()
    made_with: str = "bondwatch"


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was written. ``faults``: evidence that is gone or is not as it was."""

    manifest: Manifest
    sha256: str
    size_bytes: int
    faults: tuple[str, ...]


def export(site: Site, order: Order, makers: Makers) -> Exported:
    """Write a bundle. It is journalled before it takes its name.

    Raises FileExistsError, OSError, EvidenceKeyMissingError, JournalError, LedgerError,
    HistoryError; then no bundle is there, and nothing is left but, where the disk failed at the
    very end, a note of the attempt.
    """
    with tempfile.TemporaryDirectory(prefix=".bondwatch-", dir=order.target.parent) as work:
        return _Export(site, order, Path(work)).run(makers)


class _Export:
    """One export in its working folder."""

    def __init__(self, site: Site, order: Order, work: Path) -> None:
        self._site = site
        self._order = order
        self._work = work
        self._now_at = site.clock()
        self._remarks: list[str] = []

    def run(self, makers: Makers) -> Exported:
        site, order = self._site, self._order
        found = gathering.standing(site.journal, site.ledger.positions, order.alarm_id, site.wait)
        copies = gathering.copied(found, self._files_now, site.data_dir, self._work, site.reader)
        scene = gathering.scene_of(found, self._now_at)
        proofs = extract(site.ledger, order.alarm_id, scene, order.held)
        texts = gathering.revisions(found, proofs.proven, order.alarm_id)
        making = Deriving(makers, self._work)
        case = self._case(found, copies, texts)
        if order.is_redacted:
            proofs = without_people(proofs)
            case = _redacted(case, copies, making)
            texts = tuple(encode(one) for one in case.revisions)
        else:
            case = replace(case, files=making.playable(copies))
        making.pages(case)
        self._remarks += making.remarks
        manifest = self._manifest(found, copies, proofs, case)
        self._write_texts(texts, proofs)
        manifest = self._signed(manifest)
        faults = tuple(f"{one.file.name}: {one.fault}" for one in copies if one.fault)
        return self._packed(manifest, faults)

    def _files_now(self) -> Sequence[EvidenceFile]:
        return self._site.journal.evidence_of(self._order.alarm_id)[0]

    def _case(self, found: Standing, copies: Sequence[Copied], texts: Sequence[str]) -> Case:
        """The case, but for its files: which copies stand for them is still to be seen."""
        return Case(
            site=self._site.site_id,
            time_zone=self._site.time_zone,
            alarm_id=self._order.alarm_id,
            revisions=tuple(json.loads(text) for text in texts),
            files=(),
            gaps=found.gaps,
            hold=found.hold,
            names={} if self._order.is_redacted else self._names(texts, copies),
            redacted=False,
            made_at=self._now_at,
        )

    def _names(self, texts: Sequence[str], copies: Sequence[Copied]) -> Mapping[str, str]:
        lines = [
            line
            for one in copies
            if one.fault is None and one.file.kind == "timeline"
            for line in one.path.read_text("utf-8").splitlines()
        ]
        try:
            return self._site.names(gathering.staff_ids((*texts, *lines)))
        except NamesMissingError as error:
            self._remarks.append(f"people are called by their ids: {error}")
            return {}

    def _manifest(
        self, found: Standing, copies: Sequence[Copied], proofs: Extract, case: Case
    ) -> Manifest:
        """All but the list of files, which are not all written yet."""
        order, redacted = self._order, case.redacted
        out = [one.file.name for one in copies if redacted and one.fault is None]
        evidence = gathering.kept(copies, proofs, order.alarm_id, out)
        for name in out:
            (self._work / EVIDENCE / name).unlink()
        self._remarks += _remarks(found, copies, evidence, case.revisions)
        unfinished = self._unfinished(found)
        return Manifest(
            role=Role.DERIVED if redacted else Role.ORIGINAL,
            site=self._site.site_id,
            time_zone=self._site.time_zone,
            alarm_id=order.alarm_id,
            origin=proofs.head.head.origin,
            size=proofs.head.head.size,
            is_finished=not unfinished,
            made_at=self._now_at,
            made_by=order.by,
            made_with=order.made_with,
            remarks=(*unfinished, *self._remarks),
            evidence=evidence,
            files=tuple(_derived(self._work, *copy) for copy in _copies(case)),
        )

    def _unfinished(self, found: Standing) -> list[str]:
        told = []
        if found.record is not None and found.record.is_open:
            told.append("the alarm was still open")
        growing = gathering.growing(self._site.data_dir, self._order.alarm_id)
        told += [f"{name} was still growing and is not in here" for name in growing]
        return told

    def _write_texts(self, texts: Sequence[str], proofs: Extract) -> None:
        (self._work / ENTRIES).parent.mkdir()
        written = {
            REVISIONS: "".join(f"{text}\n" for text in texts),
            CHECKPOINT: str(proofs.head),
            ENTRIES: entry_lines(proofs.proven),
            KEY: f"{self._site.verifier}\n",
        }
        if proofs.growth:
            written[GROWTH] = growth_lines(proofs.growth)
        for name, text in written.items():
            (self._work / name).write_text(text, encoding="utf-8", newline="")

    def _signed(self, manifest: Manifest) -> Manifest:
        """The manifest with every file, on disk beside the note that signs it."""
        text = readme.text(manifest, self._order.target.name)
        (self._work / readme.NAME).write_text(text, encoding="utf-8")
        manifest = replace(manifest, files=_listed(self._work, manifest))
        data = str(manifest).encode()
        (self._work / MANIFEST).write_bytes(data)
        note = self._site.sign(note_text(data, manifest.role, manifest.alarm_id))
        (self._work / NOTE).write_text(str(note), encoding="utf-8")
        return manifest

    def _packed(self, manifest: Manifest, faults: tuple[str, ...]) -> Exported:
        order, told = self._order, []

        def journalled(part: Path) -> None:
            size_bytes = part.stat().st_size
            told.append((sha256_of(part), size_bytes))
            note = ExportNote(
                by=order.by,
                note=order.note,
                role=manifest.role,
                manifest_sha256=sha256_of(self._work / MANIFEST),
                files=len(manifest.files),
                size_bytes=size_bytes,
            )
            self._site.journal.note_export(order.alarm_id, note)

        zip_writing.write(
            self._work,
            [*(one.path for one in manifest.files), MANIFEST, NOTE],
            order.target,
            before=journalled,
            is_forced=order.is_forced,
        )
        ((sha256, size_bytes),) = told
        return Exported(manifest, sha256, size_bytes, faults)


def _remarks(
    found: Standing,
    copies: Sequence[Copied],
    evidence: Sequence[KeptEvidence],
    messages: Sequence[Mapping[str, object]],
) -> list[str]:
    told = [f"{one.file.name} was left out: {one.fault}" for one in copies if one.fault]
    told += [f"{one.name} was not in the ledger yet" for one in evidence if one.entry is None]
    told += [
        f"missing: {gap.camera_id}, {gap.to_at - gap.from_at:.1f} s ({gap.reason})"
        for gap in found.gaps
    ]
    if not copies:
        told.append("no file of evidence is kept of this alarm")
    if found.waiting:
        told.append("the ledger had not taken up everything about the alarm yet")
    if not messages:
        told.append("no message about the alarm could be had any more")
    return told


def _redacted(case: Case, copies: Sequence[Copied], making: Deriving) -> Case:
    """The case as others may see it: nobody is named, and of all files there are copies."""
    pseudonyms = Pseudonyms(subjects_of(case.revisions))
    files = making.redacted(copies, pseudonyms)
    return replace(anonymous_case(case, pseudonyms), files=files)


def _copies(case: Case) -> Iterator[tuple[Path, str, str]]:
    """Each copy with what it is, and the name of the evidence that it was made of."""
    for one in case.files:
        if one.shown is not None and one.derived is not None:
            yield one.shown, one.derived, one.file.name


def _derived(work: Path, copy: Path, what: str, of: str) -> BundledFile:
    return _file(work, str(copy.relative_to(work)), what, Role.DERIVED, of)


def _listed(work: Path, manifest: Manifest) -> tuple[BundledFile, ...]:
    """Every file of the working folder, in the order in which people look for them."""
    copies = {one.path: one for one in manifest.files}
    kinds = {f"{EVIDENCE}/{one.name}": one.kind for one in manifest.evidence if one.is_included}
    found = []
    for name in (*kinds, *copies, *_WHAT):
        if name in copies:
            found.append(copies[name])
        elif name in kinds:
            found.append(_file(work, name, kinds[name], Role.ORIGINAL))
        elif (work / name).exists():
            is_made = name in (REPLAY, REPORT) or (
                name == REVISIONS and manifest.role is Role.DERIVED
            )
            role = Role.DERIVED if is_made else Role.ORIGINAL
            found.append(_file(work, name, _WHAT[name], role))
    return tuple(sorted(found, key=_rank))


def _file(work: Path, name: str, what: str, role: Role, of: str | None = None) -> BundledFile:
    path = work / name
    return BundledFile(name, what, role, path.stat().st_size, sha256_of(path), of)


def _rank(file: BundledFile) -> int:
    """Evidence keeps its own order."""
    folder = file.path.partition("/")[0]
    return _ORDER.index(folder if folder in (EVIDENCE, SHOWN) else file.path)
