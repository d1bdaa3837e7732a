"""Makes regions of pictures unrecognisable, for good: a few flat colours are left of each.

What is kept of a region is ``CELLS`` means along its longer side, so a face in it is two or three:
no filter brings back what is not there. The means are then blended, so that no edges distract.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.core.values import Box
from vision.ingest.planes import PixelRect, rect_of

CELLS: Final = 4
"""Along the longer side of a region around a head, or of a whole picture."""

Plane = NDArray[np.uint8]


def hide(picture: Plane, box: Box) -> None:
    """Hide a region of a picture ``(H, W)`` or ``(H, W, 3)``, in place.

    ``box``: relative; cut to the picture. One that lies outside hides nothing.
    """
    if not _touches(box):
        return
    height, width = picture.shape[:2]
    _flatten(picture, rect_of(box, (width, height)))


def hide_in_planes(planes: Plane, box: Box) -> None:
    """The same for the planes of a picture, ``(H * 3 / 2, W)``: Y, then U and V of half size."""
    height, width = planes.shape[0] * 2 // 3, planes.shape[1]
    flat, pixels = planes.reshape(-1), height * width
    hide(flat[:pixels].reshape(height, width), box)
    for start in (pixels, pixels + pixels // 4):
        hide(flat[start : start + pixels // 4].reshape(height // 2, width // 2), box)


def _touches(box: Box) -> bool:
    return box.left < 1 and box.top < 1 and box.right > 0 and box.bottom > 0


def _flatten(picture: Plane, rect: PixelRect) -> None:
    region: Any = picture[rect.top : rect.bottom, rect.left : rect.right]
    height, width = region.shape[:2]
    cell_px = max(height, width) / CELLS
    few = (max(1, round(width / cell_px)), max(1, round(height / cell_px)))
    means = cv2.resize(region, few, interpolation=cv2.INTER_AREA)
    region[...] = cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR).reshape(
        region.shape
    )
