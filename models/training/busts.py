"""Turns grey close-ups into heads to be set into scenes: tinted, lit, dressed, tilted.

Here belongs what happens to one head before it is in a picture. Every choice comes from the
generator given; lengths are in distances between the eyes, so that any size is served.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.faces import Face, Points, mirrored, size_px
from models.training.samples import Boxes

_EVEN = 0.5
_FINER = 2.0  # heads are drawn at twice the size at which they will be seen
_HELMET, _MASK, _STEEP, _HAIR, _SHOULDERS, _WHOLE = 0.25, 0.2, 0.3, 0.5, 0.6, 0.25
_TILT = 9.0
_LARGEST_TILT = 25.0
_SKIN = (0.72, 0.84, 1.04)
_COLOURS = ((40, 210, 235), (235, 235, 235), (190, 90, 30), (40, 40, 200), (30, 120, 240))
_MASKS = ((225, 205, 150), (235, 235, 235), (40, 40, 40), (200, 160, 90))
Random = np.random.Generator
Layer = NDArray[np.float32]
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Bust:
    """``shown`` ``(S, S, 3)``: the picture times ``cover`` ``(S, S, 1)`` in [0, 1]; both float32.

    ``box_xyxy_px`` ``(4,)``, ``landmarks_px`` ``(5, 2)``.
    """

    shown: Layer
    cover: Layer
    box_xyxy_px: Boxes
    landmarks_px: Points


def bust(face: Face, size: float, random: Random) -> Bust:
    """A head whose face is ``size`` pixels large, different every time."""
    scale = min(1.0, _FINER * size / float(size_px(face.box_xyxy_px)))
    head = _tilted(_dressed(_tinted(_scaled(face, scale), random), random), random)
    if random.random() < _EVEN:
        head = _mirrored(head)
    return _resized(head, size / float(size_px(face.box_xyxy_px)) / scale)


def _scaled(face: Face, scale: float) -> Face:
    """The close-up at another size."""
    side = round(len(face.picture) * scale)
    scale = side / len(face.picture)
    left, top, right, bottom = (round(one * scale) for one in face.shown_xyxy_px)
    return Face(
        np.asarray(cv2.resize(face.picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8),
        (left, top, right, bottom),
        face.box_xyxy_px * np.float32(scale),
        face.landmarks_px * np.float32(scale),
        face.group,
    )


def _tinted(face: Face, random: Random) -> Bust:
    """In a skin's colour, cut out with a soft edge, over hair and shoulders or nothing."""
    tint = np.array(_SKIN) * random.uniform(0.9, 1.1, 3) * random.uniform(0.55, 1.15)
    picture = face.picture[..., None].astype(np.float32) * tint.astype(np.float32)
    own = _outline(face, whole=random.random() < _WHOLE)
    behind, around = _behind(face, random)
    shown = behind * (1 - own) + picture * own
    return Bust(shown, own + around * (1 - own), face.box_xyxy_px, face.landmarks_px)


def _outline(face: Face, *, whole: bool) -> Layer:
    """What belongs to the head: an ellipse in the close-up, or all of it."""
    left, top, right, bottom = face.shown_xyxy_px
    cover = np.zeros(face.picture.shape, np.float32)
    if whole:
        cover[top:bottom, left:right] = 1
        return cover[..., None]
    middle = ((left + right) // 2, (top + bottom) // 2)
    halves = (max(1, (right - left) * 46 // 100), max(1, (bottom - top) // 2))
    cv2.ellipse(cover, middle, halves, 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(cover, (0, 0), max(0.5, 0.03 * (right - left)))
    cover[:] = 0
    cover[top:bottom, left:right] = soft[top:bottom, left:right]
    return cover[..., None]


def _behind(face: Face, random: Random) -> tuple[Layer, Layer]:
    """Hair and shoulders in single colours, and what they cover."""
    side = len(face.picture)
    layer, cover = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    middle, across, down = _frame(face.landmarks_px)
    eyes = float(np.linalg.norm(across))
    if random.random() < _SHOULDERS:
        half = across * random.uniform(1.6, 2.6)
        neck, low = middle + 1.9 * down, middle + 6 * down
        corners = [neck - 0.5 * half, neck + 0.5 * half, low + half, low - half]
        _paint(layer, cover, corners, tuple(random.uniform(10, 230, 3)))
    if random.random() < _HAIR:
        top = tuple(int(one) for one in middle + 0.2 * down)
        halves = (int(eyes * random.uniform(1.2, 1.5)), int(eyes * random.uniform(1.6, 2.1)))
        shade = random.uniform(10, 120)
        colour = (shade * 0.7, shade * 0.85, shade)
        for canvas, value in ((layer, colour), (cover, 1.0)):
            cv2.ellipse(canvas, top, halves, 0, 0, 360, value, -1)
    return layer, cover[..., None]


def _frame(landmarks: Points) -> tuple[Points, Points, Points]:
    """The middle between the eyes, the way from eye to eye, and as far down the face."""
    left, right = landmarks[:2]
    across = right - left
    mouth = landmarks[3:].mean(axis=0) - (left + right) / 2
    down = mouth / max(float(np.linalg.norm(mouth)), 1e-3) * np.linalg.norm(across)
    return (left + right) / 2, across, np.asarray(down, np.float32)


def _dressed(head: Bust, random: Random) -> Bust:
    """With a helmet, a mask, both or neither, and lit from somewhere."""
    shown, cover = head.shown.copy(), head.cover[..., 0].copy()
    if random.random() < _MASK:
        _mask(shown, cover, head.landmarks_px, random)
    if random.random() < _HELMET:
        _helmet(shown, cover, head.landmarks_px, random)
    if random.random() < _STEEP:
        shown *= _steep_light(head.landmarks_px, len(shown), random)
    return Bust(np.clip(shown, 0, 255), cover[..., None], head.box_xyxy_px, head.landmarks_px)


def _helmet(shown: Layer, cover: Layer, landmarks: Points, random: Random) -> None:
    """A dome over the forehead with a brim."""
    middle, across, down = _frame(landmarks)
    eyes = float(np.linalg.norm(across))
    rim = middle - down * random.uniform(0.35, 0.75)
    turn = float(np.degrees(np.arctan2(across[1], across[0])))
    halves = (int(eyes * random.uniform(1.25, 1.5)), int(eyes * random.uniform(1.0, 1.4)))
    centre = (int(rim[0]), int(rim[1]))
    colour = _shade(_COLOURS, random)
    for canvas, value in ((shown, colour), (cover, 1.0)):
        cv2.ellipse(canvas, centre, halves, turn, 180, 360, value, -1)
        brim = (int(halves[0] * 1.1), max(1, int(0.15 * eyes)))
        darker = tuple(0.7 * one for one in value) if isinstance(value, tuple) else value
        cv2.ellipse(canvas, centre, brim, turn, 0, 360, darker, -1)


def _mask(shown: Layer, cover: Layer, landmarks: Points, random: Random) -> None:
    """From the bridge of the nose to under the chin."""
    middle, across, down = _frame(landmarks)
    nose = landmarks[2] - down * random.uniform(0.1, 0.3)
    low = landmarks[3:].mean(axis=0)
    corners = [
        middle + 0.75 * down - 0.85 * across,
        nose,
        middle + 0.75 * down + 0.85 * across,
        low + 0.15 * down + 0.75 * across,
        low + 0.6 * down,
        low + 0.15 * down - 0.75 * across,
    ]
    _paint(shown, cover, corners, _shade(_MASKS, random))


def _shade(colours: tuple[tuple[int, int, int], ...], random: Random) -> Colour:
    chosen = colours[int(random.integers(len(colours)))]
    first, second, third = np.array(chosen) * random.uniform(0.6, 1.05)
    return float(first), float(second), float(third)


def _paint(layer: Layer, cover: Layer, corners: list[Points], colour: Colour) -> None:
    polygon = np.round(np.stack(corners)).astype(np.int32)
    cv2.fillPoly(layer, [polygon], colour)
    cv2.fillPoly(cover, [polygon], 1.0)


def _steep_light(landmarks: Points, side: int, random: Random) -> Layer:
    """Bright on one side and dark on the other, along a line through the face: ``(S, S, 1)``."""
    middle, across, _ = _frame(landmarks)
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    far = (columns - middle[0]) * np.cos(angle) + (rows - middle[1]) * np.sin(angle)
    soft = np.tanh(
        far / (np.linalg.norm(across) * random.uniform(0.3, 1.5)) + random.normal(0, 0.4)
    )
    dark, bright = random.uniform(0.2, 0.7), random.uniform(1.0, 1.7)
    return np.asarray((dark + (bright - dark) * (soft + 1) / 2)[..., None], np.float32)


def _tilted(head: Bust, random: Random) -> Bust:
    """Turned a little around the middle of the face; the box keeps its size."""
    tilt = float(np.clip(random.normal(0, _TILT), -_LARGEST_TILT, _LARGEST_TILT))
    middle = (head.box_xyxy_px[:2] + head.box_xyxy_px[2:]) / 2
    turn = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), tilt, 1)
    size = head.shown.shape[1::-1]
    shown, cover = (cv2.warpAffine(one, turn, size) for one in (head.shown, head.cover))
    points = head.landmarks_px @ turn[:, :2].T + turn[:, 2]
    return Bust(
        np.asarray(shown, np.float32),
        np.asarray(cover, np.float32)[..., None],
        head.box_xyxy_px,
        points.astype(np.float32),
    )


def _mirrored(head: Bust) -> Bust:
    side = len(head.shown)
    left, top, right, bottom = head.box_xyxy_px
    return Bust(
        np.ascontiguousarray(head.shown[:, ::-1]),
        np.ascontiguousarray(head.cover[:, ::-1]),
        np.array([side - right, top, side - left, bottom], np.float32),
        mirrored(head.landmarks_px, side),
    )


def _resized(head: Bust, scale: float) -> Bust:
    side = max(1, round(len(head.shown) * scale))
    scale = side / len(head.shown)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    shown, cover = (
        cv2.resize(one, (side, side), interpolation=way) for one in (head.shown, head.cover)
    )
    return Bust(
        np.asarray(shown, np.float32),
        np.asarray(cover, np.float32)[..., None],
        head.box_xyxy_px * np.float32(scale),
        head.landmarks_px * np.float32(scale),
    )
