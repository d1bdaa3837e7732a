"""The table of open faces beside a register on PostgreSQL, for pgvector to search in.

One row a person, the middle of their templates as ``Gallery`` has it. It is derived data:
unlogged, filled by whichever daemon comes first, thrown away by the server after a crash.
Searching in it is ``pgvector_search``'s work.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Row, select, text, tuple_
from sqlalchemy.exc import DBAPIError

from enrolment import person_rows
from enrolment.databases import Database
from enrolment.gallery import centres
from enrolment.people import unit_rows
from enrolment.places import RegisterPlace
from enrolment.register_database import open_keys
from enrolment.register_errors import RegisterCorruptError, RegisterError
from enrolment.register_reading import version_in
from enrolment.register_tables import OUTBOX, PEOPLE, TEMPLATES
from enrolment.sealing import SealBrokenError
from enrolment.template_rows import WIRE, Owner

PAGE = 2000
"""Templates that are open in this process at a time, but for those of one person more."""

Opened = tuple[str, str, bytes]
"""Person id, staff id and the little-endian numbers of a template."""

MOST_CHANGES = 500
_LOCK = 0x42574756
"""Whoever fills holds this advisory lock: several daemons take turns."""

_TABLES = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    """CREATE UNLOGGED TABLE gallery_fills (
        embedding_id text PRIMARY KEY, version bigint NOT NULL, lineage text NOT NULL,
        dim integer NOT NULL)""",
    """CREATE UNLOGGED TABLE gallery_vectors (
        embedding_id text NOT NULL, person_id text NOT NULL,
        staff_id text COLLATE "C" NOT NULL, embedding vector NOT NULL)""",
    # In the row itself, where a scan finds it without a second look-up.
    "ALTER TABLE gallery_vectors ALTER COLUMN embedding SET STORAGE PLAIN",
    "CREATE INDEX gallery_vectors_owner ON gallery_vectors (embedding_id, staff_id)",
    "CREATE INDEX gallery_vectors_person ON gallery_vectors (person_id)",
)
_COPY = """COPY gallery_vectors (embedding_id, person_id, staff_id, embedding)
    FROM STDIN (FORMAT BINARY)"""
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_END = struct.pack(">h", -1)


@dataclass(frozen=True, slots=True)
class Fill:
    """What the table holds of one embedder.

    ``version``: at least what the register held then; who came later may be in it. ``lineage``:
    tells one register from another that was restored and has the same version again.
    """

    embedding_id: str
    version: int
    lineage: str
    dim: int


def read_fill(connection: Connection, embedding_id: str) -> Fill | None:
    """How far the table is filled; None where it is not, or was lost in a crash."""
    if not _exists(connection):
        return None
    query = text("SELECT * FROM gallery_fills WHERE embedding_id = :e")
    row = connection.execute(query, {"e": embedding_id}).first()
    return None if row is None else Fill(*row)


def fill(database: Database, place: RegisterPlace, embedding_id: str) -> None:
    """Bring the table to the register's state in one transaction, opening only what changed.

    ``RegisterLockedError`` where another daemon takes long to do the same; ``RegisterError``
    where the server has no pgvector; others as ``Register.snapshot``.
    """
    with database.changing() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if not _exists(connection):
            _make(connection, database.name)
        version = version_in(connection)
        goal = (version, _lineage(connection, version))
        old = read_fill(connection, embedding_id)
        if old is not None and (old.version, old.lineage) == goal:
            return
        filling = _Filling(connection, place, database.name, embedding_id)
        known = old is not None and _lineage(connection, old.version) == old.lineage
        changes = None
        if old is not None and known and old.version < version:
            changes = person_rows.read_changed(connection, old.version, MOST_CHANGES)
        if old is None or changes is None:
            dim = filling.whole()
        else:
            dim = filling.changed(tuple(changes[0]), changes[1], old)
        values = {"e": embedding_id, "v": version, "l": goal[1], "d": dim}
        connection.execute(text(_NOTE), values)


_NOTE = """INSERT INTO gallery_fills (embedding_id, version, lineage, dim)
    VALUES (:e, :v, :l, :d) ON CONFLICT (embedding_id)
    DO UPDATE SET version = :v, lineage = :l, dim = :d"""


def forget(connection: Connection, person_id: str) -> None:
    """Erase somebody's open faces, of every embedder, where there is such a table."""
    if _exists(connection):
        connection.execute(
            text("DELETE FROM gallery_vectors WHERE person_id = :p"), {"p": person_id}
        )


class _Filling:
    """One embedder's rows, within the transaction that fills them."""

    def __init__(
        self, connection: Connection, place: RegisterPlace, name: str, embedding_id: str
    ) -> None:
        self._connection = connection
        self._place = place
        self._name = name
        self._embedding_id = embedding_id

    def whole(self) -> int:
        """Everybody anew; the size of an embedding."""
        self._delete("TRUE")
        dim = self._insert((), 0)
        # Removed while this went on: nobody else would find these rows.
        self._delete("person_id NOT IN (SELECT person_id FROM people)")
        self._run(
            "DELETE FROM gallery_vectors WHERE embedding_id NOT IN "
            "(SELECT embedding_id FROM templates)"
        )
        self._run("ANALYZE gallery_vectors")
        return dim

    def changed(self, staff_ids: tuple[str, ...], removed: frozenset[str], old: Fill) -> int:
        """Only these people anew, without those removed."""
        self._delete("person_id = ANY(:ids)", list(removed))
        if not staff_ids:
            return old.dim
        self._delete("staff_id = ANY(:ids)", list(staff_ids))
        return self._insert(staff_ids, old.dim)

    def _insert(self, staff_ids: tuple[str, ...], dim: int) -> int:
        for people in whole_people(map(self._opened, self._pages(staff_ids))):
            sizes = {len(row) for _, _, row in people} | ({4 * dim} if dim else set())
            if len(sizes) > 1:
                raise self._damaged("embeddings of several sizes")
            dim = sizes.pop() // 4
            self._copy(self._tuples(people))
        return dim

    def _pages(self, staff_ids: tuple[str, ...]) -> Iterator[list[Row[int, str, str, bytes]]]:
        """The templates, person after person, and each person's in the order they were added."""
        template, mine = TEMPLATES.c, TEMPLATES.c.embedding_id == self._embedding_id
        query = select(template.template_id, template.staff_id, PEOPLE.c.person_id, template.sealed)
        query = query.join(PEOPLE, PEOPLE.c.staff_id == template.staff_id).where(mine)
        if staff_ids:
            query = query.where(template.staff_id.in_(staff_ids))
        place = (template.staff_id, template.template_id)
        query = query.order_by(*place).limit(PAGE)
        page = list(self._connection.execute(query))
        while page:
            yield page
            after = tuple_(*place) > (page[-1].staff_id, page[-1].template_id)
            page = list(self._connection.execute(query.where(after)))

    def _opened(self, page: list[Row[int, str, str, bytes]]) -> list[Opened]:
        """Person id, staff id and little-endian numbers of those who have a key."""
        with open_keys(self._place) as keys:
            ciphers = keys.ciphers({row.person_id for row in page})
        try:
            return [
                (row.person_id, row.staff_id, ciphers[row.person_id].open(row.sealed, where))
                for row in page
                if row.person_id in ciphers
                for where in [Owner(row.staff_id, row.person_id).place(self._embedding_id)]
            ]
        except SealBrokenError as exc:
            raise self._damaged(str(exc)) from exc

    def _tuples(self, opened: list[Opened]) -> Iterable[bytes]:
        """A row for each person, as PostgreSQL's binary COPY and pgvector's own format have it."""
        try:
            matrix = unit_rows(np.stack([np.frombuffer(row, WIRE) for _, _, row in opened]))
        except ValueError as exc:
            raise self._damaged(str(exc)) from exc
        head = struct.pack(">hh", matrix.shape[1], 0)
        starts = [i for i, one in enumerate(opened) if not i or one[0] != opened[i - 1][0]]
        middles = centres(matrix, np.array(starts, np.intp)).astype(">f4")
        for (person_id, staff_id, _), row in zip([opened[i] for i in starts], middles, strict=True):
            fields = (
                self._embedding_id.encode(),
                person_id.encode(),
                staff_id.encode(),
                head + row.tobytes(),
            )
            sized = (struct.pack(">i", len(field)) + field for field in fields)
            yield struct.pack(">h", len(fields)) + b"".join(sized)

    def _copy(self, tuples: Iterable[bytes]) -> None:
        import psycopg  # noqa: PLC0415 - a site with a file has none

        driver = self._connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - ``postgres.connect`` made it
        try:
            with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.write(_COPY_HEAD + b"".join(tuples) + _COPY_END)
        except psycopg.Error as exc:
            raise DBAPIError(_COPY, None, exc) from exc  # named like any other by the transaction

    def _delete(self, which: str, ids: list[str] | None = None) -> None:
        self._run(f"DELETE FROM gallery_vectors WHERE embedding_id = :e AND {which}", ids)  # noqa: S608 - our own words

    def _run(self, statement: str, ids: list[str] | None = None) -> None:
        self._connection.execute(text(statement), self._values(statement, ids))

    def _values(self, statement: str, ids: list[str] | None) -> dict[str, object]:
        values: dict[str, object] = {"e": self._embedding_id, "ids": ids}
        return {name: value for name, value in values.items() if f":{name}" in statement}

    def _damaged(self, why: str) -> RegisterCorruptError:
        return RegisterCorruptError(
            f"{self._name} holds damaged templates ({why}); restore it from a backup"
        )


def whole_people(pages: Iterable[list[Opened]]) -> Iterator[list[Opened]]:
    """The same templates in other portions, none of which ends in the middle of a person.

    They come person after person; empty portions are left out.
    """
    held: list[Opened] = []
    for page in pages:
        held += page
        last = len(held)
        while last and held[last - 1][0] == held[-1][0]:
            last -= 1
        if last:
            yield held[:last]
        del held[:last]
    if held:
        yield held


def _exists(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT to_regclass('gallery_vectors') IS NOT NULL")))


def _make(connection: Connection, name: str) -> None:
    found = text("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'")
    if not connection.scalar(found):
        raise RegisterError(
            f"{name} has no pgvector; install it on the server, or set register.search: memory"
        )
    for statement in _TABLES:
        connection.execute(text(statement))


def _lineage(connection: Connection, version: int) -> str:
    """What the change of this version was, as the outbox has it; empty for none."""
    query = select(OUTBOX.c.content_digest).where(OUTBOX.c.version == version)
    return connection.execute(query.order_by(OUTBOX.c.seq).limit(1)).scalar() or ""
