"""Photos judged together: do they show one person, and is that person somebody else already?

Only comparisons of templates live here; no pixels, no models and no register.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from enrolment.gallery import Gallery, Likeness
from enrolment.hints.book import hint
from enrolment.hints.language import Language
from enrolment.people import Template
from enrolment.refusals import Refusal, Remark
from models.entries import Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class PhotoResult:
    """What became of one photo: a template, or a refusal with figures in ``detail``.

    ``other``: for ALREADY_ENROLLED_AS, the staff id that the face is enrolled under; for an
    accepted photo, somebody so like this person that a human should look.
    """

    name: str
    template: Template | None = None
    refusal: Refusal | None = None
    detail: str = ""
    other: str | None = None

    @property
    def accepted(self) -> bool:
        return self.refusal is None

    @property
    def reason(self) -> Refusal | Remark | None:
        """The refusal, or what else there is to say."""
        return self.refusal or (Remark.ALIKE if self.other else None)

    @property
    def hint(self) -> str:
        """What a human can do about it; empty where there is nothing to say."""
        return self.hint_in(Language.ENGLISH)

    def hint_in(self, language: Language) -> str:
        """The same in another language."""
        return hint(self.reason, language) if self.reason else ""

    def refused(self, refusal: Refusal, detail: str, other: str | None = None) -> PhotoResult:
        """Take the photo back for a reason that only its neighbours showed."""
        return replace(self, template=None, refusal=refusal, detail=detail, other=other)


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """All photos of one person, in the order given."""

    results: tuple[PhotoResult, ...]

    @property
    def templates(self) -> tuple[Template, ...]:
        """What may be enrolled, best first; nothing where a photo shows somebody enrolled."""
        if any(result.refusal is Refusal.ALREADY_ENROLLED_AS for result in self.results):
            return ()
        accepted = [result.template for result in self.results if result.template is not None]
        return tuple(sorted(accepted, key=lambda template: -template.quality))


class Everybody:
    """The people to compare new photos with: a gallery, and who was added since it was made."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._owners: list[str] = []
        self._places: dict[str, list[int]] = {}
        self._rows = np.empty((0, 1), np.float32)  # with room to grow: the owners count

    def add(self, staff_id: str, templates: Sequence[Template]) -> None:
        """Count somebody in from now on."""
        for template in templates:
            count = len(self._owners)
            if count == len(self._rows):
                room = np.empty((max(64, count), template.embedding.size), np.float32)
                self._rows = (
                    np.concatenate([self._rows.reshape(count, -1), room]) if count else room
                )
            self._rows[count] = template.embedding
            self._places.setdefault(staff_id, []).append(count)
            self._owners.append(staff_id)

    def best_but(self, left_out: frozenset[str], row: NDArray[np.float32]) -> Likeness | None:
        """The owner of the most similar template, but for those left out.

        ``row``: ``(D,)``, unit length. Not the person whose *middle* is most similar: the
        thresholds for doubles were measured template against template.
        """
        known = self._gallery.most_similar_template(row, left_out)
        added = self._best_added(left_out, row)
        return max(filter(None, (known, added)), key=lambda one: one.similarity, default=None)

    def rows_of(self, staff_id: str) -> list[NDArray[np.float32]]:
        """The templates of one person, ``(D,)`` each."""
        gallery = self._gallery
        added = [self._rows[place] for place in self._places.get(staff_id, ())]
        place = bisect_left(gallery.staff_ids, staff_id)
        if gallery.staff_ids[place : place + 1] != (staff_id,):
            return added
        ends = np.append(gallery.starts, len(gallery.embeddings))
        return [*gallery.embeddings[ends[place] : ends[place + 1]], *added]

    def _best_added(self, left_out: frozenset[str], row: NDArray[np.float32]) -> Likeness | None:
        if not self._owners:
            return None
        similarities = self._rows[: len(self._owners)] @ row
        for staff_id in left_out:
            similarities[self._places.get(staff_id, [])] = -np.inf
        best = int(similarities.argmax())
        if similarities[best] == -np.inf:
            return None
        return Likeness(self._owners[best], float(np.clip(similarities[best], -1, 1)))


class Judge:
    """Judges templates by one embedder's thresholds."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._duplicate = thresholds.duplicate
        self._noted = min(thresholds.accept, thresholds.duplicate)
        # Photos disagree where the daemon would take one for a clear stranger beside the other.
        self._disagree = thresholds.reject - thresholds.margin

    def together(
        self,
        alone: Sequence[PhotoResult],
        everybody: Everybody,
        staff_id: str | None = None,
        distinct_from: frozenset[str] = frozenset(),
    ) -> Examination:
        """Judge all photos of one person.

        ``staff_id``: under which that person is known. ``distinct_from``: staff ids of whom a
        human has confirmed that they are somebody else, however alike.
        """
        own = [] if staff_id is None else everybody.rows_of(staff_id)
        left_out = distinct_from if staff_id is None else distinct_from | {staff_id}
        agreeing = self._refuse_strangers(tuple(alone), own)
        return Examination(
            tuple(self._refuse_enrolled(result, everybody, left_out) for result in agreeing)
        )

    def alike(self, staff_id: str, everybody: Everybody) -> tuple[Likeness, ...]:
        """Others so like an enrolled person that a human should look; the most similar first.

        For each of the person's templates whoever is most like it, by the same thresholds that
        judge a new photo.
        """
        found: dict[str, Likeness] = {}
        for row in everybody.rows_of(staff_id):
            best = everybody.best_but(frozenset({staff_id}), row)
            if best is None or best.similarity < self._noted:
                continue
            known = found.get(best.staff_id, best)
            found[best.staff_id] = max(known, best, key=lambda one: one.similarity)
        return tuple(sorted(found.values(), key=lambda one: -one.similarity))

    def _refuse_strangers(
        self, results: tuple[PhotoResult, ...], own: Sequence[NDArray[np.float32]]
    ) -> tuple[PhotoResult, ...]:
        """Refuse photos that agree with fewer than half of the person's others.

        Two photos that disagree are both refused: nobody can say which one is wrong. Where the
        person is enrolled already, the enrolled templates alone are the others.
        """
        rows = {i: r.template.embedding for i, r in enumerate(results) if r.template}
        judged = list(results)
        for i, row in rows.items():
            others = own or [rows[j] for j in rows if j != i]
            agreeing = sum(float(row @ other) >= self._disagree for other in others)
            if 2 * agreeing < len(others):
                detail = f"agrees with {agreeing} of {len(others)} other photos"
                judged[i] = results[i].refused(Refusal.NOT_SAME_PERSON, detail)
        return tuple(judged)

    def _refuse_enrolled(
        self, result: PhotoResult, everybody: Everybody, left_out: frozenset[str]
    ) -> PhotoResult:
        if result.template is None:
            return result
        best = everybody.best_but(left_out, result.template.embedding)
        if best is None or best.similarity < self._noted:
            return result
        detail = f"{best.staff_id}, similarity {best.similarity:.3f}"
        if best.similarity < self._duplicate:
            return replace(result, detail=detail, other=best.staff_id)
        return result.refused(Refusal.ALREADY_ENROLLED_AS, detail, best.staff_id)
