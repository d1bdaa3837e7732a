"""Whom a ledger has still to forget: staff ids of removed people, kept for a month.

Unlike ``outbox`` this names people, so its rows go again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from enrolment.column_types import REAL, STRICT

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "erasures",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("erased_at", REAL, nullable=False),
        sa.Column("until_at", REAL),
        **STRICT,
    )
