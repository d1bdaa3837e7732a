"""People, their groups, their templates, and a counter of changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from enrolment.column_types import REAL, STRICT, STRICT_BY_KEY

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "people",
        sa.Column("staff_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("valid_from", REAL),
        sa.Column("valid_to", REAL),
        sa.Column("created_at", REAL, nullable=False),
        **STRICT_BY_KEY,
    )
    op.create_table(
        "memberships",
        _owner(primary_key=True),
        sa.Column("group_id", sa.Text, primary_key=True),
        **STRICT_BY_KEY,
    )
    op.create_table(
        "templates",
        sa.Column("template_id", sa.Integer, primary_key=True),
        _owner(nullable=False),
        sa.Column("embedding_id", sa.Text, nullable=False),
        sa.Column("embedding", sa.LargeBinary, nullable=False),
        sa.Column("quality", REAL, nullable=False),
        sa.Column("added_at", REAL, nullable=False),
        **STRICT,
    )
    op.create_index("templates_by_person", "templates", ["staff_id"])
    op.create_index("templates_by_embedder", "templates", ["embedding_id", "staff_id"])
    counter = op.create_table(
        "counter",
        sa.Column("one", sa.Integer, sa.CheckConstraint("one = 1"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        **STRICT,
    )
    op.bulk_insert(counter, [{"one": 1, "version": 0}])


def _owner(**options: Any) -> sa.Column[str]:
    people = sa.ForeignKey("people.staff_id", ondelete="CASCADE")
    return sa.Column("staff_id", sa.Text, people, **options)
