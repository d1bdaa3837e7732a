"""Covers put on portraits: a face mask of cloth and dark glasses, drawn over the landmarks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def with_glasses(picture_bgr: np.ndarray, landmarks: np.ndarray, grey: int = 25) -> np.ndarray:
    """Draw dark glasses over both eyes."""
    left, right = landmarks[:2]
    apart = float(np.linalg.norm(right - left))
    angle = float(np.degrees(np.arctan2(*(right - left)[::-1])))
    worn = picture_bgr.copy()
    for eye in (left, right):
        middle = (int(eye[0]), int(eye[1] + 0.05 * apart))
        axes = (int(0.42 * apart), int(0.3 * apart))
        cv2.ellipse(worn, middle, axes, angle, 0, 360, (grey,) * 3, -1, cv2.LINE_AA)
    return worn


def with_mask(picture_bgr: np.ndarray, landmarks: np.ndarray, cloth: Path) -> np.ndarray:
    """Lay the middle of a picture of a mask over nose, mouth and chin."""
    left, right, nose, mouth_left, mouth_right = landmarks
    apart = float(np.linalg.norm(right - left))
    across = (right - left) / apart
    down = np.array([-across[1], across[0]])
    mouth = (mouth_left + mouth_right) / 2
    pixels = cv2.imread(str(cloth))
    height, width = pixels.shape[:2]
    source = np.array([[0.2, 0.12], [0.8, 0.12], [0.8, 0.9], [0.2, 0.9]]) * [width, height]
    corners = [
        nose - 0.85 * apart * across - 0.2 * apart * down,
        nose + 0.85 * apart * across - 0.2 * apart * down,
        mouth + 0.6 * apart * across + 0.8 * apart * down,
        mouth - 0.6 * apart * across + 0.8 * apart * down,
    ]
    target = np.array(corners, np.float32)
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target)
    laid = cv2.warpPerspective(pixels, matrix, picture_bgr.shape[1::-1])
    inside = np.zeros(picture_bgr.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, target.astype(np.int32), 1)
    return np.where(inside[..., np.newaxis] > 0, laid, picture_bgr)
