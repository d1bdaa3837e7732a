"""All that is known of a person, what was done to the record and by whom, and an outbox.

What can be erased hangs on the person's row; ``outbox`` and ``removals`` are append-only and hold
random ids and salted digests alone.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from enrolment.column_types import REAL, STRICT, STRICT_BY_KEY

revision = "0003"
down_revision = "0002"

_TEXTS = ("organisation", "badge", "remarks")
_DOCUMENTS = ("basis", "permits", "request")
_PEOPLE = sa.table("people", sa.column("staff_id"), sa.column("salt"))


def upgrade() -> None:
    """Add columns and tables."""
    for name in _TEXTS:
        op.add_column("people", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in _DOCUMENTS:
        op.add_column("people", sa.Column(name, sa.Text))
    for name, default in (("watchlisted", "0"), ("revision", "1"), ("changed_version", "0")):
        column = sa.Column(name, sa.Integer, nullable=False, server_default=default)
        op.add_column("people", column)
    op.add_column("people", sa.Column("salt", sa.Text, nullable=False, server_default=""))
    op.create_index("people_by_changed_version", "people", ["changed_version"])
    _salt_people()
    op.create_table(
        "history",
        sa.Column("history_id", sa.Integer, primary_key=True),
        _owner(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", REAL, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
        **STRICT,
    )
    op.create_index("history_by_person", "history", ["staff_id"])
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("salt", sa.Text, nullable=False),
        **STRICT_BY_KEY,
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", REAL, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject_digest", sa.Text, nullable=False),
        sa.Column("account_digest", sa.Text, nullable=False),
        sa.Column("content_digest", sa.Text, nullable=False),
        sqlite_autoincrement=True,
        **STRICT,
    )
    op.create_table(
        "removals",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Text, nullable=False),
        **STRICT,
    )
    op.create_table(
        "photos",
        sa.Column("photo_id", sa.Integer, primary_key=True),
        _owner(),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("added_at", REAL, nullable=False),
        **STRICT,
    )
    op.create_index("photos_by_person", "photos", ["staff_id"])


def _salt_people() -> None:
    connection = op.get_bind()
    for (staff_id,) in connection.execute(sa.select(_PEOPLE.c.staff_id)).all():
        theirs = _PEOPLE.c.staff_id == staff_id
        salt = secrets.token_hex(16)
        connection.execute(sa.update(_PEOPLE).where(theirs).values(salt=salt))


def _owner() -> sa.Column[str]:
    people = sa.ForeignKey("people.staff_id", ondelete="CASCADE")
    return sa.Column("staff_id", sa.Text, people, nullable=False)
