"""Checkpoints: the signed head of the ledger (C2SP tlog-checkpoint), and how it travels.

Values and texts. A checkpoint names the ledger, how many entries it has, and the root over
them; whoever keeps one elsewhere can tell later whether anything before it was touched.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vision.ledger import signed_notes
from vision.ledger.merkle import HASH_BYTES
from vision.ledger.signed_notes import NoteError, SignedNote, decoded

_LINES = 3


@dataclass(frozen=True, slots=True)
class Head:
    """``origin`` names the ledger; ``root`` is the Merkle root over its first ``size`` entries."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head and the note that signs it."""

    head: Head
    note: SignedNote

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a checkpoint, or the MQTT message that carried one. Raises NoteError."""
        if text.lstrip().startswith("{"):
            text = _carried(text)
        note = SignedNote.parse(text)
        lines = note.text.split("\n")
        if len(lines) <= _LINES:
            raise NoteError("a checkpoint has a name, a size and a root")
        origin, size, encoded = lines[:3]
        root = decoded(encoded)
        if not origin or not _is_size(size) or len(root) != HASH_BYTES:
            raise NoteError("a checkpoint has a name, a size and a root of 32 bytes")
        return cls(Head(origin, int(size), root), note)

    def __str__(self) -> str:
        return str(self.note)


def signed(head: Head, key: Ed25519PrivateKey) -> Checkpoint:
    """Sign a head; the key signs under the ledger's own name."""
    return Checkpoint(head, signed_notes.sign(str(head), head.origin, key))


def _carried(message: str) -> str:
    try:
        found = json.loads(message)["checkpoint"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoteError("the message carries no checkpoint") from error
    if not isinstance(found, str):
        raise NoteError("the message carries no checkpoint")
    return found


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdecimal() and (text == "0" or text[0] != "0")
