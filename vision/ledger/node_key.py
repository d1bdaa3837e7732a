"""The node's signing key: a file of its own, outside the data directory and its backups."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vision.ledger import signed_notes
from vision.ledger.checkpoints import Checkpoint, Head, signed
from vision.ledger.ledger_errors import KeyUnusableError
from vision.ledger.signed_notes import SignedNote, Verifier

PRIVATE = 0o600
_OTHERS = 0o077


class NodeKey:
    """An Ed25519 key; it signs, and nobody gets to see it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load_or_make(cls, path: Path) -> NodeKey:
        """Read the key, or make one where there is none. Raises KeyUnusableError."""
        try:
            return cls._load(path) if path.exists() else cls._make(path)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise KeyUnusableError(
                f"the ledger's key {path} cannot be used: {why}; let the service's user read it,"
                " or set ledger.key_file"
            ) from error

    @classmethod
    def _load(cls, path: Path) -> NodeKey:
        if path.stat().st_mode & _OTHERS:
            raise KeyUnusableError(f"the ledger's key {path} is open to others; chmod 600 it")
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError):
            # the reason might quote the file
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnusableError(f"{path} holds no Ed25519 key; bring the right file back")
        return cls(key)

    @classmethod
    def _make(cls, path: Path) -> NodeKey:
        """A new key, whole on disk before anybody can see it under its name."""
        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # a link fails where another process was quicker; a rename would take its key away
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return cls._load(path)
        finally:
            part.unlink()
        return cls(key)

    def sign(self, head: Head) -> Checkpoint:
        """Sign a head of a ledger."""
        return signed(head, self._key)

    def sign_text(self, text: str, origin: str) -> SignedNote:
        """Sign a text that is no head, under a ledger's name. NoteError where none may be."""
        return signed_notes.sign(text, origin, self._key)

    def verifier(self, origin: str) -> Verifier:
        """The public half, under the ledger's name: what auditors keep."""
        return Verifier(origin, self._key.public_key().public_bytes_raw())
