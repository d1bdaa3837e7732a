"""Made-up close-ups: an oval with eyes, a nose and a mouth."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.faces import SIDE_PX, Face, Faced

SHOWN = (60, 60, 260, 260)
POINTS = np.array([[125, 130], [195, 130], [160, 165], [132, 205], [188, 205]], np.float32)
BOX = np.array([95, 75, 225, 245], np.float32)


def close_up(group: str = "somebody") -> Face:
    """A grey face of about 150 pixels."""
    picture = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    picture[SHOWN[1] : SHOWN[3], SHOWN[0] : SHOWN[2]] = 60
    cv2.ellipse(picture, (160, 160), (65, 85), 0, 0, 360, 190, -1)
    for x, y in POINTS.astype(int).tolist():
        cv2.circle(picture, (x, y), 9, 40, -1)
    return Face(picture, SHOWN, BOX, POINTS, group)


def wall(size_wh: tuple[int, int] = (200, 150), faces: int = 0) -> Faced:
    """A plain wall; ``faces`` says how many faces its labels claim, all of them known."""
    width, height = size_wh
    boxes = np.tile(np.array([10, 10, 50, 60], np.float32), (faces, 1))
    points = np.tile(np.full((5, 2), 30, np.float32), (faces, 1, 1))
    picture = np.full((height, width, 3), 120, np.uint8)
    return Faced(picture, boxes, points, np.ones(faces, bool))
