"""Signed notes as C2SP describes them: a text, a blank line, and Ed25519 signatures below.

The format of the Go checksum database and of transparency logs, so that an auditor needs
nothing of ours to check one. Bytes in and out; no file and no ledger.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_ID_BYTES = 4
_KEY_BYTES = 33
MAX_NOTE_BYTES = 64 * 1024


class NoteError(Exception):
    """A text is no signed note, or no key of one; the message says why."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under. ``str`` gives it as ``name+id+key``."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        head = self.name.encode() + b"\n" + _ED25519
        return hashlib.sha256(head + self.public_key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        key = base64.b64encode(_ED25519 + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read ``name+id+key``. Raises NoteError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = decoded(encoded)
        if not _is_name(name) or key[:1] != _ED25519 or len(key) != _KEY_BYTES:
            raise NoteError("this is no public key of the form name+id+key")
        found = cls(name, key[1:])
        if found.key_id.hex() != key_id:
            raise NoteError(f"the id of the key does not fit; {found.key_id.hex()} would")
        return found


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature below a note."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note: ``text`` ends in a newline, and is what the signatures cover."""

    text: str
    signatures: tuple[SignatureLine, ...]

    @classmethod
    def parse(cls, note: str) -> SignedNote:
        """Read a note. Raises NoteError."""
        if len(note) > MAX_NOTE_BYTES:
            raise NoteError("it is too long for a signed note")
        text, blank, below = note.rpartition("\n\n")
        if not blank or not text or not below.endswith("\n"):
            raise NoteError("it is no signed note: text, blank line, signatures")
        return cls(text + "\n", tuple(_signature_line(line) for line in below[:-1].split("\n")))

    def __str__(self) -> str:
        lines = (
            f"{_DASH}{one.name} {base64.b64encode(one.key_id + one.signature).decode()}\n"
            for one in self.signatures
        )
        return f"{self.text}\n{''.join(lines)}"

    def is_signed_by(self, verifier: Verifier) -> bool:
        """Whether one of the signatures is that key's, and right."""
        key = Ed25519PublicKey.from_public_bytes(verifier.public_key)
        for one in self.signatures:
            if (one.name, one.key_id) != (verifier.name, verifier.key_id):
                continue
            try:
                key.verify(one.signature, self.text.encode())
            except InvalidSignature:
                return False
            return True
        return False


def sign(text: str, name: str, key: Ed25519PrivateKey) -> SignedNote:
    """Sign a text, which must end in a newline. Raises NoteError for what no note may hold."""
    if not text.endswith("\n") or "\n\n" in text or not _is_name(name):
        raise NoteError("a note's text ends in a newline and has no empty line")
    verifier = Verifier(name, key.public_key().public_bytes_raw())
    line = SignatureLine(name, verifier.key_id, key.sign(text.encode()))
    return SignedNote(text, (line,))


def _signature_line(line: str) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signature = decoded(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or len(signature) <= _ID_BYTES:
        raise NoteError("a line below the note is no signature")
    return SignatureLine(name, signature[:_ID_BYTES], signature[_ID_BYTES:])


def decoded(text: str) -> bytes:
    """The bytes of standard base64; one text for each value. Raises NoteError."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("it holds something that is no base64") from error
    if base64.b64encode(found).decode() != text:
        # the last character has bits that a decoder ignores
        raise NoteError("it holds something that is no base64")
    return found


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(one.isspace() for one in name)
