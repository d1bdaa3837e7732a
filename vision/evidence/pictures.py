"""Pictures of evidence as JPEG: the whole picture, and the face in it."""

from __future__ import annotations

from typing import Final

import cv2

from vision.core.values import Box
from vision.evidence.values import Picture

FACE_MARGIN: Final = 0.35
"""How much of the face's own size is kept around it on each side."""

_QUALITY: Final = 90


class UnencodableError(Exception):
    """OpenCV could not make a JPEG of a picture."""


def snapshot_jpeg(picture: Picture) -> bytes:
    """The whole picture in its own size. Raises UnencodableError."""
    width, height = picture.frame.size_wh
    return _jpeg(picture.frame.bgr(width, height))


def face_jpeg(picture: Picture) -> bytes | None:
    """The face with some room around it; None where none was seen. Raises UnencodableError."""
    if picture.face is None:
        return None
    return _jpeg(picture.frame.crop_bgr(room_around(picture.face)))


def room_around(face: Box) -> Box:
    """What of the picture is cut out for a face."""
    wide, high = face.width * FACE_MARGIN, face.height * FACE_MARGIN
    return Box(
        max(0.0, face.left - wide),
        max(0.0, face.top - high),
        min(1.0, face.right + wide),
        min(1.0, face.bottom + high),
    )


def _jpeg(bgr: cv2.typing.MatLike) -> bytes:
    made, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not made:
        raise UnencodableError("a picture could not be made a JPEG")
    return bytes(data)
