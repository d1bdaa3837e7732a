"""Sealing bytes with AES-256-GCM: what is sealed opens only with its key and in its place.

The one module that calls the cipher. Keys come in and go out as bytes; where they are kept is
not known here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
OVERHEAD_BYTES = _NONCE_BYTES + _TAG_BYTES


class SealBrokenError(Exception):
    """What was to be opened was sealed with another key, for another place, or is damaged."""


def new_key() -> bytes:
    """A random key of 256 bits."""
    return os.urandom(KEY_BYTES)


def place(purpose: str, *names: str) -> bytes:
    r"""What binds sealed bytes to their place: a purpose and the names of the row they belong to.

    >>> place("template", "1f", "ann")
    b'bondwatch/1/template\x001f\x00ann'
    """
    return "\0".join((f"bondwatch/1/{purpose}", *names)).encode()


@dataclass(frozen=True, slots=True, eq=False)
class Cipher:
    """Seals and opens with one key; make it once for many rows."""

    _aead: AESGCM = field(repr=False)

    @classmethod
    def of(cls, key: bytes) -> Cipher:
        """The cipher of a 32-byte key; ``ValueError`` for another length."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes; {KEY_BYTES} wanted")
        return cls(AESGCM(key))

    def seal(self, plain: bytes, where: bytes) -> bytes:
        """Return nonce, ciphertext and tag as one; ``where`` comes from ``place``.

        Nonces are random: with 96 bits a key may seal four thousand million times, and a
        person's seals a few dozen.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, where)

    def open(self, sealed: bytes, where: bytes) -> bytes:
        """Return what was sealed for this place; ``SealBrokenError`` in every other case."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], where)
        except (InvalidTag, ValueError) as exc:
            raise SealBrokenError("sealed bytes do not open") from exc
