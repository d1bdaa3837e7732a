"""From names to working models: the one place that knows which adapter serves which entry.

Here belongs the putting together. What a name means is the manifest's, where its file lies the
store's, how it works the adapter's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.detector import Detector, YoloxDetector
from models.embedder import Embedder, OnnxEmbedder, spec_of
from models.entries import Adapter, EmbeddingSpec, ModelEntry, Role
from models.face_detector import FaceDetector, YunetFaceDetector
from models.manifest import Manifest, read_manifest
from models.sessions import CPU, Session, open_session
from models.store import WeightStore
from models.yunet_graph import open_sizes

_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Which entry of the manifest serves each role."""

    detector: str
    face_detector: str
    embedder: str


@dataclass(frozen=True, slots=True)
class ModelSet:
    """The models of one worker. ``versions``: entry name to the start of its file's sha256."""

    detector: Detector
    face_detector: FaceDetector
    embedder: Embedder
    versions: Mapping[str, str]


class ModelLoader:
    """Loads single models, for callers that need only some or must go on without one.

    Every method raises ManifestError (no such name, or another role), WeightMissingError,
    WeightWrongError or ModelRefusedError, all of them ModelError and all naming the entry.
    """

    def __init__(
        self,
        store: WeightStore,
        manifest: Manifest | None = None,
        providers: Sequence[str] = CPU,
    ) -> None:
        self._store = store
        self._manifest = read_manifest() if manifest is None else manifest
        self._providers = providers

    def version(self, name: str) -> str:
        """The start of the pinned sha256 of an entry's file, for messages."""
        return self._manifest.entry(name).sha256[:_VERSION_DIGITS]

    def spec(self, name: str) -> EmbeddingSpec:
        """What the manifest says of an embedder's embeddings and thresholds."""
        return spec_of(self._manifest.entry(name, Role.EMBEDDER))

    def pack_entry(self, pack: str, role: Role) -> str:
        """The name of the entry that serves a role in a pack."""
        return dict(zip(Role, self._manifest.pack(pack).entries, strict=True))[role]

    def detector(self, name: str) -> Detector:
        """The object detector of that name."""
        entry = self._manifest.entry(name, Role.DETECTOR)
        return YoloxDetector(entry, self._open(entry, self._store.read(entry)))

    def face_detector(self, name: str) -> FaceDetector:
        """The face detector of that name."""
        entry = self._manifest.entry(name, Role.FACE_DETECTOR)
        graph = self._store.read(entry)
        if entry.adapter is Adapter.INSIGHTFACE_SCRFD:
            # Imported here: the package takes a second and a half to load, and few use it.
            from models.insightface_pack import ScrfdFaceDetector  # noqa: PLC0415

            return ScrfdFaceDetector(entry, self._open(entry, graph))
        return YunetFaceDetector(entry.name, self._open(entry, open_sizes(entry.name, graph)))

    def embedder(self, name: str) -> Embedder:
        """The embedder of that name."""
        entry = self._manifest.entry(name, Role.EMBEDDER)
        graph = self._store.read(entry)
        session = self._open(entry, graph)
        if entry.adapter is Adapter.INSIGHTFACE_ARCFACE:
            from models.insightface_pack import ArcFaceEmbedder  # noqa: PLC0415 - as above

            return ArcFaceEmbedder(entry, session, graph)
        return OnnxEmbedder(entry, session)

    def _open(self, entry: ModelEntry, graph: bytes) -> Session:
        return open_session(entry.name, graph, self._providers)


def pack_names(pack: str) -> ModelNames:
    """Which entries a pack names. ManifestError where there is no such pack."""
    return ModelNames(*read_manifest().pack(pack).entries)


def load_models(names: ModelNames, store: WeightStore) -> ModelSet:
    """All three models of a worker. Raises as `ModelLoader` does, at the first that fails."""
    loader = ModelLoader(store)
    chosen = (names.detector, names.face_detector, names.embedder)
    return ModelSet(
        detector=loader.detector(names.detector),
        face_detector=loader.face_detector(names.face_detector),
        embedder=loader.embedder(names.embedder),
        versions={name: loader.version(name) for name in chosen},
    )
