"""Which photos were enrolled for whom, so that an import run again need not look at them again.

Salted digests of photos only, in a file of its own beside the register. It is never the truth:
without it an import takes longer and ends the same.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_SCHEMA = """
CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY CHECK (one = 1), salt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS enrolled (staff_id TEXT PRIMARY KEY, digest BLOB NOT NULL);
"""


class RememberedPhotos:
    """One import's view of what earlier ones did. A broken or foreign file is begun anew."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._open(path)
        except sqlite3.DatabaseError as exc:
            if isinstance(exc, sqlite3.OperationalError):
                raise OSError(f"{path}: {exc}; see its permissions and the disk") from exc
            path.unlink()
            self._open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def digest(self, embedding_id: str, photos: Sequence[bytes]) -> bytes:
        """A digest of a set of photos as one embedder sees them, in any order."""
        parts = sorted(hashlib.sha256(photo).digest() for photo in photos)
        return hmac.digest(self._salt, embedding_id.encode() + b"".join(parts), "sha256")

    def knows(self, staff_id: str, digest: bytes) -> bool:
        """Whether exactly these photos were enrolled last for somebody."""
        query = "SELECT digest FROM enrolled WHERE staff_id = ?"
        found = self._db.execute(query, (staff_id,)).fetchone()
        return found is not None and hmac.compare_digest(found[0], digest)

    def keep(self, staff_id: str, digest: bytes) -> None:
        """Remember these photos for somebody."""
        self._db.execute("INSERT OR REPLACE INTO enrolled VALUES (?, ?)", (staff_id, digest))

    def forget_all_but(self, staff_ids: Iterable[str]) -> None:
        """Forget everybody who is not in the register any more."""
        known = [row[0] for row in self._db.execute("SELECT staff_id FROM enrolled")]
        gone = set(known) - set(staff_ids)
        self._db.executemany("DELETE FROM enrolled WHERE staff_id = ?", [(one,) for one in gone])

    def _open(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(_SCHEMA)
        fresh = secrets.token_bytes(32)
        self._db.execute("INSERT OR IGNORE INTO salt VALUES (1, ?)", (fresh,))
        self._salt: bytes = self._db.execute("SELECT salt FROM salt").fetchone()[0]
