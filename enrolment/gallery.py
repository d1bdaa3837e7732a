"""The gallery: the register's templates as one immutable matrix, and the search in it.

Only numbers and staff ids live here: no names, no permissions, no database. A gallery never
changes; after each change of the register a new one replaces it whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from enrolment.people import UNIT_TOLERANCE, unit_rows

_SAMPLE = 500
"""People of whom the pairs are counted: enough to tell one in ten thousand, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A person and the cosine similarity, [-1, 1], to the middle of that person's templates."""

    staff_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Match:
    """The two most similar *people*, never twice the same; None where there are fewer."""

    best: Likeness | None
    runner_up: Likeness | None


@dataclass(frozen=True, slots=True)
class AlikePairs:
    """Of so many ``pairs`` of different people, how many are ``alike``."""

    alike: int
    pairs: int


class Searchable(Protocol):
    """What a daemon needs of a gallery, wherever its templates lie."""

    @property
    def register_version(self) -> int: ...

    @property
    def embedding_id(self) -> str: ...

    @property
    def people(self) -> int:
        """How many can be found in it."""

    @property
    def empty(self) -> bool: ...

    @property
    def problem(self) -> str | None:
        """What keeps it from answering, with the remedy; None: nothing."""

    def match(self, probe: NDArray[Any]) -> Match:
        """As ``Gallery.match``; ``GallerySearchError`` where it cannot be asked."""

    def alike_pairs(self, similarity: float) -> AlikePairs | None:
        """As ``Gallery.alike_pairs``; None where templates are not at hand to be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Templates of one embedder, grouped by person; build it with ``build``.

    ``embeddings``: ``(N, D)`` float32 unit rows, read-only. ``staff_ids``: the people, sorted.
    ``starts``: ``(P,)`` the first row of each person, read-only. ``centres``: ``(P, D)`` the mean
    of each person's templates, unit length, read-only: what probes are compared with. With three
    photos a person that recognises more staff at the same FPIR than the most similar template
    does (docs/models.md), and one bad template cannot let a stranger in.
    """

    embeddings: NDArray[np.float32] = field(repr=False)  # biometric: never in a log
    staff_ids: tuple[str, ...]
    starts: NDArray[np.intp]
    centres: NDArray[np.float32] = field(repr=False)
    register_version: int
    embedding_id: str

    @classmethod
    def build(
        cls,
        owners: Sequence[str],
        rows: NDArray[Any],
        *,
        register_version: int,
        embedding_id: str,
    ) -> Gallery:
        """Group ``(N, D)`` unit rows by their owners (a staff id for each row, any order).

        ``ValueError`` where the counts differ or a row is not a unit vector.
        """
        matrix = unit_rows(rows)
        if len(owners) != len(matrix):
            raise ValueError(f"{len(owners)} owners for {len(matrix)} embeddings")
        order = sorted(range(len(owners)), key=lambda row: owners[row])
        grouped = matrix[order]
        sorted_owners = [owners[row] for row in order]
        starts = [i for i, who in enumerate(sorted_owners) if not i or who != sorted_owners[i - 1]]
        first_rows = np.array(starts, dtype=np.intp)
        middles = centres(grouped, first_rows)
        for array in (grouped, first_rows, middles):
            array.setflags(write=False)
        people = tuple(sorted_owners[i] for i in starts)
        return cls(grouped, people, first_rows, middles, register_version, embedding_id)

    @classmethod
    def of_nobody(cls, embedding_id: str) -> Gallery:
        """The gallery of an empty register, of version 0."""
        rows = np.empty((0, 1), np.float32)
        return cls.build([], rows, register_version=0, embedding_id=embedding_id)

    @property
    def people(self) -> int:
        return len(self.staff_ids)

    @property
    def empty(self) -> bool:
        return not self.staff_ids

    @property
    def problem(self) -> None:
        """Nothing keeps memory from answering."""

    @property
    def dim(self) -> int:
        return int(self.embeddings.shape[1])

    def match(self, probe: NDArray[Any]) -> Match:
        """Compare one ``(D,)`` unit probe with everybody.

        Equal similarities go to the staff id that sorts first. ``ValueError`` for a probe of
        another size, with NaN, or not of unit length: a broken embedder must be heard of,
        not turned into a similarity.
        """
        vector = checked_probe(probe, None if self.empty else self.dim)
        if self.empty:
            return Match(None, None)
        per_person = np.clip(self.centres @ vector, -1.0, 1.0)
        best = int(per_person.argmax())
        first = Likeness(self.staff_ids[best], float(per_person[best]))
        if len(self.staff_ids) == 1:
            return Match(first, None)
        per_person[best] = -np.inf
        second = int(per_person.argmax())
        return Match(first, Likeness(self.staff_ids[second], float(per_person[second])))

    def most_similar_template(
        self, row: NDArray[np.float32], left_out: frozenset[str] = frozenset()
    ) -> Likeness | None:
        """The owner of the single template most like a ``(D,)`` unit row; None for nobody.

        For finding who is enrolled twice, by thresholds measured template against template;
        ``match`` is what recognises people. Equal similarities as there.
        """
        similarities = self.embeddings @ row if self.staff_ids else np.empty(0, np.float32)
        ends = self.starts + self._sizes
        for staff_id in left_out:
            place = bisect_left(self.staff_ids, staff_id)
            if self.staff_ids[place : place + 1] == (staff_id,):
                similarities[self.starts[place] : ends[place]] = -np.inf
        best = int(similarities.argmax()) if similarities.size else 0
        if not similarities.size or similarities[best] == -np.inf:
            return None
        owner = int(np.searchsorted(self.starts, best, side="right")) - 1
        return Likeness(self.staff_ids[owner], float(np.clip(similarities[best], -1, 1)))

    def alike_pairs(self, similarity: float) -> AlikePairs:
        """Of how many pairs of people the first templates are at least so similar.

        Of a large gallery, some hundred people stand for all.
        """
        sample = np.linspace(0, self.people - 1, min(self.people, _SAMPLE)).astype(np.intp)
        return alike_among(self.embeddings[self.starts[sample]], similarity)

    def without(self, staff_ids: frozenset[str]) -> Gallery:
        """Return a gallery of everybody else, of the same version."""
        if staff_ids.isdisjoint(self.staff_ids):
            return self
        sizes = np.diff(np.append(self.starts, len(self.embeddings)))
        owners = np.repeat(np.array(self.staff_ids, dtype=object), sizes)
        kept = np.array([who not in staff_ids for who in owners], dtype=bool)
        return Gallery.build(
            owners[kept].tolist(),
            self.embeddings[kept],
            register_version=self.register_version,
            embedding_id=self.embedding_id,
        )

    def updated(self, drop: frozenset[str], addition: Gallery) -> Gallery:
        """Return a gallery without some people and with those of ``addition``, at its version.

        Somebody in both must be in ``drop``. The rows are copied once; nothing is compared, and no
        middle computed: what did not change keeps the one it has.
        ``ValueError`` for an addition of another embedder or another size.
        """
        if addition.embedding_id != self.embedding_id:
            raise ValueError("the addition was made by another embedder; the two never mix")
        if self.empty or (addition.empty and drop.issuperset(self.staff_ids)):
            return addition
        parts = [self.embeddings] if addition.empty else [self.embeddings, addition.embeddings]
        kept = np.array([who not in drop for who in self.staff_ids], dtype=bool)
        ids = [who for who in self.staff_ids if who not in drop] + list(addition.staff_ids)
        starts = np.concatenate([self.starts[kept], addition.starts + len(self.embeddings)])
        sizes = np.concatenate([self._sizes[kept], addition._sizes])
        order = sorted(range(len(ids)), key=ids.__getitem__)
        starts, sizes = starts[order], sizes[order]
        first_rows = np.cumsum(sizes) - sizes
        rows = np.repeat(starts - first_rows, sizes) + np.arange(int(sizes.sum()))
        grouped = np.concatenate(parts)[rows]
        middles = self.centres[kept]
        if not addition.empty:
            middles = np.concatenate([middles, addition.centres])
        middles = middles[order]
        for array in (grouped, first_rows, middles):
            array.setflags(write=False)
        people = tuple(ids[i] for i in order)
        version = addition.register_version
        return Gallery(grouped, people, first_rows, middles, version, self.embedding_id)

    @property
    def _sizes(self) -> NDArray[np.intp]:
        return np.diff(np.append(self.starts, len(self.embeddings)))


def alike_among(rows: NDArray[np.float32], similarity: float) -> AlikePairs:
    """How many pairs of ``(N, D)`` unit rows, one a person, are at least so similar."""
    reached = int((rows @ rows.T >= similarity).sum())
    # Everybody is like themselves, and each pair was counted twice.
    alike = (reached - len(rows)) // 2
    return AlikePairs(alike, len(rows) * (len(rows) - 1) // 2)


def centres(rows: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    """The middle of each group of ``(N, D)`` unit rows, ``(P, D)``, unit length.

    ``starts``: ``(P,)`` where each group begins. Rows that cancel each other out have no middle:
    theirs is zero, and nobody is similar to it.
    """
    sizes = np.diff(np.append(starts, len(rows)))
    sums = rows[starts]
    for place in range(1, int(sizes.max(initial=1))):  # far quicker than ``np.add.reduceat``
        longer = np.flatnonzero(sizes > place)
        sums[longer] += rows[starts[longer] + place]
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(lengths > 0, lengths, 1), np.float32)


def checked_probe(probe: NDArray[Any], dim: int | None) -> NDArray[np.float32]:
    """A probe as float32; ``ValueError`` as ``Gallery.match``. ``dim`` None: any size will do."""
    vector = np.asarray(probe, dtype=np.float32)
    if vector.ndim != 1 or (dim is not None and vector.size != dim):
        raise ValueError(f"a probe of shape {vector.shape}; ({dim or 'D'},) wanted")
    length = float(np.linalg.norm(vector))
    if not abs(length - 1) <= UNIT_TOLERANCE:  # written so that NaN is refused too
        raise ValueError("the probe is not finite or not of unit length")
    return vector
