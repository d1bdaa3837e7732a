"""Bytes that claim to be an enrolment photo become pixels, or are refused with a reason.

Only coding lives here, with its limits: they are checked on the header, before any pixel is
decoded. Finding and judging faces is ``enrolment.faces``'s and ``enrolment.quality``'s work.

Pillow decodes, not OpenCV: it reads the header alone, tells a file that was cut short (OpenCV
fills the rest with grey), and takes exactly the formats that it is told to. HEIC, what telephones
write, comes through pi-heif, which decodes and cannot encode.
"""

from __future__ import annotations

import io
import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image

from enrolment.refusals import PhotoRefusedError, Refusal

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_FIRST_BYTES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|....ftyp(?:heic|heix|heim|heis|mif1)", re.DOTALL
)
_MANY_IN_ONE = {"MPO", "HEIF"}
"""Files with further pictures (depth, HDR, a burst) behind the one that phones show: one photo."""

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BACKGROUND = (128, 128, 128)


pi_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """What a photo may cost.

    ``work_px``: the longer side that a decoded photo is scaled down to; more shows no more of
    a face that fills a good part of the picture.
    """

    max_bytes: int = 30 * 1024 * 1024
    max_pixels: int = 64_000_000
    work_px: int = 2048


DEFAULT_LIMITS = PhotoLimits()


def read_photo(path: Path, limits: PhotoLimits = DEFAULT_LIMITS) -> NDArray[np.uint8]:
    """Decode the photo at ``path``; as ``decode_photo``, and UNREADABLE where it cannot be read."""
    return decode_photo(read_bytes(path, limits), limits)


def read_bytes(path: Path, limits: PhotoLimits = DEFAULT_LIMITS, flags: int = 0) -> bytes:
    """The bytes of the file at ``path``, at most one more than allowed.

    PhotoRefusedError with PHOTO_MISSING or UNREADABLE. ``flags``: for ``os.open``.
    """
    try:
        # Without O_NONBLOCK a named pipe of nobody would hold up everybody's enrolment.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | flags), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
                raise PhotoRefusedError(Refusal.UNREADABLE, "not a file")
            return file.read(limits.max_bytes + 1)
    except FileNotFoundError as exc:
        raise PhotoRefusedError(Refusal.PHOTO_MISSING, exc.strerror or "") from exc
    except (OSError, ValueError) as exc:  # ValueError: a zero byte in the name
        why = getattr(exc, "strerror", None) or "cannot be read"
        raise PhotoRefusedError(Refusal.UNREADABLE, why) from exc


def decode_photo(data: bytes, limits: PhotoLimits = DEFAULT_LIMITS) -> NDArray[np.uint8]:
    """Decode a photo into ``(H, W, 3)`` uint8 BGR, upright, at most ``work_px`` long.

    JPEG, PNG, WebP or HEIC; of several pictures in one file the one that phones show.

    Raises ``PhotoRefusedError`` with NOT_A_PHOTO, ANIMATED, TOO_MANY_BYTES, TOO_MANY_PIXELS or
    UNREADABLE, whatever the bytes are.
    """
    if len(data) > limits.max_bytes:
        limit_mib = limits.max_bytes // 2**20
        raise PhotoRefusedError(Refusal.TOO_MANY_BYTES, f"more than {limit_mib} MiB")
    with _refusing_hostile_bytes():
        if not _FIRST_BYTES.match(data):
            raise PhotoRefusedError(Refusal.NOT_A_PHOTO)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_header(image, limits)
            image.draft(None, (limits.work_px, limits.work_px))  # JPEG: shrunk while decoding
            image.load()
            turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
            shrunk = _shrunk(_as_colours(image), limits.work_px)
        return _as_bgr(shrunk if turn is None else shrunk.transpose(turn))


def as_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A picture ``(H, W, 3)`` BGR as a photo to keep, such as ``decode_photo`` reads."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@contextmanager
def _refusing_hostile_bytes() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that our own stricter limit refuses, and of broken metadata.
            warnings.simplefilter("ignore")
            yield
    except PhotoRefusedError:
        raise
    except Image.DecompressionBombError as exc:
        raise PhotoRefusedError(Refusal.TOO_MANY_PIXELS) from exc
    except Exception as exc:  # a parser fed hostile bytes may raise anything
        raise PhotoRefusedError(Refusal.UNREADABLE, "damaged or cut short") from exc


def _check_header(image: Image.Image, limits: PhotoLimits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        limit_mp = limits.max_pixels / 1e6
        detail = f"{width} x {height}, at most {limit_mp:.0f} megapixels"
        raise PhotoRefusedError(Refusal.TOO_MANY_PIXELS, detail)
    if getattr(image, "is_animated", False) and image.format not in _MANY_IN_ONE:
        raise PhotoRefusedError(Refusal.ANIMATED)


def _shrunk(image: Image.Image, work_px: int) -> Image.Image:
    scale = work_px / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX)


def _as_colours(image: Image.Image) -> Image.Image:
    """RGB of any picture: 16 bits become 8, transparency becomes grey."""
    if image.mode.startswith("I"):
        grey = np.asarray(image.convert("I")) >> 8
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", image.size, _BACKGROUND)
        ground.paste(layer, mask=layer)
        return ground
    return image.convert("RGB")


def _as_bgr(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image, np.uint8)[:, :, ::-1])
