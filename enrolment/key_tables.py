"""The tables of the key store. Small enough to be made whole; no migration has been needed."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from enrolment.column_types import REAL, STRICT, STRICT_BY_KEY
from enrolment.sqlite_files import FileKind

METADATA = MetaData()

DATA_KEYS = Table(
    "data_keys",
    METADATA,
    Column("person_id", Text, primary_key=True),
    Column("site_key_id", Text, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    **STRICT_BY_KEY,
)
DESTROYED = Table(
    "destroyed",
    METADATA,
    Column("person_id", Text, primary_key=True),
    Column("destroyed_at", REAL, nullable=False),
    **STRICT_BY_KEY,
)
CURRENT = Table(
    "current_key",
    METADATA,
    Column("one", Integer, primary_key=True),
    Column("site_key_id", Text, nullable=False),
    **STRICT,
)

KEY_STORE = FileKind("key store", 0x4257444B, 1, journal="DELETE")  # "BWDK"
