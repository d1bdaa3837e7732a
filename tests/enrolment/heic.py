"""HEIC files as telephones write them: one HEVC picture in boxes.

Made here because what reads HEIC in the product cannot write it. The picture is coded by
PyAV into an MP4 in memory; its decoder settings and its sample are put into new boxes.
"""

from __future__ import annotations

import io
import struct

import av
import numpy as np

QUARTER_TURNS = {0: b"\0", 90: b"\1", 180: b"\2", 270: b"\3"}
"""Anticlockwise degrees by which a reader must turn the picture, as the ``irot`` box says them."""


def heic(picture_rgb: np.ndarray, turn: int = 0) -> bytes:
    """Encode ``(H, W, 3) uint8``, sides in multiples of 8."""
    settings, sample = _coded(picture_rgb)
    height, width = picture_rgb.shape[:2]
    brands = _box(b"ftyp", b"heic" + struct.pack(">I", 0) + b"mif1heic")
    # The place of the sample stands in the boxes before it: their size does not depend on it.
    start = len(brands) + len(_meta(settings, (width, height), turn, 0, len(sample))) + 8
    meta = _meta(settings, (width, height), turn, start, len(sample))
    return brands + meta + _box(b"mdat", sample)


def _coded(picture_rgb: np.ndarray) -> tuple[bytes, bytes]:
    """The decoder's settings (a whole ``hvcC`` box) and the one sample."""
    file = io.BytesIO()
    height, width = picture_rgb.shape[:2]
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx265", rate=1, options={"x265-params": "log-level=none:pools=1:bframes=0"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture_rgb), "rgb24")
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = file.getvalue()
    at = data.index(b"hvcC") - 4
    settings = data[at : at + struct.unpack(">I", data[at : at + 4])[0]]
    at = data.index(b"mdat") - 4
    return settings, data[at + 8 : at + struct.unpack(">I", data[at : at + 4])[0]]


def _meta(settings: bytes, size_wh: tuple[int, int], turn: int, start: int, length: int) -> bytes:
    properties = _box(
        b"ipco",
        settings
        + _full(b"ispe", struct.pack(">II", *size_wh))
        + _box(b"irot", QUARTER_TURNS[turn]),
    )
    # Item 1 has properties 1 (essential), 2 and 3 (essential).
    links = _full(b"ipma", struct.pack(">IHB", 1, 1, 3) + b"\x81\x02\x83")
    entry = _full(b"infe", struct.pack(">HH", 1, 0) + b"hvc1\0", version=2)
    places = struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, start, length)
    return _full(
        b"meta",
        _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
        + _full(b"pitm", struct.pack(">H", 1))
        + _full(b"iloc", places)
        + _full(b"iinf", struct.pack(">H", 1) + entry)
        + _box(b"iprp", properties + links),
    )


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + body)
