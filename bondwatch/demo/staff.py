"""Enrols the demo's staff, from portraits made of the photo, through the real enrolment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bondwatch.demo import photo
from bondwatch.demo.cast import STAFF, Actor
from bondwatch.failures import CommandError
from enrolment.enrolling import Examiner, Photo
from enrolment.people import Person
from enrolment.places import RegisterPlace
from enrolment.register import Register
from models.embedder import Embedder
from models.face_detector import FaceDetector

GROUP: Final = "warehouse"
_PORTRAITS: Final = ((240, 0.92), (200, 1.08))
"""Height in pixels and gain of each portrait: not the size, light or compression of the clip."""


def write_portraits(actor: Actor, directory: Path) -> list[Path]:
    """The photos to enrol somebody from, as JPEG files. PhotoUnusableError without the photo."""
    original = photo.read_photo()
    paths = []
    for number, (height_px, gain) in enumerate(_PORTRAITS, 1):
        path = directory / f"{actor.key}-{number}.jpg"
        path.write_bytes(photo.portrait(original, actor, height_px, gain))
        paths.append(path)
    return paths


def enrol_staff(
    register_place: RegisterPlace, photos: Path, face_detector: FaceDetector, embedder: Embedder
) -> Iterator[str]:
    """Put everybody on the register, yielding each name once it is there.

    Raises:
        CommandError: a portrait was refused; says why.
        PhotoUnusableError: there is no photo to make portraits of.
        RegisterError, ModelRunError: as enrolment raises them.
    """
    examiner = Examiner(face_detector, embedder)
    with Register.open(register_place) as register:
        for actor in STAFF:
            gallery = register.snapshot(embedder.embedding_id).gallery
            portraits = [Photo.of_file(path) for path in write_portraits(actor, photos)]
            examination = examiner.examine(portraits, gallery)
            for result in examination.results:
                if result.refusal is not None:
                    what = f"a portrait of {actor.name} was refused: {result.refusal}"
                    raise CommandError(f"{what} {result.detail}", result.hint)
            person = Person(actor.key, str(actor.name), frozenset({GROUP}))
            register.add_person(person, examination.templates)
            yield str(actor.name)
