"""The tables of the key store. Small enough to be made whole.

Those of evidence came with schema 2; an older store gets them when the first key of evidence is
made, so that who only reads it never has to write.
"""

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
EVIDENCE_KEYS = Table(
    "evidence_keys",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("site_key_id", Text, nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    **STRICT_BY_KEY,
)
DESTROYED_EVIDENCE_KEYS = Table(
    "destroyed_evidence_keys",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("destroyed_at", REAL, nullable=False),
    **STRICT_BY_KEY,
)
OF_EVIDENCE = (EVIDENCE_KEYS, DESTROYED_EVIDENCE_KEYS)

KEY_STORE = FileKind("key store", 0x4257444B, 2, journal="DELETE")  # "BWDK"
