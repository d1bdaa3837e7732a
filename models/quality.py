"""How good a view of a face is: the figures that a quality gate judges by, and one of them all.

Here belong the measures. What is good enough is decided elsewhere, by policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, log10

import cv2
import numpy as np
from numpy.typing import NDArray

from models.alignment import ARCFACE_112, Points, cut

_FORETOLD = (0.947, 0.970)
"""Similarities that `look_quality` calls 0 and 1: 96 % of what it foretold lay between them."""


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """One face's figures.

    ``size_px``: the shorter side of the face box, pixels of the picture it was cut from.
    ``sharpness``: variance of the Laplacian of the aligned face, grey levels squared.
    ``yaw``: [-1, 1], 0 frontal, +-1 profile, positive where the nose points to the picture's
    right. ``pitch``: about 0 level, positive where the head is thrown back. ``brightness``: mean
    grey level of the aligned face, [0, 255]. ``score``: the face detector's confidence, [0, 1].
    """

    size_px: float
    sharpness: float
    yaw: float
    brightness: float
    score: float
    pitch: float = 0.0


def measure_face(
    image_bgr: NDArray[np.uint8], box_xyxy_px: NDArray[np.float32], landmarks: Points, score: float
) -> FaceMeasures:
    """Measures one face; box and landmarks in pixels of the picture given.

    Measure in the picture as it came from the camera: enlarging adds no detail, but size.
    DegenerateLandmarks where the landmarks carry no face.
    """
    grey = cv2.cvtColor(cut(image_bgr, landmarks, ARCFACE_112), cv2.COLOR_BGR2GRAY)
    left, top, right, bottom = (float(side) for side in box_xyxy_px)
    return FaceMeasures(
        size_px=min(right - left, bottom - top),
        sharpness=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        yaw=yaw_of(landmarks),
        brightness=float(grey.mean()),
        score=float(score),
        pitch=pitch_of(landmarks),
    )


def look_quality(measures: FaceMeasures) -> float:
    """One number in [0, 1] that ranks looks by how well they match; not a probability.

    A straight line through the measures, fitted to the similarity of 3,870 looks to their own
    person's templates (dlib_resnet_v1, faces of 16 to 150 px, as they were, scaled down and
    spoilt). The detector's score (yunet_2023mar) says most; size and sharpness add a little; pose
    and light say next to nothing once the gate has been passed. ``bondwatch evaluate faces`` tells
    what dropping the worst looks does.
    """
    size = log2(min(max(measures.size_px, 12.0), 160.0) / 40.0)
    sharpness = log10(min(max(measures.sharpness, 5.0), 2000.0) / 100.0)
    dim = abs(measures.brightness - 125.0) / 125.0
    foretold = 0.8164 + 0.0017 * size + 0.0036 * sharpness - 0.0029 * dim + 0.1583 * measures.score
    low, high = _FORETOLD
    return min(1.0, max(0.0, (foretold - low) / (high - low)))


def yaw_of(landmarks: Points) -> float:
    """Where the nose's tip falls between the eyes: -1 at the left eye, 0 midway, 1 at the right.

    Beyond an eye stays at -1 or 1. The tilt of the head cancels out, because the nose is
    projected onto the line through the eyes.
    """
    left_eye, right_eye, nose = landmarks[:3].astype(np.float64)
    across = right_eye - left_eye
    length = float(across @ across)
    if length == 0:
        return 1.0  # one eye over the other: nothing is seen from the front
    return float(np.clip(2 * ((nose - left_eye) @ across) / length - 1, -1, 1))


def pitch_of(landmarks: Points) -> float:
    """Where the nose's tip falls between eyes and mouth: 1 at the eyes, 0 midway, -1 at the mouth.

    Beyond them stays at 1 or -1. The nose stands out, so it climbs in the picture when the head
    goes back; where it lies on a level head differs from person to person by about 0.15.
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks.astype(np.float64)
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    down = mouth - eyes
    length = float(down @ down)
    if length == 0:
        return 1.0  # eyes and mouth in one spot: nothing is seen from the front
    return float(np.clip(1 - 2 * ((nose - eyes) @ down) / length, -1, 1))
