"""Where a register's database is. Plain values; nothing here opens, reads or resolves anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A database in one file on a local disk."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret comes from, never the secret itself: an environment variable or a file."""

    env: str | None = None
    file: Path | None = None

    def __str__(self) -> str:
        return f"environment variable {self.env}" if self.env else f"file {self.file}"


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A database of a PostgreSQL server.

    ``url``: ``postgresql://host:port/database?sslmode=verify-full``, without credentials; for a
    Unix socket ``postgresql:///database?host=/run/postgresql``. Without a password the
    server's other ways are tried (peer, a certificate).
    """

    url: str
    username: SecretSource | None = None
    password: SecretSource | None = None

    def __str__(self) -> str:
        return self.url


DatabasePlace = SqliteFile | PostgresDatabase


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where the keys are: the site key, and the store of people's data keys that it wraps.

    ``data_dir``: where neither of them may lie.
    """

    key: SecretSource
    store: DatabasePlace
    data_dir: Path | None = None

    @property
    def store_file(self) -> Path | None:
        return self.store.path if isinstance(self.store, SqliteFile) else None


@dataclass(frozen=True, slots=True)
class RegisterPlace:
    """Where the register is, and its keys; without keys it can hold people, but no faces."""

    database: DatabasePlace
    keys: KeyPlace | None = None

    @classmethod
    def of(cls, place: Path | RegisterPlace) -> RegisterPlace:
        """Take a path for the SQLite file that lies there."""
        return place if isinstance(place, RegisterPlace) else cls(SqliteFile(place))

    def __str__(self) -> str:
        return str(self.database)
