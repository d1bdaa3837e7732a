"""Turns aligned faces into embeddings: the protocol, and the adapter for any ONNX embedder.

Here belong the face's way into a network and the row's way out. Comparing rows with people is
the register's work.
"""

from __future__ import annotations

import hashlib
import json
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.alignment import CUT_VERSION, TEMPLATES, Template, cut
from models.entries import Colour, EmbeddingSpec, ModelEntry, Thresholds
from models.errors import ModelRefusedError, ModelRunError
from models.sessions import Session

Picture = NDArray[np.uint8]
Embeddings = NDArray[np.float32]
"""``(M, D)`` float32; every row has length 1, so a dot product of rows is their similarity."""

_ID_DIGITS = 32
_MOST_AT_ONCE = 8  # bounds the memory of a crowded picture; larger batches are no quicker


class Embedder(Protocol):
    """What turns faces into embeddings. Rows of different `embedding_id` are never compared."""

    @property
    def embedding_id(self) -> str:
        """A hash of the weights and of everything done to a face before them."""

    @property
    def dim(self) -> int:
        """The length of a row."""

    @property
    def thresholds(self) -> Thresholds:
        """The cosines measured for this embedder."""

    def embed(self, image_bgr: Picture, landmarks: NDArray[np.float32]) -> Embeddings:
        """One unit row a face; ``landmarks (M, 5, 2)`` in pixels of the picture.

        DegenerateLandmarks where one of them carries no face, ModelRunError on failure.
        """


def embedding_id_of(entry: ModelEntry) -> str:
    """The identity of an entry's embeddings: same weights, same preprocessing, same rows."""
    spec, template = spec_of(entry), template_of(entry)
    facts = {
        "adapter": entry.adapter,
        "sha256": entry.sha256,
        "size_wh": entry.input.size_wh,
        "colour": entry.input.colour,
        "mean": entry.input.mean,
        "scale": entry.input.scale,
        "cut": CUT_VERSION,
        "template": [template.side_px, template.points.tolist()],
        "dim": spec.dim,
    } | ({"mirrored": True} if spec.mirrored else {})
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:_ID_DIGITS]


def spec_of(entry: ModelEntry) -> EmbeddingSpec:
    """What the manifest says of the embedding; every embedder's entry has it."""
    if entry.embedding is None:
        raise ModelRefusedError(f"{entry.name}: the manifest describes no embedding")
    return entry.embedding


def template_of(entry: ModelEntry) -> Template:
    """The template that faces are cut to. ModelRefusedError where it is not the input's size."""
    template = TEMPLATES[spec_of(entry).template]
    if entry.input.size_wh != (template.side_px, template.side_px):
        raise ModelRefusedError(f"{entry.name}: the input is not the size of its template")
    return template


def mirrored(face_bgr: Picture) -> Picture:
    """The face as a mirror shows it, ``(side, side, 3)``."""
    return np.ascontiguousarray(face_bgr[:, ::-1])


def unit_rows(name: str, rows: NDArray[np.float32], shape: tuple[int, int]) -> Embeddings:
    """Rows scaled to length 1. ModelRunError where they are no embeddings."""
    if rows.shape != shape:
        raise ModelRunError(f"{name}: put out {rows.shape}, expected {shape}")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise ModelRunError(f"{name}: put out an embedding without a direction")
    return np.asarray(rows / lengths, np.float32)


class OnnxEmbedder:
    """An embedder of which the manifest says everything."""

    def __init__(self, entry: ModelEntry, session: Session) -> None:
        self._entry = entry
        self._session = session
        self._template = template_of(entry)
        self.embedding_id = embedding_id_of(entry)
        self.dim = spec_of(entry).dim
        self.thresholds = spec_of(entry).thresholds
        # A graph exported for one face at a time says so in its first axis.
        self._at_once = 1 if session.input_shape[0] == 1 else _MOST_AT_ONCE
        self._mirrored = spec_of(entry).mirrored

    def embed(self, image_bgr: Picture, landmarks: NDArray[np.float32]) -> Embeddings:
        """See `Embedder.embed`."""
        faces = [cut(image_bgr, five, self._template) for five in landmarks]
        rows = self._all_rows(faces)
        if self._mirrored and faces:
            rows = rows + self._all_rows([mirrored(face) for face in faces])
            rows = unit_rows(self._entry.name, rows, (len(faces), self.dim))
        return rows

    def _all_rows(self, faces: list[Picture]) -> Embeddings:
        ready = [self._prepared(face) for face in faces]
        rows = [
            self._rows(np.stack(ready[start : start + self._at_once]))
            for start in range(0, len(ready), self._at_once)
        ]
        return np.concatenate(rows) if rows else np.empty((0, self.dim), np.float32)

    def _prepared(self, face_bgr: Picture) -> NDArray[np.float32]:
        """``(3, side, side)`` float32, as the manifest describes the input."""
        spec = self._entry.input
        if spec.colour is Colour.RGB:
            face_bgr = np.asarray(cv2.cvtColor(face_bgr, cv2.COLOR_BGR2RGB), np.uint8)
        mean = np.array(spec.mean, np.float32)
        values = (face_bgr.astype(np.float32) - mean) * np.float32(spec.scale)
        return np.asarray(values.transpose(2, 0, 1), np.float32)

    def _rows(self, batch: NDArray[np.float32]) -> Embeddings:
        (raw,) = self._session.run(batch).values()
        return unit_rows(self._entry.name, raw, (len(batch), self.dim))
