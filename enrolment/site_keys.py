"""The site key: what wraps every person's data key, and where it may come from.

Usually there is one key; while a rotation goes on there are two, the new one first. Reading and
writing the key's text lives here; what is wrapped by it does not.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from enrolment.places import KeyPlace
from enrolment.register_errors import RegisterError
from enrolment.sealing import KEY_BYTES, Cipher, new_key
from enrolment.secret_sources import read_secret

_MARK = "bondwatch-site-key-1"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
REMEDY = "run 'bondwatch keys init'"


class SiteKeyError(RegisterError):
    """The site key is missing, wrong, or where it must not be; never quotes it."""


@dataclass(frozen=True, slots=True)
class SiteKey:
    """One key and the name by which wrapped keys refer to it."""

    key_id: str
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> SiteKey:
        """Make a random one."""
        return cls(secrets.token_hex(8), new_key())

    @property
    def cipher(self) -> Cipher:
        return Cipher.of(self.secret)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The site's keys: the current one first, then those that a rotation has not done with."""

    keys: tuple[SiteKey, ...]

    @property
    def current(self) -> SiteKey:
        return self.keys[0]

    @property
    def rotating(self) -> bool:
        return len(self.keys) > 1

    def led_by(self, key_id: str) -> KeyRing | None:
        """The same keys with this one as the current; None where it is not among them."""
        if key_id not in {key.key_id for key in self.keys}:
            return None
        return KeyRing(tuple(sorted(self.keys, key=lambda key: key.key_id != key_id)))

    def text(self) -> str:
        """One line a key, as a key file holds it. This is the secret itself."""
        spelt = (base64.urlsafe_b64encode(key.secret).decode() for key in self.keys)
        lines = (f"{_MARK} {k.key_id} {s}\n" for k, s in zip(self.keys, spelt, strict=True))
        return "".join(lines)

    @classmethod
    def parsed(cls, text: str, name: str) -> KeyRing:
        """The ring of such a text; lines may be parted by commas too. ``SiteKeyError``."""
        found = []
        for line in text.replace(",", "\n").splitlines():
            if not line.strip():
                continue
            words = line.split()
            try:
                mark, key_id, spelt = words
                secret = base64.b64decode(spelt.encode(), altchars=b"-_", validate=True)
            except (ValueError, binascii.Error):
                mark, key_id, secret = "", "", b""
            if mark != _MARK or len(secret) != KEY_BYTES:
                raise SiteKeyError(f"{name} holds no site key; put the right one back") from None
            found.append(SiteKey(key_id, secret))
        if not found:
            raise SiteKeyError(f"{name} holds no site key; put the right one back")
        return cls(tuple(found))


def read_ring(place: KeyPlace) -> KeyRing:
    """The site's keys; ``SiteKeyError`` names where they should be and what to do."""
    demand_apart(place)
    file = place.key.file
    if file is not None and not file.exists():
        raise SiteKeyError(f"there is no site key at {file}; {REMEDY}, or put it back")
    return KeyRing.parsed(read_secret(place.key), str(place.key))


def write_ring(file: Path, ring: KeyRing) -> None:
    """Put a key file in place whole, mode 0600, its folder 0700 where it has to be made."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # left by a killed process that had the same id
    try:
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(ring.text())
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)


def demand_apart(place: KeyPlace) -> None:
    """Refuse keys that lie with the data: whoever copies the one would have the other.

    ``SiteKeyError`` names the file. Links are followed.
    """
    if place.data_dir is None:
        return
    data = place.data_dir.resolve()
    for one in filter(None, (place.key.file, place.store_file)):
        if one.resolve().is_relative_to(data):
            raise SiteKeyError(
                f"{one} lies in the data folder {place.data_dir}, and backups of that folder "
                "would hold data and key together; set register.key or register.key_store "
                "elsewhere"
            )
    file = place.key.file
    if file is not None and file.exists() and file.stat().st_mode & _OTHERS:
        raise SiteKeyError(f"{file} can be read by others; chmod 600 {file}")
