"""Holding the evidence on the site's own disk against its index and the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vision.bundles import evidence_proofs, gathering, trust
from vision.bundles.gathering import Copied, Copy, Stored, Wait
from vision.bundles.ledger_extract import Scene, extract
from vision.bundles.manifest import KeptEvidence
from vision.bundles.proofs import Proven
from vision.bundles.trust import Trust
from vision.evidence.places import whole
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.ledger import LedgerReader
from vision.ledger.signed_notes import Verifier
from vision.ledger.verdicts import Finding, State, gravest
from vision.outputs.journal import Journal

_NOWHERE = Scene((), 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was found of one alarm. ``files``: how many the index knows."""

    alarm_id: str
    files: int
    head: Checkpoint
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        return gravest(self.findings)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a site keeps things. ``key``: its own public key, where the auditor gave none."""

    data_dir: Path
    copy: Copy
    journal: Journal
    ledger: LedgerReader
    key: Verifier


def check(site: Kept, alarm_id: str, held: Trust, wait: Wait) -> SiteReport:
    """Check an alarm's files. Raises JournalError, LedgerError, OSError for the working folder."""
    found = gathering.standing(site.journal, site.ledger.positions, alarm_id, wait)
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=site.data_dir) as work:
        stored = Stored(site.data_dir, site.copy, lambda: site.journal.evidence_of(alarm_id)[0])
        copies = gathering.copied(found, stored, Path(work))
    proofs = extract(site.ledger, alarm_id, _NOWHERE)
    kept = gathering.kept(copies, proofs, alarm_id, ())
    findings = [
        *_on_disk(copies, site.data_dir),
        *evidence_proofs.not_proven(proofs.proven, proofs.head.head),
        *(one for file in kept for one in _in_ledger(file, proofs.proven, alarm_id)),
        *evidence_proofs.unaccounted(alarm_id, {one.name for one in kept}, proofs.proven),
    ]
    if not proofs.head.note.is_signed_by(held.key or site.key):
        findings.append(Finding(State.UNSIGNED, "the ledger's head is not signed by the key"))
    findings += trust.against(proofs.head.head, held)
    return SiteReport(alarm_id, len(kept), proofs.head, tuple(findings))


def _on_disk(copies: tuple[Copied, ...], data_dir: Path) -> Iterator[Finding]:
    for one in copies:
        if one.fault is not None:
            is_there = (data_dir / one.file.folder / one.file.name).exists()
            state = State.ALTERED if is_there else State.MISSING
            yield Finding(state, f"{one.file.folder}/{one.file.name} {one.fault}")
    known = {one.file.name for one in copies}
    for folder in sorted({one.file.folder for one in copies}):
        for path in sorted((data_dir / folder).glob("*")):
            if path.name not in known and whole(path.name) is None:
                yield Finding(State.ALTERED, f"{folder}/{path.name} is not in the index")


def _in_ledger(file: KeptEvidence, proven: tuple[Proven, ...], alarm_id: str) -> Iterator[Finding]:
    if file.entry is not None:
        return
    about = [one for one in proven if evidence_proofs.is_about(one.entry, alarm_id, file.name)]
    if any(one.content is not None for one in about):
        yield Finding(State.ALTERED, f"the index has another {file.name} than the ledger")
    elif not about:
        yield Finding(State.UNSIGNED, f"{file.name} is not in the ledger yet")
    else:
        yield Finding(State.UNPROVEN, f"what the ledger held of {file.name} was erased")
