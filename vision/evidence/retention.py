"""Which evidence has had its time: a plan, computed from what there is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vision.outputs.evidence_values import Deletion, EvidenceFolder

YOUNG_S = 3600.0
"""Evidence that ended later than this ago is never deleted to make room: it may still grow."""


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """``keep_s``: from the end of the clip on. ``max_bytes`` None: no limit."""

    keep_s: float
    max_bytes: int | None = None


def plan_deletions(
    known: Iterable[EvidenceFolder], rules: RetentionRules, now_at: float
) -> Iterator[Deletion]:
    """What is to be deleted, the oldest first: by age, and then for as long as there is too much.

    Never what is held, and never what belongs to an open alarm.
    """
    folders = sorted(known, key=lambda one: one.end_at)
    left_bytes = sum(one.size_bytes for one in folders)
    for one in folders:
        age_s = now_at - one.end_at
        if one.is_held or one.is_open:
            continue
        if age_s >= rules.keep_s:
            reason = "age"
        elif rules.max_bytes is not None and left_bytes > rules.max_bytes and age_s >= YOUNG_S:
            reason = "space"
        else:
            continue
        left_bytes -= one.size_bytes
        yield Deletion(one.alarm_id, one.folder, reason)
