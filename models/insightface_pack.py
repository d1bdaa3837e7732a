"""Adapters for InsightFace packs: its SCRFD and ArcFace classes over our own sessions.

Here belongs everything that touches the ``insightface`` package, and nothing else imports it.
Its classes are made directly: its router takes other models for its own, and its
``FaceAnalysis`` downloads models and runs the detector twice. They get the verified bytes and
a session of `models.sessions`, so no path is opened a second time. Of its alignment nothing is
used: `models.alignment` refuses degenerate landmarks.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray

from models.alignment import cut
from models.embedder import (
    Embeddings,
    Picture,
    embedding_id_of,
    mirrored,
    spec_of,
    template_of,
    unit_rows,
)
from models.entries import ModelEntry
from models.errors import ModelRefusedError, ModelRunError
from models.face_detector import NO_FACES, DetectedFaces, padded_side
from models.sessions import Session  # before insightface: it turns the runtime's telemetry off

# isort: split
from insightface.model_zoo import SCRFD, ArcFaceONNX


class ScrfdFaceDetector:
    """SCRFD with five landmarks, on regions of any size."""

    def __init__(self, entry: ModelEntry, session: Session) -> None:
        self.name = entry.name
        # Left alone, the class would build a further session, of its own options, for each size.
        self._scrfd = SCRFD(session=session.raw, static_shape_sessions=False)
        if not self._scrfd.use_kps:
            raise ModelRefusedError(f"{self.name}: the graph puts out no landmarks")

    def detect(self, image_bgr: Picture, min_score: float) -> DetectedFaces:
        """See `models.face_detector.FaceDetector.detect`."""
        height, width = image_bgr.shape[:2]
        if height == 0 or width == 0:
            return NO_FACES
        below, beside = padded_side(height) - height, padded_side(width) - width
        padded = cv2.copyMakeBorder(image_bgr, 0, below, 0, beside, cv2.BORDER_CONSTANT)
        size_wh = (width + beside, height + below)
        try:
            found, landmarks = self._scrfd.detect(padded, size_wh, det_thresh=min_score)
        except Exception as error:
            # The runtime's exceptions share no base class but Exception.
            raise ModelRunError(f"{self.name}: failed on {size_wh}: {error}") from error
        if not np.isfinite(found).all() or not np.isfinite(landmarks).all():
            raise ModelRunError(f"{self.name}: put out values that are not numbers")
        faces = np.asarray(found, np.float32)
        return DetectedFaces(faces[:, :4], faces[:, 4], np.asarray(landmarks, np.float32))


class ArcFaceEmbedder:
    """An ArcFace-type network through InsightFace's class, which decides its own preprocessing."""

    def __init__(self, entry: ModelEntry, session: Session, graph: bytes) -> None:
        self._name = entry.name
        self._template = template_of(entry)
        self.embedding_id = embedding_id_of(entry)
        self.dim = spec_of(entry).dim
        self.thresholds = spec_of(entry).thresholds
        self._mirrored = spec_of(entry).mirrored
        try:
            self._arcface = ArcFaceONNX(model_file=io.BytesIO(graph), session=session.raw)
        except AssertionError as error:
            raise ModelRefusedError(f"{entry.name}: not an ArcFace graph") from error
        _assert_preprocessing(entry, self._arcface.input_mean, self._arcface.input_std)

    def embed(self, image_bgr: Picture, landmarks: NDArray[np.float32]) -> Embeddings:
        """See `models.embedder.Embedder.embed`. One face at a time: packs fix their batch."""
        rows = [self._face_row(cut(image_bgr, five, self._template)) for five in landmarks]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    def _face_row(self, face_bgr: Picture) -> Embeddings:
        if not self._mirrored:
            return self._row(face_bgr)
        both = self._row(face_bgr) + self._row(mirrored(face_bgr))
        return unit_rows(self._name, both, (1, self.dim))

    def _row(self, face_bgr: Picture) -> Embeddings:
        try:
            raw = self._arcface.get_feat(face_bgr)
        except Exception as error:
            # The runtime's exceptions share no base class but Exception.
            raise ModelRunError(f"{self._name}: failed on a face: {error}") from error
        return unit_rows(self._name, np.asarray(raw, np.float32), (1, self.dim))


def _assert_preprocessing(entry: ModelEntry, mean: float, std: float) -> None:
    """The class guesses from the graph; the manifest, and with it the embedding_id, must agree."""
    same_mean = np.allclose(entry.input.mean, mean)
    if not same_mean or not np.isclose(entry.input.scale * std, 1.0, atol=1e-6):
        raise ModelRefusedError(
            f"{entry.name}: InsightFace prepares faces with mean {mean} and scale 1/{std}, the "
            f"manifest says {entry.input.mean} and {entry.input.scale}"
        )
