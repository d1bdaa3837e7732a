"""The drawn warehouse: floor, racks, pallets and the marked bonded zone, as one still picture."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

SIZE_WH: Final = (1280, 720)
ZONE: Final = ((0.36, 0.80), (0.86, 0.80), (0.90, 0.992), (0.32, 0.992))
"""The bonded zone on the floor, relative corners in order along the edge."""

_HORIZON_Y: Final = 430
_WALL: Final = (176, 180, 178)
_FLOOR_FAR: Final = (132, 136, 138)
_FLOOR_NEAR: Final = (162, 166, 168)
_UPRIGHT: Final = (150, 92, 40)
_BEAM: Final = (52, 110, 206)
_CARTON: Final = (118, 158, 188)
_YELLOW: Final = (60, 206, 242)
_BLACK: Final = (44, 44, 44)
_WOOD: Final = (96, 142, 176)


def draw_scenery() -> Picture:
    """``(720, 1280, 3)`` BGR, always the same."""
    width, height = SIZE_WH
    picture = np.empty((height, width, 3), np.uint8)
    picture[:_HORIZON_Y] = _WALL
    blend = np.linspace(0, 1, height - _HORIZON_Y)[:, None]
    floor = (1 - blend) * np.array(_FLOOR_FAR) + blend * np.array(_FLOOR_NEAR)
    picture[_HORIZON_Y:] = floor[:, None].astype(np.uint8)
    _windows(picture)
    for left in (30, 360, 690, 1020):
        _rack(picture, left)
    _zone(picture)
    _pallet(picture, 40, 540)
    return _worn(picture)


def _windows(picture: Picture) -> None:
    for left in range(60, SIZE_WH[0], 220):
        cv2.rectangle(picture, (left, 18), (left + 130, 60), (224, 226, 220), -1)
        cv2.rectangle(picture, (left, 18), (left + 130, 60), (120, 122, 120), 2)


def _rack(picture: Picture, left: int) -> None:
    """Three shelves with cartons; sizes differ by a fixed rule, so the picture never changes."""
    right, top = left + 230, 100
    for level, y in enumerate((190, 305, 420)):
        x = left + 14
        for index in range(4):
            wide = 38 + (index * 17 + level * 29 + left) % 18
            high = 44 + (index * 23 + level * 13 + left) % 34
            shade = tuple(int(c * (0.86 + 0.04 * ((index + level) % 5))) for c in _CARTON)
            cv2.rectangle(picture, (x, y - high), (x + wide, y), shade, -1)
            cv2.rectangle(picture, (x, y - high), (x + wide, y), (88, 118, 140), 1)
            x += wide + 4
        cv2.rectangle(picture, (left, y), (right, y + 9), _BEAM, -1)
    for x in (left, right):
        cv2.rectangle(picture, (x - 5, top), (x + 5, _HORIZON_Y + 6), _UPRIGHT, -1)


def _pallet(picture: Picture, left: int, top: int) -> None:
    for row in range(2):
        y = top - row * 56
        cv2.rectangle(picture, (left, y - 48), (left + 150, y), _CARTON, -1)
        cv2.rectangle(picture, (left, y - 48), (left + 150, y), (88, 118, 140), 2)
    for part in range(3):
        y = top + 4 + part * 9
        cv2.rectangle(picture, (left - 6, y), (left + 156, y + 5), _WOOD, -1)


def _zone(picture: Picture) -> None:
    """The floor tinted, a yellow and black edge around it, and its name."""
    corners = np.round(np.array(ZONE) * SIZE_WH).astype(np.int32)
    tinted = picture.copy()
    cv2.fillPoly(tinted, [corners], (96, 150, 214), cv2.LINE_AA)
    cv2.addWeighted(tinted, 0.45, picture, 0.55, 0, dst=picture)
    cv2.polylines(picture, [corners], isClosed=True, color=_YELLOW, thickness=7)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        for share in np.arange(0.0, 1.0, 0.06):
            a, b = (start + (end - start) * s for s in (share, share + 0.025))
            one, two = (tuple(int(v) for v in point) for point in (a, b))
            cv2.line(picture, one, two, _BLACK, 7)
    place = (corners[0][0] + 40, corners[0][1] + 34)
    cv2.putText(picture, "BONDED", place, cv2.FONT_HERSHEY_DUPLEX, 0.9, (70, 90, 120), 2)


def _worn(picture: Picture) -> Picture:
    """A little grain, the same every time: real floors and cameras are never quite plain."""
    grain = np.random.default_rng(7).normal(0, 2.2, picture.shape[:2])[..., None]
    return np.clip(picture + grain, 0, 255).astype(np.uint8)
