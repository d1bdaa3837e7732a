"""What an import needs of the register, and the register seen that way.

The one place where the import meets the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from enrolment.gallery import Gallery
from enrolment.people import Biometrics, Person, Template
from enrolment.person_changes import requested
from enrolment.register import Register
from enrolment.register_errors import UnknownPersonError
from enrolment.register_history import Note

_FROM_THE_TABLE = (
    *("name", "organisation", "groups", "permits", "valid_from", "valid_to"),
    *("badge", "remarks", "basis"),
)


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

    def add(
        self, person: Person, templates: Sequence[Template], photos: Sequence[bytes] = ()
    ) -> None:
        """Add somebody whole, or not at all. ``photos``: to keep, where the site keeps them."""

    def change(
        self, person: Person, more: Sequence[Template], photos: Sequence[bytes] = ()
    ) -> None:
        """Change somebody and add templates and photos, whole, or not at all.

        ``person``: the record as it was read, with other fields; where it was changed since,
        nothing is overwritten.
        """


class RegisterTarget:
    """The register, written to. ``note``: who imports, and why; every change carries it.

    ``two_person``: whoever is new, or may do more than before, awaits another account's approval.
    """

    def __init__(
        self, register: Register, embedding_id: str, note: Note, *, two_person: bool
    ) -> None:
        self._register = register
        self._embedding_id = embedding_id
        self._note = note
        self._two_person = two_person

    @property
    def version(self) -> int:
        return self._register.version

    def gallery(self) -> Gallery:
        return self._register.everybody(self._embedding_id)

    def staff_ids(self) -> Iterable[str]:
        return (person.staff_id for person in self._register.people())

    def person(self, staff_id: str) -> Person | None:
        try:
            return self._register.person(staff_id)
        except UnknownPersonError:
            return None

    def add(
        self, person: Person, templates: Sequence[Template], photos: Sequence[bytes] = ()
    ) -> None:
        if self._two_person:
            person = requested(person, self._note)
        self._register.add_person(person, templates, self._note, photos=photos)

    def change(
        self, person: Person, more: Sequence[Template], photos: Sequence[bytes] = ()
    ) -> None:
        fields = {name: getattr(person, name) for name in _FROM_THE_TABLE}
        self._register.edit(
            person.staff_id,
            fields,
            self._note,
            revision=person.revision,
            two_person=self._two_person,
            more=Biometrics(tuple(more), tuple(photos)),
        )
