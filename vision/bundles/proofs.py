"""Entries of the ledger with their proofs, as a bundle carries them: values and their lines.

One JSON object a line. The entry's leaf is computed from its fields, so nothing that a line says
of an entry is believed before its path has led to a signed root.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vision.ledger import merkle
from vision.ledger.checkpoints import Head
from vision.ledger.entries import VERSION, Content, Entry
from vision.ledger.merkle import HASH_BYTES


class ProofError(Exception):
    """A line is no proof; the message says which."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry, the path from it to a root, and its content where that is told."""

    entry: Entry
    path: tuple[bytes, ...]
    content: Content | None

    def is_in(self, head: Head) -> bool:
        """Whether the path leads to the head's root."""
        number, leaf = self.entry.number, self.entry.leaf_hash
        return merkle.includes(head.root, head.size, number, leaf, self.path)


@dataclass(frozen=True, slots=True)
class Growth:
    """The path from the root over the first ``size`` entries to a later one."""

    size: int
    path: tuple[bytes, ...]


def entry_lines(proven: Iterable[Proven]) -> str:
    """The entries as text."""
    return "".join(f"{_compact(_entry_fields(one))}\n" for one in proven)


def _entry_fields(one: Proven) -> Mapping[str, object]:
    content = one.content
    return {
        "entry": json.loads(one.entry.leaf),
        "path": [step.hex() for step in one.path],
        "content": None if content is None else {"salt": content.salt.hex(), "text": content.text},
    }


def growth_lines(growth: Iterable[Growth]) -> str:
    """The proofs of growth as text."""
    return "".join(
        f"{_compact({'size': one.size, 'path': [step.hex() for step in one.path]})}\n"
        for one in growth
    )


def parse_entries(text: bytes) -> tuple[Proven, ...]:
    """Read entries. Raises ProofError."""
    found = []
    for number, line in enumerate(_lines(text), 1):
        try:
            fields = json.loads(line)
            told = _exactly(fields, {"entry", "path", "content"})
            proven = Proven(_entry(told["entry"]), _path(told["path"]), _content(told["content"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProofError(f"line {number} is no entry") from error
        found.append(proven)
    return tuple(found)


def parse_growth(text: bytes) -> tuple[Growth, ...]:
    """Read proofs of growth. Raises ProofError."""
    found = []
    for number, line in enumerate(_lines(text), 1):
        try:
            told = _exactly(json.loads(line), {"size", "path"})
            found.append(Growth(_number(told["size"]), _path(told["path"])))
        except (ValueError, TypeError, RecursionError) as error:
            raise ProofError(f"line {number} is no proof of growth") from error
    return tuple(found)


def _entry(found: object) -> Entry:
    names = {"at_ms", "digest", "kind", "number", "ref", "source", "source_seq", "v"}
    told = _exactly(found, names)
    if told["v"] != VERSION:
        raise ValueError("an entry of another version")
    return Entry(
        number=_number(told["number"]),
        kind=_text(told["kind"]),
        ref=_text(told["ref"]),
        at_ms=_number(told["at_ms"]),
        source=_text(told["source"]),
        source_seq=_number(told["source_seq"]),
        digest=bytes.fromhex(_text(told["digest"])),
    )


def _content(found: object) -> Content | None:
    if found is None:
        return None
    told = _exactly(found, {"salt", "text"})
    text = _text(told["text"])
    text.encode()  # half a character cannot have been entered
    return Content(bytes.fromhex(_text(told["salt"])), text)


def _path(found: object) -> tuple[bytes, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise TypeError("a path is a list")
    path = tuple(bytes.fromhex(_text(one)) for one in found)
    if any(len(one) != HASH_BYTES for one in path):
        raise ValueError("a path is made of hashes")
    return path


def _exactly(found: object, names: set[str]) -> Mapping[str, object]:
    if not isinstance(found, Mapping) or set(found) != names:
        raise ValueError("other fields")
    return found


def _number(found: object) -> int:
    if not isinstance(found, int) or isinstance(found, bool):
        raise TypeError("no number")
    return found


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("no text")
    return found


def _lines(text: bytes) -> list[bytes]:
    return text.split(b"\n")[:-1] if text.endswith(b"\n") or not text else text.split(b"\n")


def _compact(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
