"""The register of people: durable records in one SQLite file, changed in whole transactions.

Storing and reading people and templates lives here. Photos, quality and the decision whether
somebody may be enrolled do not; nor does anything of the running daemon, which only reads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from enrolment.gallery import Gallery
from enrolment.people import Person, PersonState, Template, unit_rows
from enrolment.register_errors import (
    PersonExistsError,
    RegisterCorruptError,
    UnknownPersonError,
    named_errors,
)
from enrolment.register_file import BUSY_TIMEOUT_S, connect, create_if_missing

_PEOPLE = """
SELECT p.staff_id, name, state, valid_from, valid_to, created_at,
       (SELECT json_group_array(group_id) FROM memberships m WHERE m.staff_id = p.staff_id)
FROM people p {where} ORDER BY p.staff_id
"""


@dataclass(frozen=True, slots=True, eq=False)
class RegisterSnapshot:
    """The whole register at one version, as one embedder can use it.

    ``foreign_templates``: how many templates belong to other embedders and were left out.
    """

    version: int
    people: tuple[Person, ...]
    gallery: Gallery
    foreign_templates: int


class Register:
    """One connection to the register; use it from the thread that opened it.

    Every method may raise a ``RegisterError`` (``RegisterLockedError``, ``RegisterFullError``,
    ``RegisterCorruptError``, ...); a change that raises has changed nothing.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path
        self._file_id = _file_id(path)

    @classmethod
    def open(cls, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Self:
        """Open the register for reading and changing; make an empty one where there is none."""
        create_if_missing(path)
        return cls(connect(path, busy_timeout_s=busy_timeout_s, read_only=False), path)

    @classmethod
    def open_for_reading(cls, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Self:
        """Open an existing register; ``RegisterMissingError`` where there is none."""
        return cls(connect(path, busy_timeout_s=busy_timeout_s, read_only=True), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @property
    def version(self) -> int:
        """Grows by one with every change; cheap enough to ask several times a second."""
        with named_errors(self._path):
            return self._version()

    @property
    def replaced(self) -> bool:
        """Whether another file lies at the path now (a restore): this connection is stale."""
        return _file_id(self._path) != self._file_id

    def add_person(self, person: Person, templates: Sequence[Template] = ()) -> None:
        """Add somebody with all templates, or nothing at all.

        ``PersonExistsError`` where the staff id is taken, ``ValueError`` for values that the
        register cannot hold.
        """
        person.checked()
        with self._changing():
            if self._exists(person.staff_id):
                raise PersonExistsError(f"staff id {person.staff_id} is taken; choose another")
            moments = (_posix(person.valid_from), _posix(person.valid_to))
            self._db.execute(
                "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)",
                (person.staff_id, person.name, person.state, *moments, _posix(person.created_at)),
            )
            self._db.executemany(
                "INSERT INTO memberships VALUES (?, ?)",
                [(person.staff_id, group) for group in sorted(person.groups)],
            )
            self._insert(person.staff_id, templates)

    def add_templates(self, staff_id: str, templates: Sequence[Template]) -> None:
        """Give somebody more templates; ``UnknownPersonError``, ``ValueError`` as above."""
        with self._changing():
            self._demand(staff_id)
            self._insert(staff_id, templates)

    def change_person(self, person: Person, more: Sequence[Template] = ()) -> None:
        """Write somebody's name, groups and validity anew, and add templates, all or nothing.

        State and templates stay. ``UnknownPersonError``, ``ValueError`` as above.
        """
        person.checked()
        moments = (_posix(person.valid_from), _posix(person.valid_to))
        with self._changing():
            self._demand(person.staff_id)
            self._db.execute(
                "UPDATE people SET name = ?, valid_from = ?, valid_to = ? WHERE staff_id = ?",
                (person.name, *moments, person.staff_id),
            )
            self._db.execute("DELETE FROM memberships WHERE staff_id = ?", (person.staff_id,))
            self._db.executemany(
                "INSERT INTO memberships VALUES (?, ?)",
                [(person.staff_id, group) for group in sorted(person.groups)],
            )
            self._insert(person.staff_id, more)

    def set_state(self, staff_id: str, state: PersonState) -> None:
        """Suspend somebody or let them in again; ``UnknownPersonError`` where there is nobody."""
        with self._changing():
            self._demand(staff_id)
            self._db.execute("UPDATE people SET state = ? WHERE staff_id = ?", (state, staff_id))

    def remove(self, staff_id: str) -> bool:
        """Erase somebody with all templates, overwriting them in the file.

        True when SQLite's write-ahead file was emptied as well; false where a reader kept it
        busy, and the next checkpoint does it.
        """
        with self._changing():
            self._demand(staff_id)
            self._db.execute("DELETE FROM people WHERE staff_id = ?", (staff_id,))
        with named_errors(self._path):
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def people(self) -> tuple[Person, ...]:
        """Everybody, by staff id."""
        with named_errors(self._path):
            return self._people()

    def person(self, staff_id: str) -> Person:
        """One person; ``UnknownPersonError`` where there is nobody of this id."""
        with named_errors(self._path):
            rows = self._db.execute(_PEOPLE.format(where="WHERE p.staff_id = ?"), (staff_id,))
            found = [_person(row) for row in rows]
        if not found:
            raise UnknownPersonError(_nobody(staff_id))
        return found[0]

    def template_counts(self) -> dict[str, dict[str, int]]:
        """How many templates each person has of each embedder: staff id, embedding id, number."""
        counts: dict[str, dict[str, int]] = {}
        query = "SELECT staff_id, embedding_id, count(*) FROM templates GROUP BY 1, 2"
        with named_errors(self._path):
            for staff_id, embedding_id, count in self._db.execute(query):
                counts.setdefault(staff_id, {})[embedding_id] = count
        return counts

    def snapshot(self, embedding_id: str) -> RegisterSnapshot:
        """Read people and this embedder's templates in one transaction.

        Templates of other embedders never enter the gallery; they are counted.
        """
        with self._reading():
            version = self._version()
            people = self._people()
            rows = self._db.execute(
                "SELECT staff_id, embedding FROM templates WHERE embedding_id = ?"
                " ORDER BY staff_id, template_id",
                (embedding_id,),
            ).fetchall()
            foreign = self._db.execute(
                "SELECT count(*) FROM templates WHERE embedding_id <> ?", (embedding_id,)
            ).fetchone()[0]
        gallery = self._gallery(rows, version, embedding_id)
        return RegisterSnapshot(version, people, gallery, foreign)

    def _gallery(self, rows: list[tuple[str, bytes]], version: int, embedding_id: str) -> Gallery:
        dim = len(rows[0][1]) // 4 if rows else 0
        try:
            values = np.frombuffer(b"".join(blob for _, blob in rows), dtype="<f4")
            return Gallery.build(
                [staff_id for staff_id, _ in rows],
                values.reshape(len(rows), dim),
                register_version=version,
                embedding_id=embedding_id,
            )
        except ValueError as exc:
            raise RegisterCorruptError(
                f"register {self._path} holds damaged templates ({exc}); restore it from a backup"
            ) from exc

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction that counts as one change, or leaves no trace."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield
            self._db.execute("UPDATE counter SET version = version + 1")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with named_errors(self._path):
            self._db.execute(begin)
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back after some errors
                    self._db.execute("ROLLBACK")
                raise

    def _version(self) -> int:
        return int(self._db.execute("SELECT version FROM counter").fetchone()[0])

    def _people(self) -> tuple[Person, ...]:
        return tuple(_person(row) for row in self._db.execute(_PEOPLE.format(where="")))

    def _exists(self, staff_id: str) -> bool:
        query = "SELECT 1 FROM people WHERE staff_id = ?"
        return self._db.execute(query, (staff_id,)).fetchone() is not None

    def _demand(self, staff_id: str) -> None:
        if not self._exists(staff_id):
            raise UnknownPersonError(_nobody(staff_id))

    def _insert(self, staff_id: str, templates: Sequence[Template]) -> None:
        for template in templates:
            row = unit_rows(template.embedding[np.newaxis]).astype("<f4").tobytes()
            self._demand_same_size(template.embedding_id, len(row))
            self._db.execute(
                "INSERT INTO templates (staff_id, embedding_id, embedding, quality, added_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (staff_id, template.embedding_id, row, template.quality, _posix(template.added_at)),
            )

    def _demand_same_size(self, embedding_id: str, size_bytes: int) -> None:
        """One embedder makes one size; a second size under its name would break the gallery."""
        query = "SELECT length(embedding) FROM templates WHERE embedding_id = ? LIMIT 1"
        known = self._db.execute(query, (embedding_id,)).fetchone()
        if known is not None and known[0] != size_bytes:
            raise ValueError(f"an embedding of {size_bytes} bytes among others of {known[0]}")


def _person(row: tuple[str, str, str, float | None, float | None, float, str]) -> Person:
    staff_id, name, state, valid_from, valid_to, created_at, groups = row
    try:
        return Person(
            staff_id=staff_id,
            name=name,
            groups=frozenset(json.loads(groups)),
            state=PersonState(state),
            valid_from=_moment(valid_from),
            valid_to=_moment(valid_to),
            created_at=datetime.fromtimestamp(created_at, UTC),
        )
    except (ValueError, OverflowError) as exc:
        raise RegisterCorruptError(
            f"the register's record of {staff_id} is damaged; restore a backup"
        ) from exc


def _posix(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _moment(posix_s: float | None) -> datetime | None:
    return None if posix_s is None else datetime.fromtimestamp(posix_s, UTC)


def _nobody(staff_id: str) -> str:
    return f"nobody has the staff id {staff_id}; 'enrol list' shows everybody"


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
