"""A table of people and their photos into the register: row by row, each whole or not at all.

The order of things lives here. A row that is refused changes nothing and stops no other; a row
that was imported before changes nothing either. The truth is asked of the register each time,
so an import that was interrupted is simply run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from enrolment.bulk.examining import ExaminerPool, PhotoTask
from enrolment.bulk.outcomes import Outcome, RowResult
from enrolment.bulk.photo_names import PhotoNames
from enrolment.bulk.photo_stores import PhotoStore
from enrolment.bulk.reasons import RowReason
from enrolment.bulk.remembered import RememberedPhotos
from enrolment.bulk.rows import RefusedRow, WantedRow
from enrolment.bulk.target import ImportTarget
from enrolment.enrolling import Photo
from enrolment.gallery import Gallery
from enrolment.judging import Everybody, Examination, Judge, PhotoResult
from enrolment.people import LegalBasis, Person, Template
from enrolment.refusals import PhotoRefusedError, Refusal
from enrolment.register_errors import (
    NotAllowedError,
    PersonChangedError,
    PersonExistsError,
    RegisterLockedError,
    UnknownPersonError,
)

_SAME_PHOTO = 0.9999
"""Cosine from which two templates come from one photo: the same photo gives the same numbers."""

_NOT_TAKEN = (
    NotAllowedError,
    PersonChangedError,
    PersonExistsError,
    RegisterLockedError,
    UnknownPersonError,
    ValueError,
)
"""What the register says of one row; whatever else it raises ends the import."""

_FIELDS = (
    ("groups", "groups"),
    ("zones", "permits"),
    ("valid_from", "valid_from"),
    ("valid_to", "valid_to"),
    ("organisation", "organisation"),
    ("badge", "badge"),
    ("remarks", "remarks"),
    ("basis", "basis"),
)
"""The columns that a record follows, each with its field."""

Row = WantedRow | RefusedRow


@dataclass(frozen=True, slots=True)
class Gathered:
    """A row with its photos' bytes and what could not be read of them.

    ``known``: exactly these photos were enrolled for this person before.
    """

    row: Row
    photos: tuple[Photo, ...] = ()
    unread: tuple[PhotoResult, ...] = ()
    digest: bytes = b""
    known: bool = False


class Importing:
    """One import. Nothing is changed where ``dry`` is set; the results are the same."""

    def __init__(
        self,
        target: ImportTarget,
        remembered: RememberedPhotos,
        judge: Judge,
        *,
        embedding_id: str,
        keep_photos: bool = False,
        dry: bool = False,
    ) -> None:
        self._target = target
        self._remembered = remembered
        self._judge = judge
        self._embedding_id = embedding_id
        self._keep_photos = keep_photos
        self._dry = dry
        self._version = -1
        self._everybody = Everybody(Gallery.of_nobody(embedding_id))

    def run(
        self, rows: Sequence[Row], store: PhotoStore, pool: ExaminerPool[Gathered]
    ) -> Iterator[RowResult]:
        """Yield what becomes of each row, in order, as soon as it is settled.

        Raises ``RegisterError`` where the register itself fails (full, damaged), ``ModelError``
        where a model does; rows already yielded stay imported.
        """
        self._remembered.forget_all_but(self._target.staff_ids())
        names = PhotoNames(store.names(), {row.person.staff_id for row in _wanted(rows)})
        tasks = (self._task(row, store, names) for row in rows)
        for gathered, examined in pool.examine(tasks):
            yield self._settle(gathered, (*gathered.unread, *examined))

    def _task(self, row: Row, store: PhotoStore, names: PhotoNames) -> PhotoTask[Gathered]:
        """Read a row's photos; those that are enrolled already are not examined again."""
        if isinstance(row, RefusedRow):
            return PhotoTask(Gathered(row), ())
        read: list[Photo] = []
        unread: list[PhotoResult] = []
        for name in row.photos or names.of(row.person.staff_id):
            try:
                found = names.named(name) if row.photos else name
                read.append(Photo(name, store.read(found)))
            except PhotoRefusedError as refused:
                unread.append(PhotoResult(name, refusal=refused.reason, detail=refused.detail))
        contents = [photo.source for photo in read if isinstance(photo.source, bytes)]
        digest = self._remembered.digest(self._embedding_id, contents)
        known = not unread and self._is_known(row, digest)
        gathered = Gathered(row, tuple(read), tuple(unread), digest, known)
        return PhotoTask(gathered, () if known else gathered.photos)

    def _is_known(self, row: WantedRow, digest: bytes) -> bool:
        staff_id = row.person.staff_id
        if not self._remembered.knows(staff_id, digest):
            return False
        return bool(self._people_now().rows_of(staff_id))

    def _settle(self, gathered: Gathered, photos: tuple[PhotoResult, ...]) -> RowResult:
        row = gathered.row
        if isinstance(row, RefusedRow):
            return RowResult(
                row.line, row.staff_id, row.name, Outcome.REFUSED, row.reason, row.detail
            )
        try:
            return self._enrol(row, gathered, photos)
        except _NOT_TAKEN as exc:
            # Another program was quicker, or holds the register: this row waits for a next run.
            return _refused(row, RowReason.NOT_TAKEN, str(exc), photos)

    def _enrol(
        self, row: WantedRow, gathered: Gathered, photos: tuple[PhotoResult, ...]
    ) -> RowResult:
        before = self._target.person(row.person.staff_id)
        wanted = row.person if before is None else _merged(before, row)
        if gathered.known and before is not None:
            return self._write(row, before, wanted, Examination(()), gathered)
        if not photos and not (wanted.badge or self._has_face(wanted)):
            return _refused(row, RowReason.NO_PHOTO)
        if not photos:  # a guard vouches for who has a badge alone
            return self._write(row, before, wanted, Examination(()), gathered)
        examination = self._judge.together(
            photos, self._people_now(), row.person.staff_id, row.not_same_as
        )
        if not examination.templates:
            return _refused(row, *_why(examination.results), examination.results)
        return self._write(row, before, wanted, examination, gathered)

    def _has_face(self, person: Person) -> bool:
        return bool(self._people_now().rows_of(person.staff_id))

    def _write(
        self,
        row: WantedRow,
        before: Person | None,
        wanted: Person,
        examination: Examination,
        gathered: Gathered,
    ) -> RowResult:
        own = self._people_now().rows_of(wanted.staff_id)
        new = [t for t in examination.templates if not _is_among(t, own)]
        outcome = Outcome.UPDATED if new or wanted != before else Outcome.UNCHANGED
        if before is None:
            outcome = Outcome.ADDED
        if not self._dry:
            self._change(before, wanted, new, outcome, self._held(gathered, examination, new))
            if not any(photo.refusal for photo in examination.results):
                self._remembered.keep(wanted.staff_id, gathered.digest)
        self._everybody.add(wanted.staff_id, new)
        return RowResult(
            row.line,
            wanted.staff_id,
            wanted.name,
            outcome,
            photos=examination.results,
            templates=len(new),
        )

    def _change(
        self,
        before: Person | None,
        wanted: Person,
        new: Sequence[Template],
        outcome: Outcome,
        photos: Sequence[bytes],
    ) -> None:
        if outcome is Outcome.UNCHANGED:
            return
        if before is None:
            self._target.add(wanted, new, photos)
        else:
            self._target.change(wanted, new, photos)
        if self._target.version == self._version + 1:
            self._version += 1  # our own change alone: the gallery in memory is told below

    def _held(
        self, gathered: Gathered, examination: Examination, new: Sequence[Template]
    ) -> tuple[bytes, ...]:
        """The photos to keep: those whose templates are new, where the site keeps any."""
        if not self._keep_photos:
            return ()
        fresh = {
            result.name
            for result in examination.results
            if any(result.template is template for template in new)
        }
        return tuple(
            photo.source
            for photo in gathered.photos
            if photo.name in fresh and isinstance(photo.source, bytes)
        )

    def _people_now(self) -> Everybody:
        """Everybody, read anew where somebody else changed the register meanwhile."""
        version = self._target.version
        if version != self._version:
            self._everybody = Everybody(self._target.gallery())
            self._version = version
        return self._everybody


def _wanted(rows: Sequence[Row]) -> Iterator[WantedRow]:
    return (row for row in rows if isinstance(row, WantedRow))


def _merged(before: Person, row: WantedRow) -> Person:
    """The person as the row wants it; columns that the table lacks leave things as they are."""
    told = {field: getattr(row.person, field) for column, field in _FIELDS if column in row.columns}
    if before.basis and row.person.basis and _same(before.basis, row.person.basis):
        told["basis"] = before.basis  # said again, it was still taken then
    return replace(before, name=row.person.name, **told)


def _same(one: LegalBasis, other: LegalBasis) -> bool:
    return replace(one, taken_at=other.taken_at, taken_by=other.taken_by) == other


def _refused(
    row: WantedRow,
    reason: RowReason | Refusal,
    detail: str = "",
    photos: tuple[PhotoResult, ...] = (),
) -> RowResult:
    who = row.person
    return RowResult(row.line, who.staff_id, who.name, Outcome.REFUSED, reason, detail, photos)


def _why(photos: Sequence[PhotoResult]) -> tuple[RowReason | Refusal, str]:
    """The row's reason: that of its photos where they agree, or where one forbids them all."""
    refused = [photo for photo in photos if photo.refusal]
    enrolled = [photo for photo in refused if photo.refusal is Refusal.ALREADY_ENROLLED_AS]
    first = (enrolled or refused)[0]
    same = enrolled or len({photo.refusal for photo in refused}) == 1
    if same and first.refusal:
        return first.refusal, first.detail
    return RowReason.PHOTOS_REFUSED, ""


def _is_among(template: Template, rows: Sequence[np.ndarray]) -> bool:
    return any(float(template.embedding @ row) >= _SAME_PHOTO for row in rows)
