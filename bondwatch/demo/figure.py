"""A drawn warehouse worker with a head from the photo, as a picture with transparency.

Drawing only: one pose in, one sprite out. Where a figure stands, and when, is
`bondwatch.demo.script`'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bondwatch.demo.photo import Head

Picture = NDArray[np.uint8]
Points = list[tuple[float, float]]
Colour = tuple[int, int, int]

SPRITE_WH: Final = (320, 640)
FOOT_XY: Final = (160, 628)  # where the figure stands, in the sprite
FACE_PX: Final = 88  # the shorter side of the drawn face's box

_FINE: Final = 2  # drawn so many times larger, then averaged down: smooth edges
_CHIN_Y: Final = 184
_HIP: Final = (160.0, 392.0)
_SHOULDER_Y: Final = 214.0
_TROUSERS: Final = (92, 62, 44)
_VEST: Final = (40, 196, 236)
_STRIPE: Final = (226, 232, 230)
_BOOT: Final = (38, 44, 52)


@dataclass(frozen=True, slots=True)
class Pose:
    """``swing``: [-1, 1], where in a step the limbs are; 0 stands still."""

    swing: float = 0.0


class _Canvas:
    """Draws in sprite coordinates; four channels, so that alpha comes from the same shapes."""

    def __init__(self) -> None:
        width, height = SPRITE_WH
        self.fine = np.zeros((height * _FINE, width * _FINE, 4), np.uint8)

    def shape(self, points: Points, colour: Colour) -> None:
        """Fill a polygon."""
        corners = np.round(np.array(points) * _FINE).astype(np.int32)
        cv2.fillPoly(self.fine, [corners], (*colour, 255), cv2.LINE_AA)

    def limb(self, points: Points, width_px: float, colour: Colour) -> None:
        """A bent line with round ends."""
        corners = np.round(np.array(points) * _FINE).astype(np.int32)
        thick = round(width_px * _FINE)
        cv2.polylines(self.fine, [corners], isClosed=False, color=(*colour, 255), thickness=thick)
        for x, y in corners.tolist():
            cv2.circle(self.fine, (x, y), thick // 2, (*colour, 255), -1)

    def sprite(self) -> Picture:
        """The drawing at its own size, colours multiplied with alpha."""
        return np.asarray(cv2.resize(self.fine, SPRITE_WH, interpolation=cv2.INTER_AREA), np.uint8)


def draw_figure(head: Head, shirt: Colour, pose: Pose) -> Picture:
    """``SPRITE_WH`` BGRA, colours multiplied with alpha."""
    canvas = _Canvas()
    _legs(canvas, pose)
    _arm(canvas, shirt, head.skin, side=1, swing=pose.swing)
    _torso(canvas, shirt, head.skin)
    _arm(canvas, shirt, head.skin, side=-1, swing=-pose.swing)
    body = _shaded(canvas.sprite())
    return _with_head(body, head)


def _legs(canvas: _Canvas, pose: Pose) -> None:
    for side in (1, -1):
        swing = pose.swing * side
        hip = (_HIP[0] + 24 * side, _HIP[1])
        lift = 22 * max(0.0, swing) * (1 - abs(swing))
        foot = (hip[0] + 52 * swing, FOOT_XY[1] - 16 - lift)
        knee = ((hip[0] + foot[0]) / 2 + 10 * abs(swing), (hip[1] + foot[1]) / 2)
        dark = _TROUSERS if side < 0 else _darker(_TROUSERS)
        canvas.limb([hip, knee], 54, dark)
        canvas.limb([knee, (foot[0], foot[1] - 12)], 44, dark)
        canvas.limb([(foot[0] - 8, foot[1] + 2), (foot[0] + 20, foot[1] + 4)], 25, _BOOT)


def _torso(canvas: _Canvas, shirt: Colour, skin: Colour) -> None:
    middle = _HIP[0]
    top = _SHOULDER_Y
    canvas.limb([(middle, _CHIN_Y - 34), (middle, top)], 54, _darker(skin))
    around = [
        (middle - 40, top - 22), (middle + 40, top - 22), (middle + 78, top - 4),
        (middle + 88, top + 40), (middle + 66, top + 110), (middle + 60, _HIP[1] + 14),
        (middle - 60, _HIP[1] + 14), (middle - 66, top + 110), (middle - 88, top + 40),
        (middle - 78, top - 4),
    ]  # fmt: skip
    canvas.shape(around, _VEST)
    canvas.shape([(middle - 30, top - 23), (middle + 30, top - 23), (middle, top + 44)], shirt)
    for height in (74, 126):
        y = top + height
        canvas.shape(
            [(middle - 70, y), (middle + 70, y), (middle + 68, y + 20), (middle - 68, y + 20)],
            _STRIPE,
        )
    for side in (-1, 1):
        x = middle + 50 * side
        canvas.shape(
            [(x - 9, top - 16), (x + 9, top - 16), (x + 9, top + 80), (x - 9, top + 80)], _STRIPE
        )
    canvas.limb([(middle, top + 44), (middle, _HIP[1] + 8)], 2, _darker(_VEST))


def _arm(canvas: _Canvas, shirt: Colour, skin: Colour, *, side: int, swing: float) -> None:
    shoulder = (_HIP[0] + 82 * side, _SHOULDER_Y + 22)
    elbow = (shoulder[0] + 10 * side + 18 * swing, shoulder[1] + 92)
    hand = (elbow[0] - 4 * side + 34 * swing, elbow[1] + 84 - 10 * abs(swing))
    canvas.limb([shoulder, elbow], 42, shirt)
    canvas.limb([elbow, hand], 34, shirt)
    canvas.limb([hand, (hand[0] + 2, hand[1] + 16)], 30, skin)


def _shaded(sprite: Picture) -> Picture:
    """Light from the upper left, so that the drawing is not flat."""
    width, height = SPRITE_WH
    across = 1.08 - 0.26 * np.abs(np.linspace(-0.7, 1.0, width))
    down = np.linspace(1.04, 0.86, height)
    light = (down[:, None] * across)[..., None]
    shaded = np.minimum(sprite[..., :3] * light, sprite[..., 3:])
    return np.dstack([shaded.astype(np.uint8), sprite[..., 3]])


def _with_head(body: Picture, head: Head) -> Picture:
    """The body with the head put on, chin to neck."""
    left, _, right, bottom = head.face_ltrb
    scale = FACE_PX / (right - left)
    size = (round(head.bgra.shape[1] * scale), round(head.bgra.shape[0] * scale))
    alpha = head.bgra[..., 3:].astype(np.float32) / 255
    multiplied = np.dstack([head.bgra[..., :3] * alpha, head.bgra[..., 3:]]).astype(np.float32)
    small = cv2.resize(multiplied, size, interpolation=cv2.INTER_AREA)
    x = round(FOOT_XY[0] - (left + right) / 2 * scale)
    y = round(_CHIN_Y - bottom * scale)
    put(body, small, (x, y))
    return body


def put(below: Picture, above: NDArray[Any], xy: tuple[int, int]) -> None:
    """Lay a picture over another, in place.

    ``below``: BGR, or BGRA as ``above`` is: colours multiplied with alpha. What reaches beyond
    ``below`` is cut off.
    """
    x, y = xy
    height, width, channels = below.shape
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(above.shape[1], width - x), min(above.shape[0], height - y)
    if right <= left or bottom <= top:
        return
    part = above[top:bottom, left:right].astype(np.float32)
    into = below[y + top : y + bottom, x + left : x + right]
    rest = 1 - part[..., 3:] / 255
    into[:] = np.clip(part[..., :channels] + into * rest + 0.5, 0, 255).astype(np.uint8)


def swing_at(way_px: float, step_px: float = 150.0) -> float:
    """Where in a step somebody is who has walked so far."""
    return math.sin(way_px / step_px * math.pi)


def _darker(colour: Colour) -> Colour:
    blue, green, red = colour
    return int(blue * 0.78), int(green * 0.78), int(red * 0.78)
