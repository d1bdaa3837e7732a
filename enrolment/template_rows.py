"""Templates as rows of the register's tables: sealed going in, opened coming out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from enrolment.gallery import Gallery
from enrolment.people import Template, unit_rows
from enrolment.person_rows import posix
from enrolment.register_errors import RegisterCorruptError
from enrolment.register_tables import PHOTOS, TEMPLATES
from enrolment.sealing import OVERHEAD_BYTES, Cipher, SealBrokenError, place

WIRE = "<f4"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose templates they are: the staff id, and the record's own id, which binds the seal."""

    staff_id: str
    person_id: str

    def place(self, embedding_id: str) -> bytes:
        """What a template's seal is bound to: it opens in this person's record alone."""
        return place("template", self.person_id, self.staff_id, embedding_id)


@dataclass(frozen=True, slots=True, eq=False)
class SealedRows:
    """All templates of one embedder as they were read: staff id and sealed bytes, in order."""

    rows: Sequence[tuple[str, bytes]]
    embedding_id: str
    version: int

    def gallery(
        self, owners: Mapping[str, str], ciphers: Mapping[str, Cipher], name: str
    ) -> Gallery:
        """Open them into a gallery, leaving out who has no cipher.

        ``owners``: person ids by staff id; ``ciphers``: by person id. ``RegisterCorruptError``
        where a template does not open, or is none; ``name`` is what it calls the register.
        """
        places = {
            staff_id: (cipher.open, Owner(staff_id, person_id).place(self.embedding_id))
            for staff_id, person_id in owners.items()
            if (cipher := ciphers.get(person_id)) is not None
        }
        kept = [row for row in self.rows if row[0] in places]
        try:
            opened = []
            for staff_id, sealed in kept:
                unseal, where = places[staff_id]
                opened.append(unseal(sealed, where))
            dim = len(opened[0]) // 4 if opened else 0
            values = np.frombuffer(b"".join(opened), dtype=WIRE)
            return Gallery.build(
                [row[0] for row in kept],
                values.reshape(len(kept), dim),
                register_version=self.version,
                embedding_id=self.embedding_id,
            )
        except (ValueError, SealBrokenError) as exc:
            raise RegisterCorruptError(
                f"{name} holds damaged templates ({exc}); restore it from a backup"
            ) from exc


def insert_templates(
    connection: Connection, owner: Owner, templates: Sequence[Template], cipher: Cipher
) -> None:
    """Add templates of somebody; ``ValueError`` for one that could not be compared."""
    for template in templates:
        row = unit_rows(template.embedding[np.newaxis]).astype(WIRE).tobytes()
        _demand_same_size(connection, template.embedding_id, len(row))
        values = {
            "staff_id": owner.staff_id,
            "embedding_id": template.embedding_id,
            "sealed": cipher.seal(row, owner.place(template.embedding_id)),
            "quality": template.quality,
            "added_at": posix(template.added_at),
        }
        connection.execute(insert(TEMPLATES), values)


def insert_photos(
    connection: Connection, owner: Owner, photos: Sequence[bytes], cipher: Cipher
) -> None:
    """Keep somebody's enrolment photos, sealed."""
    where = place("photo", owner.person_id, owner.staff_id)
    now = posix(datetime.now(UTC))
    for photo in photos:
        values = {"staff_id": owner.staff_id, "sealed": cipher.seal(photo, where), "added_at": now}
        connection.execute(insert(PHOTOS), values)


def open_photos(connection: Connection, owner: Owner, cipher: Cipher) -> tuple[bytes, ...]:
    """Somebody's enrolment photos; ``SealBrokenError`` for damaged ones."""
    where = place("photo", owner.person_id, owner.staff_id)
    query = select(PHOTOS.c.sealed).where(PHOTOS.c.staff_id == owner.staff_id)
    rows = connection.execute(query.order_by(PHOTOS.c.photo_id)).scalars()
    return tuple(cipher.open(sealed, where) for sealed in rows)


def open_templates(connection: Connection, owner: Owner, cipher: Cipher) -> tuple[Template, ...]:
    """All templates of one person, of every embedder; ``SealBrokenError``."""
    query = select(TEMPLATES).where(TEMPLATES.c.staff_id == owner.staff_id)
    return tuple(
        Template(
            np.frombuffer(cipher.open(row.sealed, owner.place(row.embedding_id)), dtype=WIRE),
            row.embedding_id,
            row.quality,
            datetime.fromtimestamp(row.added_at, UTC),
        )
        for row in connection.execute(query.order_by(TEMPLATES.c.template_id))
    )


def has_sealed(connection: Connection, staff_id: str) -> bool:
    """Whether anything of somebody is sealed with their key."""
    queries = (select(t.c.staff_id).where(t.c.staff_id == staff_id) for t in (TEMPLATES, PHOTOS))
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def delete_foreign(connection: Connection, staff_id: str, embedding_id: str) -> None:
    """Erase somebody's templates of other embedders."""
    theirs = TEMPLATES.c.staff_id == staff_id
    connection.execute(delete(TEMPLATES).where(theirs, TEMPLATES.c.embedding_id != embedding_id))


def delete_newest(connection: Connection, staff_id: str, templates: int, since: datetime) -> None:
    """Erase the last so many templates of somebody, and the photos kept after a moment."""
    theirs = TEMPLATES.c.staff_id == staff_id
    newest = select(TEMPLATES.c.template_id).where(theirs)
    last = newest.order_by(TEMPLATES.c.template_id.desc()).limit(templates)
    connection.execute(delete(TEMPLATES).where(TEMPLATES.c.template_id.in_(last)))
    kept_since = PHOTOS.c.added_at > posix(since)
    connection.execute(delete(PHOTOS).where(PHOTOS.c.staff_id == staff_id, kept_since))


def read_sealed(
    connection: Connection, version: int, embedding_id: str, *staff_ids: str
) -> SealedRows:
    """Read all templates of one embedder, or those of these people, still sealed."""
    query = (
        select(TEMPLATES.c.staff_id, TEMPLATES.c.sealed)
        .where(TEMPLATES.c.embedding_id == embedding_id)
        .order_by(TEMPLATES.c.template_id)
    )
    if staff_ids:
        query = query.where(TEMPLATES.c.staff_id.in_(staff_ids))
    rows = connection.execute(query).all()
    return SealedRows(rows, embedding_id, version)


def count_foreign(connection: Connection, embedding_id: str) -> int:
    """How many templates belong to other embedders, of people who have none of this one."""
    ours = select(TEMPLATES.c.staff_id).where(TEMPLATES.c.embedding_id == embedding_id)
    foreign = TEMPLATES.c.embedding_id != embedding_id
    query = select(func.count()).where(foreign, TEMPLATES.c.staff_id.not_in(ours))
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
    size = func.length(TEMPLATES.c.sealed)
    query = select(size).where(TEMPLATES.c.embedding_id == embedding_id).limit(1)
    known = connection.execute(query).scalar()
    if known is not None and known - OVERHEAD_BYTES != size_bytes:
        raise ValueError(
            f"an embedding of {size_bytes} bytes among others of {known - OVERHEAD_BYTES}"
        )
