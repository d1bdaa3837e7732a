"""Judging a bundle: what it holds against its manifest, its proofs, and what the auditor holds.

Pure. Nothing in a bundle is believed by itself: the manifest because the node signed it, entries
because they lead to a signed root, the root because of what somebody kept elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vision.bundles import evidence_proofs, trust
from vision.bundles.manifest import (
    CHECKPOINT,
    ENTRIES,
    EVIDENCE,
    GROWTH,
    KEY,
    MANIFEST,
    NOTE,
    REVISIONS,
    KeptEvidence,
    Manifest,
    ManifestError,
    Role,
    note_text,
    path_of,
)
from vision.bundles.proofs import Growth, ProofError, Proven, parse_entries, parse_growth
from vision.bundles.trust import Trust
from vision.bundles.zip_reading import Contents, shown
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.signed_notes import NoteError, SignedNote, Verifier
from vision.ledger.verdicts import Finding, State, gravest


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was found. ``manifest``: what the bundle says of itself, None where it cannot."""

    manifest: Manifest | None
    entries: int
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        return gravest(self.findings)


def judge(contents: Contents, held: Trust) -> BundleReport:
    """Judge a bundle against what an auditor holds."""
    return _Judgement(contents, held).report()


class _Judgement:
    """One judgement; findings gather in the order in which they are made."""

    def __init__(self, contents: Contents, held: Trust) -> None:
        self._contents = contents
        self._held = held
        self._found = list(contents.findings)
        self._is_signed = False

    def report(self) -> BundleReport:
        manifest = self._manifest()
        if manifest is None:
            return BundleReport(None, 0, tuple(self._found))
        key = self._held.key or self._own_key()
        self._judge_note(manifest, key)
        self._judge_files(manifest)
        head = self._checkpoint(manifest, key)
        proven = self._entries(manifest, head)
        self._judge_evidence(manifest, proven)
        if head is not None:
            self._found += trust.against(head.head, self._held, self._growth(manifest))
        # what several steps look at is told once
        return BundleReport(manifest, len(proven), tuple(dict.fromkeys(self._found)))

    def _tell(self, state: State, what: str) -> None:
        self._found.append(Finding(state, what))

    def _text(self, name: str) -> bytes | None:
        """A file's text; where there is none, that is told."""
        if name not in self._contents.names:
            self._tell(State.MISSING, name)
        elif name not in self._contents.texts:
            self._tell(State.ALTERED, f"{name} cannot be read")
        return self._contents.texts.get(name)

    def _manifest(self) -> Manifest | None:
        if self._found and not self._contents.names:
            return None  # it could not be opened
        text = self._text(MANIFEST)
        try:
            return None if text is None else Manifest.parse(text)
        except ManifestError as error:
            self._tell(State.ALTERED, f"{MANIFEST}: {error}")
            return None

    def _own_key(self) -> Verifier | None:
        """The key that the bundle names; good enough to find damage, no more."""
        text = self._text(KEY)
        if text is None:
            return None
        try:
            return Verifier.parse(text.decode())
        except (NoteError, UnicodeDecodeError):
            self._tell(State.ALTERED, f"{KEY} holds no key")
            return None

    def _judge_note(self, manifest: Manifest, key: Verifier | None) -> None:
        text = self._text(NOTE)
        if text is None:
            return
        try:
            note = SignedNote.parse(text.decode())
        except (NoteError, UnicodeDecodeError) as error:
            self._tell(State.ALTERED, f"{NOTE}: {error}")
            return
        if key is None or not note.is_signed_by(key):
            by = ", ".join(shown(one.name) for one in note.signatures)
            self._tell(State.UNSIGNED, f"{NOTE} is signed by {by}, not by the key")
        wanted = note_text(self._contents.texts[MANIFEST], manifest.role, manifest.alarm_id)
        if note.text != wanted:
            self._tell(State.ALTERED, f"{MANIFEST} is not the one that was signed")
        elif len(note.signatures) != 1:
            self._tell(State.ALTERED, f"{NOTE} has {len(note.signatures)} signatures")
        else:
            self._is_signed = True

    def _judge_files(self, manifest: Manifest) -> None:
        """What is listed against what is there; the order counts as well."""
        listed = [one.path for one in manifest.files]
        if len(set(listed)) < len(listed):
            self._tell(State.ALTERED, f"{MANIFEST} lists a file twice")
        for one in manifest.files:
            if one.path not in self._contents.names:
                self._tell(State.MISSING, one.path)
            elif self._contents.digests.get(one.path) != (one.size_bytes, one.sha256):
                self._tell(State.ALTERED, one.path)
        expected = [*listed, MANIFEST, NOTE]
        extra = [name for name in self._contents.names if name not in set(expected)]
        for name in extra:
            self._tell(State.ALTERED, f"{shown(name)} is not in the manifest")
        there = [name for name in self._contents.names if name in set(expected)]
        if there != [name for name in expected if name in set(there)]:
            self._tell(State.ALTERED, "the files stand in another order than in the manifest")

    def _sound(self, manifest: Manifest, name: str) -> bytes | None:
        """A text that is as the manifest has it; what is not has been told."""
        listed = {one.path: one for one in manifest.files}.get(name)
        text = self._contents.texts.get(name)
        if listed is None:
            self._tell(State.MISSING, f"{name} is not in the manifest")
            return None
        is_sound = text is not None and hashlib.sha256(text).hexdigest() == listed.sha256
        return text if is_sound else None

    def _checkpoint(self, manifest: Manifest, key: Verifier | None) -> Checkpoint | None:
        text = self._sound(manifest, CHECKPOINT)
        if text is None:
            return None
        try:
            found = Checkpoint.parse(text.decode())
        except (NoteError, UnicodeDecodeError) as error:
            self._tell(State.ALTERED, f"{CHECKPOINT}: {error}")
            return None
        if key is None or not found.note.is_signed_by(key):
            self._tell(State.UNSIGNED, f"{CHECKPOINT} is not signed by the key")
        if (found.head.origin, found.head.size) != (manifest.origin, manifest.size):
            self._tell(State.ALTERED, f"{CHECKPOINT} is not the one that the manifest names")
        return found

    def _entries(self, manifest: Manifest, head: Checkpoint | None) -> tuple[Proven, ...]:
        """The entries that are in the ledger; those that are not are told."""
        text = self._sound(manifest, ENTRIES)
        if text is None or head is None:
            return ()
        try:
            proven = parse_entries(text)
        except ProofError as error:
            self._tell(State.ALTERED, f"{ENTRIES}: {error}")
            return ()
        self._found += evidence_proofs.not_proven(proven, head.head)
        return tuple(one for one in proven if one.is_in(head.head))

    def _judge_evidence(self, manifest: Manifest, proven: Sequence[Proven]) -> None:
        if self._sound(manifest, ENTRIES) is None:
            return
        for one in manifest.evidence:
            self._found += evidence_proofs.judged(manifest.alarm_id, one, proven)
            self._judge_place(manifest, one)
        known = {one.name for one in manifest.evidence}
        self._found += evidence_proofs.unaccounted(manifest.alarm_id, known, proven)
        for file in manifest.files:
            folder, _, name = file.path.partition("/")
            about = name if folder == EVIDENCE else file.of
            if about is not None and about not in known:
                self._tell(State.ALTERED, f"{file.path} belongs to no evidence in the manifest")
        lines = self._sound(manifest, REVISIONS)
        if lines is not None:
            self._found += evidence_proofs.revisions(manifest.alarm_id, lines, proven)

    def _judge_place(self, manifest: Manifest, one: KeptEvidence) -> None:
        """Evidence that is included lies where it should, with the digest that was recorded."""
        files = [file for file in manifest.files if file.path == path_of(one.name)]
        wanted = [(one.size_bytes, one.sha256)] if one.is_included else []
        if [(file.size_bytes, file.sha256) for file in files] != wanted:
            self._tell(State.ALTERED, f"{path_of(one.name)} is not as the manifest says")
        elif not one.is_included and manifest.role is Role.ORIGINAL:
            self._tell(State.MISSING, f"{path_of(one.name)} was left out when this was made")

    def _growth(self, manifest: Manifest) -> dict[int, tuple[bytes, ...]]:
        """Paths from older checkpoints, of a bundle whose manifest was signed."""
        text = self._contents.texts.get(GROWTH)
        if text is None or not self._is_signed or self._sound(manifest, GROWTH) is None:
            return {}
        try:
            return by_size(parse_growth(text))
        except ProofError as error:
            self._tell(State.ALTERED, f"{GROWTH}: {error}")
            return {}


def by_size(growth: Iterable[Growth]) -> dict[int, tuple[bytes, ...]]:
    """Proofs of growth by the number of entries that they begin with."""
    return {one.size: one.path for one in growth}
