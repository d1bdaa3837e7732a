"""Real models, real photos as frames, and registers with people from photos."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from enrolment.enrolling import Examiner, Photo
from enrolment.gallery import Gallery
from enrolment.people import Person, Template
from enrolment.places import RegisterPlace
from enrolment.register import Register
from models.loading import ModelSet, load_models, pack_names
from models.manifest import EMBEDDED
from models.store import standard_store
from vision.core.values import Box, Instant, LookWanted, StaffFacts
from vision.ingest.frame import Frame, PictureConverter
from vision.register_watch import RegisterView

NAMES = pack_names(EMBEDDED)
NOW_UTC = 1_767_268_800.0  # 2026-01-01T12:00:00Z
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def load() -> ModelSet:
    """The three models. Raises WeightMissingError."""
    return load_models(NAMES, standard_store())


def moment(stream_s: float) -> Instant:
    """So many seconds after noon."""
    return Instant(stream_s, NOW_UTC + stream_s)


def frame_of(bgr: NDArray[np.uint8], stream_s: float = 0.0) -> Frame:
    """A picture as a camera's decoder delivers it."""
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
    return Frame(picture.reformat(format="yuv420p"), moment(stream_s), PictureConverter())


def photo(path: Path, longer_px: int = 480) -> NDArray[np.uint8]:
    """``(H, W, 3) uint8`` BGR, even sides, the longer about so many pixels."""
    picture = cv2.imread(str(path))
    assert picture is not None
    ratio = longer_px / max(picture.shape)
    height, width = (round(side * ratio / 2) * 2 for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def template_of(models: ModelSet, path: Path) -> Template:
    """What enrolling somebody with a photo puts into the register."""
    examiner = Examiner(models.face_detector, models.embedder)
    nobody = gallery_of({}, models)
    (template,) = examiner.examine([Photo.of_file(path)], nobody, frozenset()).templates
    return template


def gallery_of(people: dict[str, Template], models: ModelSet) -> Gallery:
    """A gallery with one template a person."""
    rows = [template.embedding for template in people.values()]
    return Gallery.build(
        list(people),
        np.array(rows) if rows else np.empty((0, 0), np.float32),
        register_version=1,
        embedding_id=models.embedder.embedding_id,
    )


def view_of(models: ModelSet, people: dict[str, Path] | None = None) -> RegisterView:
    """The register with these people in it, all of the group ``cast``."""
    templates = {staff_id: template_of(models, path) for staff_id, path in (people or {}).items()}
    staff = {staff_id: StaffFacts(staff_id, frozenset({"cast"})) for staff_id in templates}
    return RegisterView(1, MappingProxyType(staff), gallery_of(templates, models), 0)


def enrol(place: RegisterPlace, models: ModelSet, people: dict[str, Path]) -> None:
    """Put people of the group ``cast`` into a register."""
    with Register.open(place) as register:
        for staff_id, path in people.items():
            person = Person(staff_id, staff_id, frozenset({"cast"}))
            register.add_person(person, [template_of(models, path)])


def wish(person: Box, head: Box, track_id: int = 1) -> LookWanted:
    """The core asks for a look."""
    return LookWanted(track_id, person, head)
