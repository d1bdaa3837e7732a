"""Column types that mean the same in every database that is supported."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

REAL: sa.types.TypeEngine[float] = sa.REAL().with_variant(sa.Double(), "postgresql")
"""A 64-bit float; SQLite's strict tables know it as REAL, PostgreSQL's REAL has 32 bits only."""

STRICT: dict[str, Any] = {"sqlite_strict": True}
STRICT_BY_KEY: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""Arguments of tables: SQLite checks types; rows lie in the order of the key."""
