"""The gallery: the register's templates as one immutable matrix, and the search in it.

Only numbers and staff ids live here: no names, no permissions, no database. A gallery never
changes; after each change of the register a new one replaces it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enrolment.people import UNIT_TOLERANCE, unit_rows


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
    register_version: int
    embedding_id: str
    centres: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        sums = np.add.reduceat(self.embeddings, self.starts) if self.staff_ids else self.embeddings
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # Templates that cancel each other out have no middle; nobody is similar to it.
        centres = np.asarray(sums / np.where(lengths > 0, lengths, 1), np.float32)
        centres.setflags(write=False)
        object.__setattr__(self, "centres", centres)

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
        for array in (grouped, first_rows):
            array.setflags(write=False)
        people = tuple(sorted_owners[i] for i in starts)
        return cls(grouped, people, first_rows, register_version, embedding_id)

    @property
    def empty(self) -> bool:
        return not self.staff_ids

    @property
    def dim(self) -> int:
        return int(self.embeddings.shape[1])

    def match(self, probe: NDArray[Any]) -> Match:
        """Compare one ``(D,)`` unit probe with everybody.

        Equal similarities go to the staff id that sorts first. ``ValueError`` for a probe of
        another size, with NaN, or not of unit length: a broken embedder must be heard of,
        not turned into a similarity.
        """
        vector = self._checked(probe)
        if self.empty:
            return Match(None, None)
        per_person = np.clip(self.centres @ vector, -1.0, 1.0)
        best = self._likeness(per_person)
        if len(self.staff_ids) == 1:
            return Match(best, None)
        per_person[int(per_person.argmax())] = -np.inf
        return Match(best, self._likeness(per_person))

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

    def _checked(self, probe: NDArray[Any]) -> NDArray[np.float32]:
        vector = np.asarray(probe, dtype=np.float32)
        if vector.ndim != 1 or (not self.empty and vector.size != self.dim):
            raise ValueError(f"a probe of shape {vector.shape}; ({self.dim},) wanted")
        length = float(np.linalg.norm(vector))
        if not abs(length - 1) <= UNIT_TOLERANCE:  # written so that NaN is refused too
            raise ValueError("the probe is not finite or not of unit length")
        return vector

    def _likeness(self, per_person: NDArray[np.float32]) -> Likeness:
        index = int(per_person.argmax())
        return Likeness(self.staff_ids[index], float(per_person[index]))
