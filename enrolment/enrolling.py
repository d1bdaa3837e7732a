"""From one person's photos to templates, or to the reasons why not.

Here photos, faces, quality and the gallery come together. Nothing is stored here: the caller
puts accepted templates into the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enrolment.faces import find_faces, for_embedding
from enrolment.gallery import Gallery
from enrolment.hints.book import hint
from enrolment.hints.language import Language
from enrolment.people import Template
from enrolment.photos import decode_photo, read_photo
from enrolment.quality import (
    EnrolmentGate,
    check_quality,
    check_uncovered,
    quality_of,
    the_only_face,
)
from enrolment.refusals import PhotoRefusedError, Refusal
from models.embedder import Embedder
from models.errors import DegenerateLandmarks
from models.face_detector import FaceDetector
from models.occlusion import measure_detail
from models.quality import measure_face


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo to enrol from: a file, or bytes from elsewhere under a name for reports."""

    name: str
    source: Path | bytes

    @classmethod
    def of_file(cls, path: Path) -> Photo:
        """Name the photo by its path."""
        return cls(str(path), path)


@dataclass(frozen=True, slots=True, eq=False)
class PhotoResult:
    """What became of one photo: a template, or a refusal with figures in ``detail``.

    ``other``: for ALREADY_ENROLLED_AS, the staff id that the face is enrolled under.
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
    def hint(self) -> str:
        """What a human can do about the refusal; empty for an accepted photo."""
        return self.hint_in(Language.ENGLISH)

    def hint_in(self, language: Language) -> str:
        """The same in another language."""
        return hint(self.refusal, language) if self.refusal else ""

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


class Examiner:
    """Judges enrolment photos with one face detector and one embedder."""

    def __init__(
        self,
        face_detector: FaceDetector,
        embedder: Embedder,
        gate: EnrolmentGate | None = None,
    ) -> None:
        self._face_detector = face_detector
        self._embedder = embedder
        self._gate = gate or EnrolmentGate()

    def examine(
        self,
        photos: Sequence[Photo],
        gallery: Gallery,
        distinct_from: frozenset[str] = frozenset(),
    ) -> Examination:
        """Judge all photos of one person; a bad one is refused by name and the others go on.

        ``gallery``: everybody enrolled with this embedder. ``distinct_from``: staff ids whom
        a human has confirmed to be somebody else, however alike. ``ValueError`` for a gallery
        of another embedder; ``ModelRunError`` where a model fails, which is no photo's fault.
        """
        if gallery.embedding_id != self._embedder.embedding_id:
            raise ValueError("the gallery was made by another embedder; the two never compare")
        alone = tuple(self.examine_alone(photo) for photo in photos)
        return self.judge(alone, gallery.without(distinct_from))

    def judge(self, alone: Sequence[PhotoResult], others: Gallery) -> Examination:
        """Judge all photos of one person together, and beside everybody else's templates."""
        agreeing = self._refuse_strangers(tuple(alone))
        return Examination(tuple(self.beside(result, others) for result in agreeing))

    def examine_alone(self, photo: Photo) -> PhotoResult:
        """Judge a photo by itself: this needs no register, and any process can do it."""
        try:
            return PhotoResult(photo.name, self._template(photo.source))
        except PhotoRefusedError as refused:
            return PhotoResult(photo.name, refusal=refused.reason, detail=refused.detail)

    def _template(self, source: Path | bytes) -> Template:
        pixels = read_photo(source) if isinstance(source, Path) else decode_photo(source)
        return self.template_of(pixels)

    def template_of(self, pixels: NDArray[np.uint8]) -> Template:
        """The template of the one face of ``(H, W, 3)`` BGR pixels, or PhotoRefusedError."""
        gate = self._gate
        face = the_only_face(find_faces(pixels, self._face_detector, gate.min_score), gate)
        try:
            measures = measure_face(pixels, face.box_xyxy_px, face.landmarks_px, face.score)
            check_quality(face.eyes_px, measures, gate)
            check_uncovered(measure_detail(pixels, face.landmarks_px), gate)
            picture, landmarks = for_embedding(pixels, face)
            row = self._embedder.embed(picture, landmarks[np.newaxis])[0]
        except DegenerateLandmarks as exc:
            raise PhotoRefusedError(Refusal.DEGENERATE_LANDMARKS, str(exc)) from exc
        return Template(
            row, self._embedder.embedding_id, quality=quality_of(face.eyes_px, measures)
        )

    def _refuse_strangers(self, results: tuple[PhotoResult, ...]) -> tuple[PhotoResult, ...]:
        """Refuse photos that agree with fewer than half of the person's others.

        Two photos that disagree are both refused: nobody can say which one is wrong. They
        disagree when the daemon would take one for a clear stranger beside the other.
        """
        rows = {i: r.template.embedding for i, r in enumerate(results) if r.template}
        limit = self._embedder.thresholds.reject - self._embedder.thresholds.margin
        judged = list(results)
        for i, row in rows.items():
            likenesses = [float(row @ rows[j]) for j in rows if j != i]
            agreeing = sum(likeness >= limit for likeness in likenesses)
            if 2 * agreeing < len(likenesses):
                detail = f"agrees with {agreeing} of {len(likenesses)} other photos"
                judged[i] = results[i].refused(Refusal.NOT_SAME_PERSON, detail)
        return tuple(judged)

    def beside(self, result: PhotoResult, others: Gallery) -> PhotoResult:
        """Refuse a photo whose face is among ``others``."""
        if result.template is None:
            return result
        best = others.match(result.template.embedding).best
        if best is None or best.similarity < self._embedder.thresholds.accept:
            return result
        detail = f"{best.staff_id}, similarity {best.similarity:.3f}"
        return result.refused(Refusal.ALREADY_ENROLLED_AS, detail, best.staff_id)
