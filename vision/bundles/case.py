"""What is known of one alarm, gathered for people: reports, replay pages, bundles. Frozen data.

Whoever gathers a case reads journal, register, ledger and disk; whoever shows one reads nothing
but the case and the files that it names. All files lie in the clear, in one working folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.outputs.evidence_values import EvidenceFile, EvidenceGap, Hold


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One file of evidence. ``path``: the file itself, as it was recorded.

    ``shown``: what a browser can play or show in its place: the same file, or a copy derived from
    it (``derived`` says how: ``proxy`` for H.265 that was encoded again as H.264, ``redacted``
    where faces of others are blurred). None where there is nothing to show.
    """

    file: EvidenceFile
    path: Path
    shown: Path | None
    derived: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One alarm with all its evidence.

    ``time_zone``: the site's, an IANA name. ``revisions``: every message about the alarm as it
    went out, the oldest first, acknowledgements within them. ``names``: what to call whom, by
    staff id; who is not in it is called by the id, and where names are left out it is empty.
    ``files``: in the order of kind, camera and part. ``redacted``: whether faces of others were
    blurred and names left out. ``made_at``: POSIX seconds, UTC.
    """

    site: str
    time_zone: str
    alarm_id: str
    revisions: tuple[Mapping[str, Any], ...]
    files: tuple[CaseFile, ...]
    gaps: tuple[EvidenceGap, ...]
    hold: Hold | None
    names: Mapping[str, str]
    redacted: bool
    made_at: float
