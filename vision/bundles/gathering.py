"""Gathering one alarm for people: journal, ledger and disk into a working folder.

The ledger is the lasting source, for the journal forgets messages that were taken; what the ledger
has not taken up yet comes out of the journal. Whatever cannot be had is a remark, in words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.bundles import evidence_proofs
from vision.bundles.ledger_extract import Extract, Scene
from vision.bundles.manifest import EVIDENCE, KeptEvidence
from vision.bundles.proofs import Proven
from vision.evidence.places import ROOT, FileKind, whole
from vision.ledger.entries import Kind
from vision.outputs import journal_ledger
from vision.outputs.evidence_values import EvidenceFile, EvidenceGap, Hold
from vision.outputs.journal import Journal
from vision.outputs.journal_evidence import EXPORT
from vision.outputs.journal_values import AlarmRecord, LedgerRow

_AT_ONCE = 1000
_TRIES = 3
_KINDS = tuple(FileKind)

Wait = Callable[[], bool]
"""Waits a moment; False where there is no time left."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the journal says of an alarm now. ``waiting``: what the ledger has yet to take up."""

    record: AlarmRecord | None
    files: tuple[EvidenceFile, ...]
    gaps: tuple[EvidenceGap, ...]
    hold: Hold | None
    waiting: tuple[LedgerRow, ...]


class UnreadableError(Exception):
    """A stored file cannot be put in the clear; the message says why."""


Copy = Callable[[Path, Path], None]
"""``copy(stored, target)`` puts a file of evidence in the clear: ``reading.copy_plain``.

Raises UnreadableError, and OSError where a disk fails.
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """Evidence on the disk.

    ``index``: the files as they are known now; a better picture may take another's place.
    """

    data_dir: Path
    copy: Copy
    index: Callable[[], Sequence[EvidenceFile]]


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of evidence; ``path`` is its copy in the clear, ``fault`` why there is none."""

    file: EvidenceFile
    path: Path
    fault: str | None


def standing(
    journal: Journal, positions: Callable[[], Mapping[str, int]], alarm_id: str, wait: Wait
) -> Standing:
    """Read the journal, once the ledger has caught up, or the time is over.

    ``positions``: how far the ledger has read.
    """
    while (waiting := tuple(_waiting(journal, positions(), alarm_id))) and wait():
        pass
    return Standing(journal.alarm(alarm_id), *journal.evidence_of(alarm_id), waiting)


def _waiting(journal: Journal, positions: Mapping[str, int], alarm_id: str) -> Iterator[LedgerRow]:
    for source in journal_ledger.SOURCES:
        after = positions.get(source, 0)
        while rows := journal.rows_for_ledger(source, after, _AT_ONCE):
            yield from (row for row in rows if _matters(row.ref, alarm_id))
            after = rows[-1].seq


def _matters(ref: str, alarm_id: str) -> bool:
    """Whether a row is about the alarm; that it was exported before keeps nobody waiting."""
    about, _, what = ref.partition("/")
    return about == alarm_id and what != EXPORT


def scene_of(found: Standing, now_at: float) -> Scene:
    """Where and when the alarm was, as far as anything of it was kept."""
    begins, ends = [one.begin_at for one in found.files], [one.end_at for one in found.files]
    cameras = {one.camera_id for one in found.files}
    if found.record is not None:
        begins.append(found.record.raised_at)
        ends.append(found.record.cleared_at or now_at)
        cameras |= set(found.record.cameras)
    return Scene(frozenset(cameras), min(begins, default=0.0), max(ends, default=0.0))


def revisions(found: Standing, proven: Sequence[Proven], alarm_id: str) -> tuple[str, ...]:
    """Every message about the alarm that can be had, the oldest first, as it went out."""
    numbered = [(evidence_proofs.revision_of(one.entry, alarm_id), one) for one in proven]
    entered = {number: one for number, one in numbered if number is not None}
    texts = {number: one.content.text for number, one in entered.items() if one.content is not None}
    for row in found.waiting:
        if row.kind == Kind.ALARM_REVISION:
            texts.setdefault(int(row.ref.rpartition("/")[2]), row.content)
    record = found.record
    if record is not None and record.revision not in entered:
        texts.setdefault(record.revision, record.payload)
    return tuple(text for _, text in sorted(texts.items()))


def copied(found: Standing, stored: Stored, work: Path) -> tuple[Copied, ...]:
    """Copy the files into the working folder, each held against the index.

    Files are in the order of kind, camera and part. OSError where the working folder is full.
    """
    (work / EVIDENCE).mkdir(exist_ok=True)
    now = {one.name: one for one in found.files}
    done: dict[str, Copied] = {}
    for _ in range(_TRIES):
        for name, file in now.items():
            if name not in done or done[name].file != file:
                done[name] = _copy(file, stored, work / EVIDENCE / name)
        faulty = {name for name, one in done.items() if one.fault is not None}
        now = {one.name: one for one in stored.index() if one.name in faulty} if faulty else {}
    return tuple(sorted(done.values(), key=lambda one: _place(one.file)))


def _copy(file: EvidenceFile, stored: Stored, target: Path) -> Copied:
    path = stored.data_dir / file.folder / file.name
    if not path.is_file():
        return Copied(file, target, "is not there")
    try:
        stored.copy(path, target)
    except UnreadableError as error:
        return Copied(file, target, f"cannot be read: {error}")
    is_right = (target.stat().st_size, sha256_of(target)) == (file.size_bytes, file.sha256)
    return Copied(file, target, None if is_right else "is not as it was recorded")


def _place(file: EvidenceFile) -> tuple[int, str, int, str]:
    kind = _KINDS.index(FileKind(file.kind)) if file.kind in _KINDS else len(_KINDS)
    part = file.name.removeprefix(f"{file.camera_id}.").partition(".")[0]
    number = int(part) if part.isascii() and part.isdecimal() else 0
    return kind, file.camera_id, number, file.name


def kept(
    copies: Sequence[Copied], extract: Extract, alarm_id: str, left_out: Collection[str]
) -> tuple[KeptEvidence, ...]:
    """The files as a manifest names them, each with the entry that proves it."""
    found = []
    for one in copies:
        file = one.file
        told = KeptEvidence(
            name=file.name,
            kind=file.kind,
            camera=file.camera_id,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            entry=None,
            is_included=one.fault is None and file.name not in left_out,
        )
        found.append(with_entry(told, extract.proven, alarm_id))
    return tuple(found)


def with_entry(told: KeptEvidence, proven: Sequence[Proven], alarm_id: str) -> KeptEvidence:
    """The file with the newest entry that is about it as it is, if there is one."""
    numbers = [one.entry.number for one in proven if evidence_proofs.proves(one, alarm_id, told)]
    return KeptEvidence(
        told.name,
        told.kind,
        told.camera,
        told.size_bytes,
        told.sha256,
        max(numbers, default=None),
        told.is_included,
    )


def growing(data_dir: Path, alarm_id: str) -> tuple[str, ...]:
    """The names of files that are not whole yet."""
    found = (data_dir / ROOT).glob(f"*/{alarm_id}/*")
    return tuple(sorted(name for path in found if (name := whole(path.name)) is not None))


def staff_ids(texts: Sequence[str]) -> frozenset[str]:
    """Everybody whom messages and timelines name, by staff id."""
    found: set[str] = set()
    for text in texts:
        if "staff_id" in text:
            with suppress(ValueError, RecursionError):
                # a line that cannot be read names nobody
                _note_ids(json.loads(text), found)
    return frozenset(found)


def _note_ids(value: Any, found: set[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _note_ids(one, found)
    elif isinstance(value, dict):
        name = value.get("staff_id")
        if isinstance(name, str):
            found.add(name)
        for one in value.values():
            _note_ids(one, found)


def sha256_of(path: Path) -> str:
    """A file's digest, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
