"""What an import needs of the register, and the register seen that way.

The one place where the import meets the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from enrolment.gallery import Gallery
from enrolment.people import Person, Template
from enrolment.register import Register
from enrolment.register_errors import UnknownPersonError
from enrolment.register_history import Note

_FROM_THE_TABLE = ("name", "groups", "valid_from", "valid_to")


class ImportTarget(Protocol):
    """Who is enrolled, and the two changes that an import makes. Raises ``RegisterError``."""

    @property
    def version(self) -> int:
        """Grows with every change, whoever makes it."""

    def gallery(self) -> Gallery:
        """Everybody's templates of the embedder in use."""

    def staff_ids(self) -> Iterable[str]:
        """Everybody's staff id."""

    def person(self, staff_id: str) -> Person | None:
        """Who has this staff id."""

    def add(self, person: Person, templates: Sequence[Template]) -> None:
        """Add somebody whole, or not at all."""

    def change(self, person: Person, more: Sequence[Template]) -> None:
        """Change somebody and add templates, whole, or not at all.

        ``person``: the record as it was read, with other fields; where it was changed since,
        nothing is overwritten.
        """


class RegisterTarget:
    """The register, written to. ``note``: who imports, and why; every change carries it."""

    def __init__(self, register: Register, embedding_id: str, note: Note) -> None:
        self._register = register
        self._embedding_id = embedding_id
        self._note = note

    @property
    def version(self) -> int:
        return self._register.version

    def gallery(self) -> Gallery:
        return self._register.snapshot(self._embedding_id).gallery

    def staff_ids(self) -> Iterable[str]:
        return (person.staff_id for person in self._register.people())

    def person(self, staff_id: str) -> Person | None:
        try:
            return self._register.person(staff_id)
        except UnknownPersonError:
            return None

    def add(self, person: Person, templates: Sequence[Template]) -> None:
        self._register.add_person(person, templates, self._note)

    def change(self, person: Person, more: Sequence[Template]) -> None:
        fields = {name: getattr(person, name) for name in _FROM_THE_TABLE}
        self._register.edit(
            person.staff_id, fields, self._note, revision=person.revision, templates=more
        )
