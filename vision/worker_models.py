"""The models of one worker, each by itself: one that cannot be had is reported, not fatal.

Without a detector nothing is seen, and that is an alarm; without face models everybody stays
unverified, and that is one too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from enrolment.gallery import Searchable
from models.detector import Detector
from models.embedder import Embedder
from models.entries import EmbeddingSpec, Role, Thresholds
from models.errors import ModelError
from models.face_detector import FaceDetector
from models.loading import ModelLoader
from models.store import standard_store
from models.thresholds import Choice, Pairs, thresholds_for
from vision.camera_watch import Eyes
from vision.core.policy import IdentityPolicy
from vision.face_looks import FaceLooker
from vision.logs import logger
from vision.settings import IdentitySettings, ModelSettings

NO_THRESHOLDS = Thresholds(accept=1.0, reject=-1.0, margin=1.0, duplicate=1.0)

_T = TypeVar("_T")
_log = logger(__name__)


@dataclass(slots=True)
class WorkerModels:
    """What could be loaded. ``faults``: role to the reason why it could not, and the entry."""

    detector: Detector | None = None
    face_detector: FaceDetector | None = None
    embedder: Embedder | None = None
    versions: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    spec: EmbeddingSpec | None = None

    def thresholds_for(self, people: int, looks: int, pairs: Pairs = (0, 0)) -> Choice:
        """What decides in a gallery of ``people`` by ``looks`` looks, and what it rests on.

        Without an embedder nobody can be recognised, and nobody found to be a stranger either.
        """
        if self.embedder is None:
            return Choice(NO_THRESHOLDS, None)
        if self.spec is None:
            return Choice(self.embedder.thresholds, None)
        return thresholds_for(self.spec, people, looks, pairs)

    @property
    def embedding_id(self) -> str:
        """Whose templates the gallery is to hold; of nobody's without an embedder."""
        return self.embedder.embedding_id if self.embedder else "none"

    def eyes(self, policy: IdentityPolicy) -> Eyes:
        """The models as one camera uses them."""
        looker = None
        if self.face_detector is not None and self.embedder is not None:
            looker = FaceLooker(self.face_detector, self.embedder, policy)
        return Eyes(self.detector, looker)


def pairs_alike(
    spec: EmbeddingSpec | None, gallery: Searchable, identity: IdentitySettings
) -> Pairs:
    """How many pairs of people on the register reach accept; 0 of 0 where that says nothing.

    Whoever has set accept has judged by the site's own people.
    """
    if spec is None or identity.accept is not None:
        return 0, 0
    found = gallery.alike_pairs(spec.thresholds.accept)
    return (found.alike, found.pairs) if found else (0, 0)


def load_worker_models(settings: ModelSettings) -> WorkerModels:
    """Load what can be loaded; the rest is in ``faults``, and in the log with its remedy.

    Where the configuration names a fallback, its model serves in the place of one that cannot be
    had. That stays a fault as long as it lasts: it is not what the site has chosen.
    """
    found = WorkerModels()
    loading = _Loading(found, ModelLoader(standard_store(settings.directory)), settings.fallback)
    found.detector = loading.model(Role.DETECTOR, settings.detector, loading.loader.detector)
    found.face_detector = loading.model(
        Role.FACE_DETECTOR, settings.face_detector, loading.loader.face_detector
    )
    found.embedder = loading.model(Role.EMBEDDER, settings.embedder, loading.loader.embedder)
    return found


class _Loading:
    """Loads roles one by one, and notes what came of each."""

    def __init__(self, found: WorkerModels, loader: ModelLoader, fallback: str | None) -> None:
        self.loader = loader
        self._found = found
        self._fallback = fallback

    def model(self, role: Role, name: str, load: Callable[[str], _T]) -> _T | None:
        """The model of that name, else the fallback's, else None."""
        model = self._attempt(role, name, load)
        if model is not None or self._fallback is None:
            return model
        other = self._entry_of(self._fallback, role)
        if other is None or other == name:
            return None
        model = self._attempt(role, other, load)
        if model is not None:
            _log.error("model_fell_back", role=role.value, entry=name, serves=other)
            self._found.faults[role.value] = f"fell_back:{other}"
        return model

    def _attempt(self, role: Role, name: str, load: Callable[[str], _T]) -> _T | None:
        try:
            model = load(name)
            self._found.versions[name] = self.loader.version(name)
            if role is Role.EMBEDDER:
                self._found.spec = self.loader.spec(name)
        except ModelError as error:
            _log.error("model_refused", role=role.value, entry=name, why=str(error))
            self._found.faults.setdefault(role.value, f"{_code(error)}:{name}")
            return None
        return model

    def _entry_of(self, pack: str, role: Role) -> str | None:
        try:
            return self.loader.pack_entry(pack, role)
        except ModelError as error:
            _log.error("fallback_unknown", pack=pack, why=str(error))
            return None


def _code(error: ModelError) -> str:
    """A stable code from the error's name: ``WeightWrongError`` is ``weight_wrong``."""
    words = re.findall(r"[A-Z][a-z]+", type(error).__name__)
    return "_".join(word.lower() for word in words if word != "Error")
