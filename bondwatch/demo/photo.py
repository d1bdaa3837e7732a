"""The photo of six that comes with the ``insightface`` package, and what is cut out of it.

Heads for the clip and portraits for the register. Nothing of it is ever kept in the project:
both are made where the package is installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bondwatch.demo.cast import Actor

Picture = NDArray[np.uint8]

SHA256: Final = "47f682e945b659f93a9e490b9c9c4a2a864abe64dace9e1a2893845ddfd69489"
_INSIDE_PACKAGE: Final = Path("data", "images", "t1.jpg")
_AROUND_PX: Final = 14
_SURE_PX: Final = 8  # so far inside the outline nothing but the person can be
_GRABCUT_ROUNDS: Final = 4


class PhotoUnusableError(Exception):
    """The photo is missing or another one than the places in `bondwatch.demo.cast` are for."""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A head cut out of the photo.

    ``bgra``: ``(H, W, 4)`` uint8, colours not yet multiplied with alpha. ``face_ltrb``: the
    face's box in its pixels. ``skin``: BGR, the median of the face.
    """

    bgra: Picture
    face_ltrb: tuple[int, int, int, int]
    skin: tuple[int, int, int]


def read_photo() -> Picture:
    """The photo, ``(886, 1280, 3)`` BGR. PhotoUnusableError with the remedy."""
    spec = importlib.util.find_spec("insightface")  # found, not imported: that takes seconds
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise PhotoUnusableError("the package insightface is not installed; run `make setup`")
    path = Path(places[0]) / _INSIDE_PACKAGE
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise PhotoUnusableError(
            f"{path} is not the photo that the demo is made from; "
            "install the locked version of insightface with `make setup`"
        )
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def cut_head(photo_bgr: Picture, actor: Actor) -> Head:
    """Cut an actor's head out, edges refined by colour and feathered."""
    left, top, right, bottom = _region(photo_bgr, actor)
    region = photo_bgr[top:bottom, left:right]
    outline = np.array(actor.outline, np.int32) - (left, top)
    alpha = _feathered(_refined(region, outline))
    face = actor.face_ltrb
    moved = (face[0] - left, face[1] - top, face[2] - left, face[3] - top)
    return Head(np.dstack([region, alpha]), moved, _skin(photo_bgr, face))


def portrait(photo_bgr: Picture, actor: Actor, height_px: int, gain: float) -> bytes:
    """A portrait for the register as a JPEG file: another size, brightness and compression.

    ``height_px``: of the crop, which is about twice as tall as the face.
    """
    left, top, right, bottom = actor.face_ltrb
    side = bottom - top
    x, y = max(0, left - side // 3), max(0, top - side // 2)
    crop = photo_bgr[y : bottom + side // 3, x : right + side // 3]
    scale = height_px / crop.shape[0]
    resized = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bright = cv2.convertScaleAbs(resized, alpha=gain, beta=4)
    _, data = cv2.imencode(".jpg", bright, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return data.tobytes()


def _region(photo_bgr: Picture, actor: Actor) -> tuple[int, int, int, int]:
    """The outline's bounds with room around, within the photo: left, top, right, bottom."""
    height, width = photo_bgr.shape[:2]
    left, top = np.min(actor.outline, axis=0) - _AROUND_PX
    right, bottom = np.max(actor.outline, axis=0) + _AROUND_PX
    return max(0, left), max(0, top), min(width, right), min(height, bottom)


def _refined(region: Picture, outline: NDArray[np.int32]) -> Picture:
    """The outline drawn in to where the colours change, ``(H, W)`` 0 or 255."""
    inside = np.zeros(region.shape[:2], np.uint8)
    cv2.fillPoly(inside, [outline], 255)
    core = cv2.erode(inside, np.ones((2 * _SURE_PX + 1,) * 2, np.uint8))
    mask = np.where(inside > 0, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    mask[core > 0] = cv2.GC_FGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # colour clusters start at random
    whole = (0, 0, region.shape[1], region.shape[0])  # not used: the mask says where to begin
    cv2.grabCut(region, mask, whole, *models, _GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    kept = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    closed = cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)


def _feathered(mask: Picture) -> Picture:
    soft = cv2.GaussianBlur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (0, 0), 1.5)
    return np.asarray(soft, np.uint8)


def _skin(photo_bgr: Picture, face: tuple[int, int, int, int]) -> tuple[int, int, int]:
    left, top, right, bottom = face
    third_x, third_y = (right - left) // 3, (bottom - top) // 3
    middle = photo_bgr[top + third_y : bottom - third_y, left + third_x : right - third_x]
    blue, green, red = np.median(middle.reshape(-1, 3), axis=0)
    return int(blue), int(green), int(red)
