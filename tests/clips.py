"""Small clips made at test time: a moving pattern, any size, rate and length.

Made with PyAV's own encoders, so no file is committed and none is downloaded. Encoding is
the slow part, hence the cache over the whole test run.
"""

from __future__ import annotations

import functools
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

_ENCODERS = {"h264": "libx264", "hevc": "libx265"}


def picture(index: int, size_wh: tuple[int, int]) -> np.ndarray:
    """``(H, W, 3) uint8`` RGB: a gradient with a bright square that moves with the index."""
    width, height = size_wh
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(0, 200, width, dtype=np.uint8)
    image[..., 1] = np.linspace(0, 200, height, dtype=np.uint8)[:, None]
    side = max(4, height // 5)
    left = (index * 7) % max(1, width - side)
    top = (index * 3) % max(1, height - side)
    image[top : top + side, left : left + side] = (250, 250, 60)
    return image


@functools.cache
def make_clip(  # noqa: PLR0913 -- a clip has this many properties
    codec: str = "h264",
    size_wh: tuple[int, int] = (160, 120),
    *,
    fps: int = 25,
    seconds: float = 2.0,
    gop: int = 12,
    b_frames: int = 0,
    pix_fmt: str = "yuv420p",
) -> Path:
    """Path of an MP4 clip; the same arguments give the same file within one test run."""
    path = Path(_directory()) / f"{codec}-{size_wh}-{fps}-{seconds}-{gop}-{b_frames}-{pix_fmt}.mp4"
    options = {"preset": "ultrafast", "bf": str(b_frames), "g": str(gop)}
    if codec == "h264":
        options["x264-params"] = "scenecut=0"
    else:
        options["x265-params"] = f"log-level=none:keyint={gop}:bframes={b_frames}:pools=1"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(_ENCODERS[codec], rate=fps, options=options)
        stream.width, stream.height = size_wh
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.thread_count = 1
        for index in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(picture(index, size_wh), format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@functools.cache
def _directory() -> str:
    holder = tempfile.TemporaryDirectory(prefix="bondwatch-clips-")
    _HOLDERS.append(holder)
    return holder.name


_HOLDERS: list[tempfile.TemporaryDirectory[str]] = []  # removed when the interpreter ends
