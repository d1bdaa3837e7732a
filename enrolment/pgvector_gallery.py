"""A gallery that lies in the register's own PostgreSQL, searched there by pgvector.

For registers larger than a worker's memory. What is held here are the people; the middles of
their templates are there, and the answers are those of ``Gallery``. The table is
``pgvector_table``'s, the question ``pgvector_search``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray
from sqlalchemy import Connection, text

from enrolment import pgvector_table, postgres, template_rows
from enrolment.databases import Database
from enrolment.gallery import Gallery, Likeness, Match, checked_probe
from enrolment.pgvector_search import VectorSearch
from enrolment.places import PostgresDatabase, RegisterPlace
from enrolment.register_database import REGISTER, open_keys
from enrolment.register_errors import GallerySearchError, RegisterError
from enrolment.register_reading import RegisterReader, RegisterSnapshot, version_in
from enrolment.sqlite_files import BUSY_TIMEOUT_S

_NO_EMBEDDER = ""
"""Nobody's templates: with it the reader gives the people alone."""

_UNLIKE_ANY = -1
"""A version that no snapshot has."""

_WITHOUT_VECTORS = text("""
    SELECT DISTINCT staff_id FROM templates AS t WHERE embedding_id = :e AND NOT EXISTS (
        SELECT FROM gallery_vectors AS v
        WHERE v.embedding_id = :e AND v.staff_id = t.staff_id)""")
_HOW_MANY = text("SELECT count(*) FROM gallery_vectors WHERE embedding_id = :e")


@dataclass(frozen=True, slots=True, eq=False)
class PgvectorGallery:
    """A handle, not the rows. The table may be a change ahead of it, or for a moment behind."""

    search: VectorSearch = field(repr=False)
    people: int
    dim: int
    register_version: int
    embedding_id: str

    @property
    def empty(self) -> bool:
        return not self.people

    @property
    def problem(self) -> str | None:
        return self.search.problem

    def match(self, probe: NDArray[Any]) -> Match:
        """Compare one ``(D,)`` unit probe with everybody, as ``Gallery.match`` does.

        ``GallerySearchError`` where the server does not answer within a second.
        """
        vector = checked_probe(probe, None if self.empty else self.dim)
        if self.empty:
            return Match(None, None)
        found = [Likeness(*one) for one in self.search.two_people(vector)]
        if not found:
            raise GallerySearchError("the gallery's table is empty; it will be filled again")
        return Match(found[0], found[1] if len(found) > 1 else None)

    def alike_pairs(self, similarity: float) -> None:
        """Nobody's templates are here, and the table holds only their middles."""


class PgvectorReader:
    """Follows a register as ``RegisterReader`` does, with its templates left on the server."""

    def __init__(self, reader: RegisterReader, database: Database, place: RegisterPlace) -> None:
        self._reader = reader
        self._database = database
        self._place = place
        self._people: RegisterSnapshot[Gallery] | None = None
        self._last: RegisterSnapshot[PgvectorGallery] | None = None

    @classmethod
    def open_for_reading(
        cls, place: Path | RegisterPlace, *, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> Self:
        """Connect twice, to read the register and to write the table; ``RegisterError``."""
        where = RegisterPlace.of(place)
        reader = RegisterReader.open_for_reading(where, busy_timeout_s=busy_timeout_s)
        try:
            database = postgres.connect(
                _server(where), REGISTER.what, busy_timeout_s=BUSY_TIMEOUT_S, read_only=False
            )
        except BaseException:
            reader.close()
            raise
        return cls(reader, database, where)

    def close(self) -> None:
        if self._last is not None:
            self._last.gallery.search.close()
        self._database.close()
        self._reader.close()

    @property
    def version(self) -> int:
        """The register's; another number where the table lags, or has lost its rows.

        Connects again where a search has failed; ``RegisterError`` where that does not help.
        """
        version = self._reader.version
        if self._last is None:
            return version
        gallery = self._last.gallery
        with self._database.reading() as connection:
            fill = pgvector_table.read_fill(connection, gallery.embedding_id)
        if fill is None or fill.version < version:
            return _UNLIKE_ANY
        if gallery.problem is not None:
            gallery.search.open(0 if gallery.empty else gallery.dim)
        return version

    @property
    def replaced(self) -> bool:
        """Never: a server's database is not a file that somebody puts in another's place."""
        return False

    def wait(self, timeout_s: float) -> bool:
        """As ``RegisterReader.wait``."""
        return self._reader.wait(timeout_s)

    def snapshot(self, embedding_id: str) -> RegisterSnapshot[PgvectorGallery]:
        """The people, and a handle to their templates; the table is filled first."""
        self._people = self._reader.snapshot(_NO_EMBEDDER)
        return self._taken(self._people, embedding_id)

    def refreshed(
        self, old: RegisterSnapshot[PgvectorGallery]
    ) -> RegisterSnapshot[PgvectorGallery]:
        """The same as it is now, reading only who changed."""
        if self._people is None:
            return self.snapshot(old.gallery.embedding_id)
        self._people = self._reader.refreshed(self._people)
        return self._taken(self._people, old.gallery.embedding_id)

    def _taken(
        self, people: RegisterSnapshot[Gallery], embedding_id: str
    ) -> RegisterSnapshot[PgvectorGallery]:
        pgvector_table.fill(self._database, self._place, embedding_id)
        with self._database.reading() as connection:
            fill = pgvector_table.read_fill(connection, embedding_id)
            if fill is None:
                raise GallerySearchError("the gallery's table was lost; it will be filled again")
            foreign = template_rows.count_foreign(connection, embedding_id)
            count = connection.scalar(_HOW_MANY, {"e": embedding_id}) or 0
            left_out = self._left_out(connection, fill)  # of the same moment
        gone = self._gone(people) if left_out else frozenset()
        search = self._searching(embedding_id, fill.dim if count else 0)
        self._last = RegisterSnapshot(
            people.version,
            tuple(person for person in people.people if person.staff_id not in gone),
            PgvectorGallery(search, count, fill.dim, people.version, embedding_id),
            foreign,
            tuple(sorted(left_out - gone)),
            people.owners,
        )
        return self._last

    def _left_out(self, connection: Connection, fill: pgvector_table.Fill) -> frozenset[str]:
        """Whose templates did not open; as before, where the table lags behind the register."""
        if version_in(connection) != fill.version:
            return frozenset(self._last.without_key if self._last else ())
        rows = connection.execute(_WITHOUT_VECTORS, {"e": fill.embedding_id})
        return frozenset(rows.scalars())

    def _searching(self, embedding_id: str, dim: int) -> VectorSearch:
        """The connection of the snapshot before, where that works."""
        if self._last is not None:
            last = self._last.gallery
            if last.embedding_id == embedding_id and last.problem is None:
                return last.search
            last.search.close()
        search = VectorSearch(_server(self._place), embedding_id)
        search.open(dim)
        return search

    def _gone(self, people: RegisterSnapshot[Gallery]) -> frozenset[str]:
        """Who came back with an old backup, though their keys were destroyed."""
        with open_keys(self._place) as keys:
            destroyed = keys.destroyed()
        return frozenset(who for who, person_id in people.owners.items() if person_id in destroyed)


def _server(place: RegisterPlace) -> PostgresDatabase:
    if not isinstance(place.database, PostgresDatabase):
        raise RegisterError(f"register {place} is a file; pgvector needs a server (register.url)")
    return place.database
