"""Curves as PNG, drawn with OpenCV: a plotting library would be a dependency for two pictures.

Here belongs the drawing; what is drawn is computed elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Canvas = NDArray[np.uint8]

_SIZE_WH = (960, 720)
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 930, 60, 640
_COLOURS_BGR = (
    (180, 119, 31), (14, 127, 255), (44, 160, 44), (40, 39, 214),
    (189, 103, 148), (75, 86, 140), (194, 119, 227), (127, 127, 127),
)  # fmt: skip
_INK, _FAINT = (40, 40, 40), (222, 222, 222)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Axis:
    """From ``low`` to ``high``, with lines at ``ticks``; ``log``: decades are of one length."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def share(self, values: Floats) -> Floats:
        """Where values lie along the axis, 0 to 1; what lies beyond an end is put on it."""
        inside = np.clip(np.asarray(values, np.float64), self.low, self.high)
        if not self.log:
            return (inside - self.low) / (self.high - self.low)
        whole = np.log10(self.high / self.low)
        return np.asarray(np.log10(inside / self.low) / whole)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One curve and what the legend calls it."""

    name: str
    x: Floats
    y: Floats


ERRORS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def draw(path: Path, title: str, axes: tuple[Axis, Axis], lines: Sequence[Line]) -> None:
    """Writes curves over two axes (x, y). OSError where the file cannot be written."""
    canvas = np.full((_SIZE_WH[1], _SIZE_WH[0], 3), 255, np.uint8)
    cv2.putText(canvas, title, (_LEFT, 36), _FONT, 0.6, _INK, 1, cv2.LINE_AA)
    _grid(canvas, *axes)
    for number, line in enumerate(lines):
        colour = _COLOURS_BGR[number % len(_COLOURS_BGR)]
        points = np.stack([_across(axes[0], line.x), _up(axes[1], line.y)], axis=1)
        cv2.polylines(canvas, [points.round().astype(np.int32)], False, colour, 2, cv2.LINE_AA)  # noqa: FBT003 - OpenCV takes it by place
        _legend(canvas, number, line.name, colour)
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise OSError(f"{path}: OpenCV could not write a PNG")
    path.write_bytes(data.tobytes())


def _across(axis: Axis, values: Floats) -> Floats:
    return _LEFT + axis.share(values) * (_RIGHT - _LEFT)


def _up(axis: Axis, values: Floats) -> Floats:
    return _BOTTOM - axis.share(values) * (_BOTTOM - _TOP)


def _grid(canvas: Canvas, x: Axis, y: Axis) -> None:
    for tick in x.ticks:
        at = round(float(_across(x, np.array([tick]))[0]))
        cv2.line(canvas, (at, _TOP), (at, _BOTTOM), _FAINT, 1)
        cv2.putText(canvas, f"{tick:g}", (at - 14, _BOTTOM + 22), _FONT, 0.42, _INK, 1, cv2.LINE_AA)
    for tick in y.ticks:
        at = round(float(_up(y, np.array([tick]))[0]))
        cv2.line(canvas, (_LEFT, at), (_RIGHT, at), _FAINT, 1)
        cv2.putText(canvas, f"{tick:g}", (_LEFT - 56, at + 5), _FONT, 0.42, _INK, 1, cv2.LINE_AA)
    cv2.rectangle(canvas, (_LEFT, _TOP), (_RIGHT, _BOTTOM), _INK, 1)
    cv2.putText(canvas, x.name, (_LEFT, _BOTTOM + 50), _FONT, 0.5, _INK, 1, cv2.LINE_AA)
    cv2.putText(canvas, y.name, (8, _TOP - 8), _FONT, 0.5, _INK, 1, cv2.LINE_AA)


def _legend(canvas: Canvas, number: int, name: str, colour: tuple[int, int, int]) -> None:
    y = _TOP + 22 + 20 * number
    cv2.line(canvas, (_RIGHT - 260, y - 4), (_RIGHT - 232, y - 4), colour, 2)
    cv2.putText(canvas, name, (_RIGHT - 224, y), _FONT, 0.42, _INK, 1, cv2.LINE_AA)
