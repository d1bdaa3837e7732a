"""The models of one worker, each by itself: one that cannot be had is reported, not fatal.

Without a detector nothing is seen, and that is an alarm; without face models everybody stays
unverified, and that is one too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from models.detector import Detector
from models.embedder import Embedder
from models.errors import ModelError
from models.face_detector import FaceDetector
from models.loading import ModelLoader
from models.store import standard_store
from vision.camera_watch import Eyes
from vision.core.policy import IdentityPolicy
from vision.face_looks import FaceLooker
from vision.logs import logger
from vision.settings import ModelSettings

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


def load_worker_models(settings: ModelSettings) -> WorkerModels:
    """Load what can be loaded; the rest is in ``faults``, and in the log with its remedy."""
    found = WorkerModels()
    loader = ModelLoader(standard_store(settings.directory))

    def attempt(role: str, name: str, load: Callable[[str], _T]) -> _T | None:
        try:
            model = load(name)
            found.versions[name] = loader.version(name)
        except ModelError as error:
            _log.error("model_refused", role=role, entry=name, why=str(error))
            found.faults[role] = f"{_code(error)}:{name}"
            return None
        return model

    found.detector = attempt("detector", settings.detector, loader.detector)
    found.face_detector = attempt("face_detector", settings.face_detector, loader.face_detector)
    found.embedder = attempt("embedder", settings.embedder, loader.embedder)
    return found


def _code(error: ModelError) -> str:
    """A stable code from the error's name: ``WeightWrongError`` is ``weight_wrong``."""
    words = re.findall(r"[A-Z][a-z]+", type(error).__name__)
    return "_".join(word.lower() for word in words if word != "Error")
