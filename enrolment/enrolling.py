"""From one person's photos to templates, or to the reasons why not.

Here photos, faces and quality come together, and ``enrolment.judging`` is asked about the
rest. Nothing is stored here: the caller puts accepted templates into the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enrolment.faces import FoundFace, find_faces, for_embedding
from enrolment.gallery import Gallery
from enrolment.judging import Everybody, Examination, Judge, PhotoResult
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
from models.quality import FaceMeasures, measure_face


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
class GoodFace:
    """A face that passed the gate, with the picture ``(H, W, 3)`` BGR that it is in."""

    pixels: NDArray[np.uint8] = field(repr=False)
    face: FoundFace
    measures: FaceMeasures

    @property
    def quality(self) -> float:
        """[0, 1], to order one person's looks by."""
        return quality_of(self.face.eyes_px, self.measures)


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
        self._judge = Judge(embedder.thresholds)

    def examine(
        self,
        photos: Sequence[Photo],
        gallery: Gallery,
        distinct_from: frozenset[str] = frozenset(),
        staff_id: str | None = None,
    ) -> Examination:
        """Judge all photos of one person; a bad one is refused by name and the others go on.

        ``gallery``: everybody enrolled with this embedder. ``distinct_from``: staff ids whom
        a human has confirmed to be somebody else, however alike. ``staff_id``: under which the
        person is enrolled already; photos must agree with those. ``ValueError`` for a gallery
        of another embedder; ``ModelRunError`` where a model fails, which is no photo's fault.
        """
        if gallery.embedding_id != self._embedder.embedding_id:
            raise ValueError("the gallery was made by another embedder; the two never compare")
        alone = tuple(self.examine_alone(photo) for photo in photos)
        return self._judge.together(alone, Everybody(gallery), staff_id, distinct_from)

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
        return self.embed(self.look_at(pixels))

    def look_at(self, pixels: NDArray[np.uint8], *, any_way_up: bool = True) -> GoodFace:
        """The one face of ``(H, W, 3)`` BGR pixels that passes the gate, or PhotoRefusedError.

        ``any_way_up``: also in photos that lie on their side.
        """
        gate, detector = self._gate, self._face_detector
        found = find_faces(pixels, detector, gate.min_score, any_way_up=any_way_up)
        face = the_only_face(found, gate)
        try:
            measures = measure_face(pixels, face.box_xyxy_px, face.landmarks_px, face.score)
            check_quality(face.eyes_px, measures, gate)
            check_uncovered(measure_detail(pixels, face.landmarks_px), gate)
        except DegenerateLandmarks as exc:
            raise PhotoRefusedError(Refusal.DEGENERATE_LANDMARKS, str(exc)) from exc
        return GoodFace(pixels, face, measures)

    def embed(self, good: GoodFace) -> Template:
        """The template of a face that passed; PhotoRefusedError where it cannot be cut out."""
        picture, landmarks = for_embedding(good.pixels, good.face)
        try:
            row = self._embedder.embed(picture, landmarks[np.newaxis])[0]
        except DegenerateLandmarks as exc:
            raise PhotoRefusedError(Refusal.DEGENERATE_LANDMARKS, str(exc)) from exc
        return Template(row, self._embedder.embedding_id, quality=good.quality)
