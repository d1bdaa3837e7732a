"""Templates as rows of the register's tables, and the gallery made from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, func, insert, select

from enrolment.gallery import Gallery
from enrolment.people import Template, unit_rows
from enrolment.person_rows import posix
from enrolment.register_errors import RegisterCorruptError
from enrolment.register_tables import TEMPLATES

_WIRE = "<f4"


def insert_templates(connection: Connection, staff_id: str, templates: Sequence[Template]) -> None:
    """Add templates of somebody; ``ValueError`` for one that could not be compared."""
    for template in templates:
        row = unit_rows(template.embedding[np.newaxis]).astype(_WIRE).tobytes()
        _demand_same_size(connection, template.embedding_id, len(row))
        values = {
            "staff_id": staff_id,
            "embedding_id": template.embedding_id,
            "embedding": row,
            "quality": template.quality,
            "added_at": posix(template.added_at),
        }
        connection.execute(insert(TEMPLATES), values)


def read_gallery(connection: Connection, name: str, version: int, embedding_id: str) -> Gallery:
    """The gallery of one embedder; ``RegisterCorruptError`` where bytes are no embeddings."""
    query = (
        select(TEMPLATES.c.staff_id, TEMPLATES.c.embedding)
        .where(TEMPLATES.c.embedding_id == embedding_id)
        .order_by(TEMPLATES.c.template_id)
    )
    rows = connection.execute(query).all()
    dim = len(rows[0][1]) // 4 if rows else 0
    try:
        values = np.frombuffer(b"".join(blob for _, blob in rows), dtype=_WIRE)
        return Gallery.build(
            [staff_id for staff_id, _ in rows],
            values.reshape(len(rows), dim),
            register_version=version,
            embedding_id=embedding_id,
        )
    except ValueError as exc:
        raise RegisterCorruptError(
            f"{name} holds damaged templates ({exc}); restore it from a backup"
        ) from exc


def count_foreign(connection: Connection, embedding_id: str) -> int:
    """How many templates belong to other embedders."""
    query = select(func.count()).where(TEMPLATES.c.embedding_id != embedding_id)
    return connection.execute(query.select_from(TEMPLATES)).scalar_one()


def count_templates(connection: Connection) -> dict[str, dict[str, int]]:
    """How many templates each person has: staff id, embedding id, number."""
    keys = (TEMPLATES.c.staff_id, TEMPLATES.c.embedding_id)
    counts: dict[str, dict[str, int]] = {}
    for staff_id, embedding_id, count in connection.execute(
        select(*keys, func.count()).group_by(*keys)
    ):
        counts.setdefault(staff_id, {})[embedding_id] = count
    return counts


def _demand_same_size(connection: Connection, embedding_id: str, size_bytes: int) -> None:
    """One embedder makes one size; a second size under its name would break the gallery."""
    size = func.length(TEMPLATES.c.embedding)
    query = select(size).where(TEMPLATES.c.embedding_id == embedding_id).limit(1)
    known = connection.execute(query).scalar()
    if known is not None and known != size_bytes:
        raise ValueError(f"an embedding of {size_bytes} bytes among others of {known}")
