"""Five landmarks to an upright face of a fixed size.

Here belong the templates, the similarity that carries landmarks onto one, and the refusal of
landmarks that carry no face. Cutting for a particular embedder is the embedder's work.

Order of the five points everywhere in this project, as they appear in the picture: the eye on
the left, the eye on the right, the tip of the nose, the left and the right corner of the mouth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import DegenerateLandmarks

Points = NDArray[np.float32]
"""``(5, 2)``: x and y in pixels."""

_MIN_SPREAD_PX = 2.0
"""Landmarks closer together than this (root mean square from their middle) hold no face."""

_MAX_MISFIT = 0.62
"""Root of the mean squared distance to the template, over the template's own spread. Measured:
faces in the news have a median of 0.08 and 99.9 % lie under 0.33; heads turned to a profile reach
0.61 and are left to the quality gate; five points on one line start at 0.66, mirrored ones lie at
0.99, and so do, from 0.64 on, the faces that a detector sees in the backs of heads."""


CUT_VERSION = 1
"""Part of every embedding_id: raise it when `cut` gives other pixels than before."""

_MOST_TIMES = 8


@dataclass(frozen=True)
class Template:
    """Where the five points of an upright face lie in a square of ``side_px`` pixels."""

    side_px: int
    points: Points


def _template(side_px: int, points: list[tuple[float, float]]) -> Template:
    return Template(side_px, np.array(points, np.float32))


ARCFACE_112 = _template(
    112,
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ],
)
"""The five points that ArcFace-type embedders were trained with."""

# dlib cuts its chip so that 68 landmarks fall onto a mean shape given in the unit square, with
# a border of 0.25 of that square on each side: a point p of the shape lies in the 150 px chip
# at (p + 0.25) / 1.5 * 150 = 25 + 100 p. Of the 68, the middle of each eye is the mean of its
# six outline points, the tip of the nose is point 30, the corners of the mouth 48 and 54:
#   eyes (0.22549, 0.21599) and (0.75476, 0.21599), nose (0.49013, 0.51563),
#   mouth (0.25415, 0.78023) and (0.72610, 0.78023).
DLIB_150 = _template(
    150,
    [(47.549, 46.599), (100.476, 46.599), (74.013, 76.563), (50.415, 103.023), (97.610, 103.023)],
)
"""dlib's 150 px chip with a padding of 0.25, seen through five points."""

TEMPLATES: Mapping[str, Template] = {"arcface_112": ARCFACE_112, "dlib_150": DLIB_150}


def similarity_to(template: Template, landmarks: Points) -> NDArray[np.float64]:
    """The similarity ``(2, 3)`` that carries the landmarks closest to the template.

    Least squares has a closed form in the plane: with both sets centred and read as complex
    numbers z (landmarks) and w (template), the best rotation and scale together are the one
    complex number sum(conj(z) w) / sum(|z|^2). A reflection cannot be written this way, so
    mirrored landmarks show as a bad fit instead of a flipped face.

    DegenerateLandmarks where the points are not finite, lie in one spot or on one line, are
    mirrored, or fit no face for another reason.
    """
    source = _as_complex(landmarks)
    target = _as_complex(template.points)
    z, w = source - source.mean(), target - target.mean()
    spread = float(np.sqrt(np.mean(np.abs(z) ** 2)))
    if spread < _MIN_SPREAD_PX:
        raise DegenerateLandmarks(f"the landmarks lie within {spread:.1f} px of each other")
    turn = np.vdot(z, w) / np.vdot(z, z).real
    _check_fit(turn * z, w)
    shift = target.mean() - turn * source.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def cut(image_bgr: NDArray[np.uint8], landmarks: Points, template: Template) -> NDArray[np.uint8]:
    """The upright face, ``(side, side, 3)`` BGR uint8.

    Outside the picture the edge is repeated: a black border would be an edge of its own.
    DegenerateLandmarks as above, and where the landmarks lie beside the picture.
    """
    matrix = similarity_to(template, landmarks)
    _check_inside(image_bgr, landmarks)
    # A large face is first cut larger and then averaged down: linear interpolation alone would
    # skip pixels, and a skipped pixel is noise that the embedder sees.
    times = min(_MOST_TIMES, max(1, int(1 / np.hypot(*matrix[:, 0]))))
    larger = matrix * times
    larger[:, 2] += (times - 1) / 2  # the middles of the pixels, not their corners, coincide
    side = template.side_px
    size = (side * times, side * times)
    face = cv2.warpAffine(
        image_bgr, larger, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if times > 1:
        face = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(face, np.uint8)


def _as_complex(points: Points) -> NDArray[np.complex128]:
    if points.shape != (5, 2):
        raise DegenerateLandmarks(f"five points were expected, not {points.shape}")
    if not np.isfinite(points).all():
        raise DegenerateLandmarks("a landmark is not a finite number")
    wide = points.astype(np.float64)
    return np.asarray(wide[:, 0] + 1j * wide[:, 1])


def _check_fit(carried: NDArray[np.complex128], w: NDArray[np.complex128]) -> None:
    misfit = float(np.linalg.norm(carried - w) / np.linalg.norm(w))
    if misfit > _MAX_MISFIT:
        raise DegenerateLandmarks(f"the landmarks fit no face (misfit {misfit:.2f})")


def _check_inside(image_bgr: NDArray[np.uint8], landmarks: Points) -> None:
    """Nothing of a face can be cut where its middle is not in the picture."""
    x, y = landmarks.mean(axis=0)
    height, width = image_bgr.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise DegenerateLandmarks(f"the landmarks lie beside the picture of {width}x{height}")
