"""One photo made into other looks: smaller, or as the next frames of a camera might have it.

Pure: a picture and the height of its face come in, a picture goes out; the same dice for the same
name, so that every run sees the same looks.
"""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

SIZES_PX = (16, 20, 24, 32, 40, 60)
_SMALLEST_PX = 40.0
"""Augmented looks stay at sizes that may condemn; what smaller ones do is the sizes' table."""


def smaller(picture: Picture, face_px: float, wanted_px: float) -> Picture:
    """The picture scaled down until a face of ``face_px`` has ``wanted_px``; never up."""
    scale = min(1.0, wanted_px / face_px)
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def as_in_a_pass(picture: Picture, face_px: float, name: str) -> Picture:
    """Another look at the same moment of a life: size, turn of the head, light, blur, JPEG.

    ``name`` decides the dice. The head's turn is only a shear: no pixel shows what the photo
    does not, so such looks err on the side of being too alike.
    """
    dice = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]))
    wanted_px = dice.uniform(min(_SMALLEST_PX, face_px), face_px)
    look = _turned(smaller(picture, face_px, wanted_px), dice)
    sigma = dice.uniform(0.0, 1.2)
    if sigma > 0.3:  # noqa: PLR2004 - less is no blur at all
        look = np.asarray(cv2.GaussianBlur(look, (0, 0), sigma), np.uint8)
    lit = look.astype(np.float32) * dice.uniform(0.75, 1.25)
    lit += dice.normal(0.0, dice.uniform(0.0, 5.0), look.shape)
    return _through_jpeg(np.clip(lit, 0, 255).astype(np.uint8), int(dice.integers(40, 95)))


def _turned(picture: Picture, dice: np.random.Generator) -> Picture:
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), dice.uniform(-8, 8), 1.0)
    shear = np.array([[dice.uniform(0.9, 1.0), dice.uniform(-0.06, 0.06)], [0.0, 1.0]])
    turn[:, :2] = shear @ turn[:, :2]
    middle = np.array([width / 2, height / 2])
    turn[:, 2] = middle - turn[:, :2] @ middle
    return np.asarray(
        cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _through_jpeg(picture: Picture, quality: int) -> Picture:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
