"""A decoded frame, still in the decoder's own planes until somebody asks for pixels.

Conversion to BGR costs more than most uses need, so it is done for the size, or the region,
that is asked for. Knows pictures, not streams.
"""

from __future__ import annotations

import threading
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from vision.core.values import Box, Instant
from vision.ingest.planes import PixelRect, cut_planes, rect_of

Picture = npt.NDArray[np.uint8]
"""``(H, W, 3) uint8 BGR``."""

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HD_FROM_HEIGHT_PX = 720
_FULL_RANGE_FORMATS = frozenset({"yuvj420p", "yuvj422p", "yuvj444p"})


class PictureConverter:
    """swscale for one stream's frames. It keeps its tables between frames; locks itself.

    The lock matters: PyAV writes into the source frame's colour tags while it converts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scaling = VideoReformatter()
        self._cropping = VideoReformatter()

    def scaled(self, picture: av.VideoFrame, size_wh: tuple[int, int]) -> Picture:
        """The whole picture at a size, ``(h, w, 3) uint8 BGR``."""
        with self._lock:
            return _to_bgr(self._scaling, picture, size_wh, _colours_of(picture))

    def cropped(self, picture: av.VideoFrame, rect: PixelRect) -> Picture:
        """A region at full resolution, ``(h, w, 3) uint8 BGR``."""
        with self._lock:
            cut = cut_planes(picture, rect)
            if cut is None:
                size_wh = (picture.width, picture.height)
                whole = _to_bgr(self._cropping, picture, size_wh, _colours_of(picture))
                return whole[rect.top : rect.bottom, rect.left : rect.right].copy()
            part, at_left, at_top = cut
            image = _to_bgr(self._cropping, part, (part.width, part.height), _colours_of(picture))
        height, width = rect.bottom - rect.top, rect.right - rect.left
        return image[at_top : at_top + height, at_left : at_left + width].copy()


class Frame:
    """One picture of a stream and when it was taken. Immutable; safe to share between threads.

    ``is_corrupt``: parts of it are guessed by the decoder, since packets were lost or damaged.
    """

    __slots__ = ("_converter", "_picture", "at", "is_corrupt", "size_wh")

    def __init__(self, picture: av.VideoFrame, at: Instant, converter: PictureConverter) -> None:
        self._picture = picture
        self._converter = converter
        self.at = at
        self.size_wh = (picture.width, picture.height)
        self.is_corrupt = bool(picture.is_corrupt)

    def bgr(self, width: int, height: int) -> Picture:
        """The picture scaled straight to a size, ``(height, width, 3) uint8``."""
        return self._converter.scaled(self._picture, (width, height))

    def crop_bgr(self, box: Box) -> Picture:
        """The region at full resolution, ``(h, w, 3) uint8``, at least one pixel.

        The box is cut to the picture and widened to whole pixels; a box that lies outside
        gives the nearest pixel.
        """
        return self._converter.cropped(self._picture, rect_of(box, self.size_wh))


def _colours_of(picture: av.VideoFrame) -> dict[str, Any]:
    """How the picture's numbers mean colours: matrix and range, for swscale.

    Cameras seldom say; then BT.709 is taken for HD and BT.601 below, as players do.
    """
    colours: dict[str, Any] = {}
    if int(picture.colorspace) == _UNSPECIFIED:
        is_hd = picture.height >= _HD_FROM_HEIGHT_PX
        colours["src_colorspace"] = Colorspace.ITU709 if is_hd else Colorspace.ITU601
    is_full = picture.format.name in _FULL_RANGE_FORMATS or int(picture.color_range) == int(
        ColorRange.JPEG
    )
    colours["src_color_range"] = ColorRange.JPEG if is_full else ColorRange.MPEG
    return colours


def _to_bgr(
    reformatter: VideoReformatter,
    picture: av.VideoFrame,
    size_wh: tuple[int, int],
    colours: dict[str, Any],
) -> Picture:
    width, height = size_wh
    converted = reformatter.reformat(
        picture,
        width,
        height,
        "bgr24",
        dst_color_range=ColorRange.JPEG,
        threads=1,  # swscale's own threads would take cores from other cameras
        **colours,
    )
    return np.asarray(converted.to_ndarray(), dtype=np.uint8)
