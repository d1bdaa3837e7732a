"""How much of a face's detail is there to be seen: the measures that tell a covered face.

Here belong the measures. What counts as covered is decided elsewhere, by policy. Five landmarks
are put on covered faces as surely as on bare ones, so the pixels beneath them are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.alignment import ARCFACE_112, Points, cut

_NOSE = (slice(58, 70), slice(48, 64))
_MOUTH = (slice(84, 100), slice(42, 70))
_EYES = ((slice(49, 56), slice(32, 45)), (slice(49, 56), slice(67, 80)))
"""Rows and columns of `ARCFACE_112`'s square: the bridge of the nose, the lips, the eyes."""

_DARKEST_SKIN = 30.0
_MOUTH_SIGMA_PX = 1.2
_EYE_SIGMA_PX = 1.0


@dataclass(frozen=True, slots=True)
class Detail:
    """Steepness of grey levels, as parts of the brightness of the bridge of the nose.

    ``mouth``: up and down over the lips, which lie across: cloth has little of it. ``eyes``: of
    the flatter eye, in all directions: dark glass has little of it.
    """

    mouth: float
    eyes: float


def measure_detail(image_bgr: NDArray[np.uint8], landmarks: Points) -> Detail:
    """Measures one face ``(H, W, 3)``; landmarks ``(5, 2)`` in pixels of the picture given.

    DegenerateLandmarks where the landmarks carry no face.
    """
    face = cv2.cvtColor(cut(image_bgr, landmarks, ARCFACE_112), cv2.COLOR_BGR2GRAY)
    grey = face.astype(np.float32)
    smooth = _smoothed(grey, _MOUTH_SIGMA_PX)
    skin = max(_DARKEST_SKIN, float(np.median(smooth[_NOSE])))
    finer = _smoothed(grey, _EYE_SIGMA_PX)
    steep = _slope(finer, across=True) + _slope(finer, across=False)
    return Detail(
        mouth=float(_slope(smooth, across=False)[_MOUTH].mean()) / skin,
        eyes=min(float(steep[eye].mean()) for eye in _EYES) / skin,
    )


def _smoothed(grey: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma_px), np.float32)


def _slope(grey: NDArray[np.float32], *, across: bool) -> NDArray[np.float32]:
    dx, dy = (1, 0) if across else (0, 1)
    return np.abs(cv2.Sobel(grey, cv2.CV_32F, dx, dy, ksize=3)).astype(np.float32)
