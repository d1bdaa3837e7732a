"""Templates are sealed, each with its person's own key; a record has an id that says nothing.

Templates of before are sealed on the way; that needs the site's keys, which the caller gives as
``config.attributes["cipher_for"]``: from a record's id to its cipher.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from enrolment.sealing import place

revision = "0002"
down_revision = "0001"

_PEOPLE = sa.table("people", sa.column("staff_id"), sa.column("person_id"))
_TEMPLATES = sa.table(
    "templates",
    sa.column("template_id"),
    sa.column("staff_id"),
    sa.column("embedding_id"),
    sa.column("sealed"),
)


def upgrade() -> None:
    """Give records ids, and seal what lies open."""
    op.add_column("people", sa.Column("person_id", sa.Text, nullable=False, server_default=""))
    op.alter_column("templates", "embedding", new_column_name="sealed")
    connection = op.get_bind()
    ids = {}
    for (staff_id,) in connection.execute(sa.select(_PEOPLE.c.staff_id)).all():
        ids[staff_id] = secrets.token_hex(16)
        theirs = _PEOPLE.c.staff_id == staff_id
        values = {"person_id": ids[staff_id]}
        connection.execute(sa.update(_PEOPLE).where(theirs).values(**values))
    op.create_index("people_by_person_id", "people", ["person_id"], unique=True)
    _seal(connection, ids)


def _seal(connection: sa.Connection, ids: dict[str, str]) -> None:
    rows = connection.execute(sa.select(_TEMPLATES)).all()
    if not rows:
        return
    config = op.get_context().config
    assert config is not None  # noqa: S101 - ``migrating`` gives one
    cipher_for = config.attributes["cipher_for"]
    ciphers = {staff_id: cipher_for(ids[staff_id]) for staff_id in {row.staff_id for row in rows}}
    for row in rows:
        where = place("template", ids[row.staff_id], row.staff_id, row.embedding_id)
        sealed = ciphers[row.staff_id].seal(row.sealed, where)
        mine = _TEMPLATES.c.template_id == row.template_id
        connection.execute(sa.update(_TEMPLATES).where(mine).values(sealed=sealed))
