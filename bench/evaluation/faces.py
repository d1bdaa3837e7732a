"""Pictures to templates and looks, by the product's own way and no other.

A template comes out of `enrolment.enrolling`, with its gate; a look out of `vision.face_looks`,
with its gate, from a picture as a camera's head region would be. Nothing here compares anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from enrolment.enrolling import Examiner, Photo
from models.embedder import Embedder
from models.face_detector import FaceDetector
from models.loading import ModelLoader
from models.store import standard_store
from vision.core.values import FaceMeasures
from vision.face_looks import FaceLooker
from vision.scene_policies import to_identity_policy
from vision.settings import IdentitySettings

Picture = NDArray[np.uint8]
Row = NDArray[np.float32]
_T = TypeVar("_T")

_SURROUNDINGS = 0.5
_GREY = (128, 128, 128)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One look: its embedding ``(D,)`` and the measures of the face as it was seen."""

    row: Row
    measures: FaceMeasures


class Faces:
    """One face detector and one embedder, as enrolment and as a camera use them."""

    def __init__(self, face_detector: FaceDetector, embedder: Embedder) -> None:
        policy = to_identity_policy(IdentitySettings(), embedder.thresholds)
        self.embedder = embedder
        self._examiner = Examiner(face_detector, embedder)
        self._looker = FaceLooker(face_detector, embedder, policy)

    def enrolled(self, path: Path) -> Row | None:
        """The template of a photo; None where enrolment refuses it."""
        template = self._examiner.examine_alone(Photo.of_file(path)).template
        return None if template is None else template.embedding

    def seen(self, picture: Picture) -> Seen | None:
        """A look at the face nearest the middle; None where none is found or good enough."""
        found = self._looker.find(picture)
        if not len(found.scores):
            return None
        middle = np.array(picture.shape[1::-1]) / 2
        away = np.linalg.norm(found.landmarks_px.mean(axis=1) - middle, axis=1)
        look = self._looker.read(picture, found, int(away.argmin()))
        return None if look is None else Seen(look[1], look[0])


def load_faces(face_detector: str, embedder: str, directory: Path | None) -> Faces:
    """The parts by their manifest names. Any ModelError of `models.loading`."""
    loader = ModelLoader(standard_store(directory))
    return Faces(loader.face_detector(face_detector), loader.embedder(embedder))


def read_head(path: Path) -> Picture:
    """A picture ``(H, W, 3)`` as a head region. OSError where it is no picture.

    With plain surroundings, for a tight crop has no forehead or chin to find a face by.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"{path} is not a picture that can be read")
    border = round(max(picture.shape[:2]) * _SURROUNDINGS)
    return np.asarray(
        cv2.copyMakeBorder(picture, *(border,) * 4, cv2.BORDER_CONSTANT, value=_GREY), np.uint8
    )


class Shelf:
    """Rows already computed, in one file, so that a repeated evaluation takes seconds.

    The file holds embeddings of faces: it is made for its owner's eyes only, and only where a
    directory was named.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._held: dict[str, Row] = {}
        if path is not None and path.is_file():
            with np.load(path, allow_pickle=False) as kept:
                ends = np.cumsum(kept["sizes"])[:-1]
                rows = np.split(kept["values"], ends)
                self._held = dict(zip(kept["keys"].tolist(), rows, strict=True))

    def row(self, key: str, make: Callable[[], Row | None]) -> Row | None:
        """A row by its key, made where it is not held; an empty one stands for None."""
        if key not in self._held:
            made = make()
            self._held[key] = np.empty(0, np.float32) if made is None else made
        held = self._held[key]
        return held if held.size else None

    def look(self, key: str, make: Callable[[], Seen | None]) -> Seen | None:
        """The same for a look: its measures travel at the end of its row."""
        packed = self.row(key, lambda: _packed(make()))
        return None if packed is None else _unpacked(packed)

    def save(self) -> None:
        """Writes everything held, where there is a file to write."""
        if self._path is None or not self._held:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_suffix(".part")
        rows = list(self._held.values())
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            np.savez(
                out,
                keys=np.array(list(self._held), np.str_),
                sizes=np.array([row.size for row in rows], np.int64),
                values=np.concatenate(rows),
            )
        scratch.replace(self._path)


def _packed(seen: Seen | None) -> Row | None:
    if seen is None:
        return None
    m = seen.measures
    tail = [m.size_px, m.sharpness, m.yaw, m.brightness, m.score]
    return np.concatenate([seen.row, np.array(tail, np.float32)])


def _unpacked(packed: Row) -> Seen:
    return Seen(packed[:-5], FaceMeasures(*(float(value) for value in packed[-5:])))


def told(what: str, items: Iterable[_T], say: Callable[[str], None]) -> Iterable[_T]:
    """The same items, with a line of progress now and then."""
    every = list(items)
    for number, item in enumerate(every):
        if number % 500 == 0:
            say(f"{what}: {number} of {len(every)}")
        yield item
