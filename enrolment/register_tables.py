"""The register's tables as the queries see them. How they come about is ``migrations``'s.

A test holds these tables against what the migrations make.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from enrolment.column_types import REAL

METADATA = MetaData()

PEOPLE = Table(
    "people",
    METADATA,
    Column("staff_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("valid_from", REAL),
    Column("valid_to", REAL),
    Column("created_at", REAL, nullable=False),
    Column("person_id", Text, nullable=False),  # random: it says nothing once the row is gone
    Column("organisation", Text, nullable=False),
    Column("badge", Text, nullable=False),
    Column("remarks", Text, nullable=False),
    Column("basis", Text),
    Column("permits", Text),
    Column("request", Text),
    Column("watchlisted", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed_version", Integer, nullable=False),
    Column("salt", Text, nullable=False),
)
MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    Column("staff_id", Text, ForeignKey("people.staff_id"), primary_key=True),
    Column("group_id", Text, primary_key=True),
)
TEMPLATES = Table(
    "templates",
    METADATA,
    Column("template_id", Integer, primary_key=True),
    Column("staff_id", Text, ForeignKey("people.staff_id"), nullable=False),
    Column("embedding_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("quality", REAL, nullable=False),
    Column("added_at", REAL, nullable=False),
)
COUNTER = Table(
    "counter",
    METADATA,
    Column("one", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)
HISTORY = Table(
    "history",
    METADATA,
    Column("history_id", Integer, primary_key=True),
    Column("staff_id", Text, ForeignKey("people.staff_id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", REAL, nullable=False),
    Column("account", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("changes", Text, nullable=False),
)
ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("salt", Text, nullable=False),
)
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("at", REAL, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_digest", Text, nullable=False),
    Column("account_digest", Text, nullable=False),
    Column("content_digest", Text, nullable=False),
)
REMOVALS = Table(
    "removals",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("person_id", Text, nullable=False),
)
ERASURES = Table(
    "erasures",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("staff_id", Text, nullable=False),  # for a month
    Column("erased_at", REAL, nullable=False),
    Column("until_at", REAL),
)
PHOTOS = Table(
    "photos",
    METADATA,
    Column("photo_id", Integer, primary_key=True),
    Column("staff_id", Text, ForeignKey("people.staff_id"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("added_at", REAL, nullable=False),
)
