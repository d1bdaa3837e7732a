"""Holding evidence and an alarm's messages against entries of the ledger. Pure.

Used for bundles and for what lies on the site's own disk.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

from vision.bundles.manifest import KeptEvidence
from vision.bundles.proofs import Proven
from vision.ledger.checkpoints import Head
from vision.ledger.entries import Entry, Kind
from vision.ledger.verdicts import Finding, State

FILE_KINDS = frozenset({Kind.CLIP, Kind.TIMELINE, Kind.PICTURE})
DELETE = "delete"
"""What the ledger calls it when retention has deleted an alarm's files."""

_DIGITS = 9
"""No alarm has revisions of more."""


def not_proven(proven: Sequence[Proven], head: Head) -> Iterator[Finding]:
    """Entries that are not in the ledger as they stand, contents that were not entered so."""
    numbers = [one.entry.number for one in proven]
    if numbers != sorted(set(numbers)):
        yield Finding(State.ALTERED, "the entries do not stand in their order, each once")
    for one in proven:
        if not one.is_in(head):
            yield Finding(State.ALTERED, f"entry {one.entry.number} is not in the ledger so")
        if one.content is not None and one.content.digest != one.entry.digest:
            yield Finding(State.ALTERED, f"the content of entry {one.entry.number}")


def judged(alarm_id: str, kept: KeptEvidence, proven: Sequence[Proven]) -> Iterator[Finding]:
    """Whether the ledger has a file of evidence, and as it is."""
    if kept.entry is None:
        yield Finding(State.UNSIGNED, f"{kept.name} was not in the ledger yet")
        return
    found = next((one for one in proven if one.entry.number == kept.entry), None)
    if found is None:
        yield Finding(State.MISSING, f"entry {kept.entry}, which proves {kept.name}")
    elif not proves(found, alarm_id, kept):
        yield Finding(State.ALTERED, f"{kept.name} is not what entry {kept.entry} says")


def proves(found: Proven, alarm_id: str, kept: KeptEvidence) -> bool:
    """Whether an entry is about a file as it is."""
    if not is_about(found.entry, alarm_id, kept.name):
        return False
    content = fields(found)
    return (content.get("sha256"), content.get("size_bytes")) == (kept.sha256, kept.size_bytes)


def unaccounted(
    alarm_id: str, names: Collection[str], proven: Sequence[Proven]
) -> Iterator[Finding]:
    """Files that the ledger has and ``names`` does not, though no retention has deleted them."""
    entries = [one.entry for one in proven]
    deleted_to = max(
        (one.number for one in entries if one.ref == f"{alarm_id}/{DELETE}"), default=-1
    )
    known = {
        one.ref.removeprefix(f"{alarm_id}/"): one.number
        for one in entries
        if one.kind in FILE_KINDS and one.ref.startswith(f"{alarm_id}/")
    }
    for name, number in known.items():
        if name not in names and number > deleted_to:
            yield Finding(State.MISSING, f"{name}, which the ledger has as entry {number}")


def is_about(entry: Entry, alarm_id: str, name: str) -> bool:
    """Whether an entry is one of a file's digest."""
    return entry.kind in FILE_KINDS and entry.ref == f"{alarm_id}/{name}"


def fields(found: Proven) -> dict[str, Any]:
    """An entry's content, where it is a JSON object that is told and fits."""
    content = found.content
    if content is None or content.digest != found.entry.digest:
        return {}
    try:
        told = json.loads(content.text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def revisions(alarm_id: str, lines: bytes, proven: Sequence[Proven]) -> Iterator[Finding]:
    """Whether an alarm's messages are those that were entered, all of them."""
    entered: dict[int, list[Proven]] = {}
    for one in proven:
        number = revision_of(one.entry, alarm_id)
        if number is not None:
            entered.setdefault(number, []).append(one)
    told = {}
    *whole, rest = lines.split(b"\n")
    for line in (*whole, *([rest] if rest else [])):
        number = _number(line, alarm_id)
        if number is None or number in told:
            yield Finding(State.ALTERED, "a message in alarm.jsonl is none of this alarm")
        else:
            told[number] = line
            yield from _held_against(number, line, entered.get(number, []))
    for number, found in entered.items():
        if number not in told and any(one.content is not None for one in found):
            yield Finding(State.MISSING, f"revision {number} in alarm.jsonl")
    yield from _gaps({*entered, *told})


def revision_of(entry: Entry, alarm_id: str) -> int | None:
    """Which revision of the alarm an entry is; None where it is none."""
    about, _, number = entry.ref.rpartition("/")
    is_number = number.isascii() and number.isdecimal() and len(number) <= _DIGITS
    is_one = entry.kind == Kind.ALARM_REVISION and about == alarm_id and is_number
    return int(number) if is_one else None


def _held_against(number: int, line: bytes, entered: Sequence[Proven]) -> Iterator[Finding]:
    if not entered:
        yield Finding(State.UNSIGNED, f"revision {number} of the alarm was not in the ledger yet")
        return
    texts = [one.content.text.encode() for one in entered if one.content is not None]
    if texts and line not in texts:
        yield Finding(State.ALTERED, f"revision {number} in alarm.jsonl")


def _number(line: bytes, alarm_id: str) -> int | None:
    try:
        message = json.loads(line)
        number = message["revision"]
        is_ours = message["alarm_id"] == alarm_id and type(number) is int
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return number if is_ours and 0 < number < 10**_DIGITS else None


def _gaps(numbers: Collection[int]) -> Iterator[Finding]:
    """Revisions are counted from 1; what is between them and not there is missing."""
    there = [0, *sorted(numbers)]
    for before, after in pairwise(there):
        first, last = before + 1, after - 1
        if first <= last:
            span = str(first) if first == last else f"{first} to {last}"
            yield Finding(State.MISSING, f"revision {span} of the alarm")
