"""What the manifest says of one weight file, as frozen values.

Here belong the words of `models/manifest.yaml` and nothing that reads it (`models.manifest`) or
looks for files (`models.store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a model is for."""

    DETECTOR = "detector"
    FACE_DETECTOR = "face_detector"
    EMBEDDER = "embedder"


class Adapter(StrEnum):
    """Which code of this room speaks to the model."""

    YOLOX = "yolox"
    YUNET = "yunet"
    ONNX_EMBEDDER = "onnx_embedder"
    INSIGHTFACE_SCRFD = "insightface_scrfd"
    INSIGHTFACE_ARCFACE = "insightface_arcface"


ROLE_OF = {
    Adapter.YOLOX: Role.DETECTOR,
    Adapter.YUNET: Role.FACE_DETECTOR,
    Adapter.ONNX_EMBEDDER: Role.EMBEDDER,
    Adapter.INSIGHTFACE_SCRFD: Role.FACE_DETECTOR,
    Adapter.INSIGHTFACE_ARCFACE: Role.EMBEDDER,
}


class Colour(StrEnum):
    """The order of an input's channels."""

    BGR = "bgr"
    RGB = "rgb"


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What the graph takes: ``(value - mean) * scale`` per channel, channels in ``colour`` order.

    ``size_wh``: None where any size with sides in multiples of 32 will do.
    """

    size_wh: tuple[int, int] | None
    colour: Colour
    mean: tuple[float, float, float]
    scale: float


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One class of a detector that this project has a use for: ``kind`` is what it is taken for."""

    index: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosines of one embedder, measured.

    Registered from ``accept`` on, a stranger below ``reject``; ``margin`` is the least lead
    over the runner-up. Enrolment photos from ``duplicate`` on show somebody who is enrolled.
    ``together``: whether ``accept`` was measured for the mean of several looks and holds for it.
    ``min_px``: a smaller face says nothing against anybody.
    """

    accept: float
    reject: float
    margin: float
    duplicate: float
    together: bool = False
    min_px: float = 0.0


@dataclass(frozen=True, slots=True)
class MeasuredThresholds:
    """Thresholds at FPIR 1 %, for a gallery of so many people and so many looks taken together."""

    gallery: int
    looks: int
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """How long an embedding is, which template its faces are cut to, and its thresholds.

    ``mirrored``: an embedding is the mean of the face's and of its mirror image's. ``measured``:
    thresholds by the gallery's size and the number of looks; `models.thresholds` chooses.
    ``alike``: of the pairs of different people that these were measured on, the share whose photos
    reached the accept of ``thresholds``; None where nobody has counted.
    """

    dim: int
    template: str
    thresholds: Thresholds
    mirrored: bool = False
    measured: tuple[MeasuredThresholds, ...] = ()
    alike: float | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The published file that an entry's file is converted from, and the package it lies in."""

    file: str
    sha256: str
    size_bytes: int
    package: str
    version: str
    package_sha256: str


@dataclass(frozen=True, slots=True)
class Archive:
    """The published zip that an entry's file lies in, whole and under the same name."""

    file: str
    url: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Three entries that serve together, by their names. ``about``: one line for people."""

    name: str
    about: str
    detector: str
    face_detector: str
    embedder: str

    @property
    def entries(self) -> tuple[str, str, str]:
        return self.detector, self.face_detector, self.embedder


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One entry of the manifest.

    ``file``: path below a model directory. ``url``: where exactly these bytes can be had, None
    where no public address is known to hold them. ``archive``: where they lie in a zip instead.
    ``research_only``: its licence forbids production; it serves only where a configuration names
    it, and is got only where somebody accepts that.
    """

    name: str
    role: Role
    adapter: Adapter
    file: str
    sha256: str
    size_bytes: int
    licence: str
    source: str
    url: str | None
    research_only: bool
    input: InputSpec
    class_count: int | None = None
    classes: tuple[ClassSpec, ...] = ()
    embedding: EmbeddingSpec | None = None
    converted_from: Origin | None = None
    archive: Archive | None = None
