"""Regions of planar pictures: which pixels a box means, and cutting them out before conversion.

Only the formats that cameras deliver are cut; others are left to a full conversion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt

from vision.core.values import Box

Plane = npt.NDArray[np.uint8]

_PLANAR = frozenset({"yuv420p", "yuvj420p"})
_CUTTABLE = _PLANAR | {"nv12"}


@dataclass(frozen=True, slots=True)
class PixelRect:
    """Whole pixels, ``left`` and ``top`` inside, ``right`` and ``bottom`` just outside."""

    left: int
    top: int
    right: int
    bottom: int


def rect_of(box: Box, size_wh: tuple[int, int]) -> PixelRect:
    """The pixels that a relative box touches, within the picture, at least one."""
    left, right = _span(box.left, box.right, size_wh[0])
    top, bottom = _span(box.top, box.bottom, size_wh[1])
    return PixelRect(left, top, right, bottom)


def _span(low: float, high: float, size_px: int) -> tuple[int, int]:
    first = min(max(math.floor(low * size_px), 0), size_px - 1)
    last = min(max(math.ceil(high * size_px), first + 1), size_px)
    return first, last


def cut_planes(picture: av.VideoFrame, rect: PixelRect) -> tuple[av.VideoFrame, int, int] | None:
    """The region as a picture of its own, and where in it the rectangle begins (x, y).

    Colour is stored for two by two pixels, so the cut is widened to even edges, and by one
    such pair more where there is room: upsampling looks at the neighbours. None for a format
    that is not cut.
    """
    if picture.format.name not in _CUTTABLE:
        return None
    left, top = max(0, rect.left // 2 * 2 - 2), max(0, rect.top // 2 * 2 - 2)
    right = min(rect.right + rect.right % 2 + 2, picture.width + picture.width % 2)
    bottom = min(rect.bottom + rect.bottom % 2 + 2, picture.height + picture.height % 2)
    luma = _even(_plane(picture, 0, picture.width, picture.height))[top:bottom, left:right]
    chroma = _chroma(picture, PixelRect(left // 2, top // 2, right // 2, bottom // 2))
    size = (bottom - top) * (right - left)
    stacked = np.concatenate([luma.reshape(-1), *(part.reshape(-1) for part in chroma)])
    array = stacked.reshape(size * 3 // 2 // (right - left), right - left)
    part = av.VideoFrame.from_ndarray(np.ascontiguousarray(array), format=picture.format.name)
    part.colorspace, part.color_range = picture.colorspace, picture.color_range
    return part, rect.left - left, rect.top - top


def _chroma(picture: av.VideoFrame, half: PixelRect) -> list[Plane]:
    """The colour planes' part; ``half`` counts two-by-two blocks."""
    width, height = -(-picture.width // 2), -(-picture.height // 2)
    rows = slice(half.top, half.bottom)
    if picture.format.name == "nv12":
        return [_plane(picture, 1, width * 2, height)[rows, half.left * 2 : half.right * 2]]
    columns = slice(half.left, half.right)
    return [_plane(picture, number, width, height)[rows, columns] for number in (1, 2)]


def _plane(picture: av.VideoFrame, number: int, width: int, height: int) -> Plane:
    plane = picture.planes[number]
    whole = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return whole[:height, :width]


def _even(luma: Plane) -> Plane:
    """Odd sizes have half a colour block at the edge: repeat the last pixel into it."""
    height, width = luma.shape
    if height % 2 or width % 2:
        return np.pad(luma, ((0, height % 2), (0, width % 2)), mode="edge")
    return luma
