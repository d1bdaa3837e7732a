"""Clips encoded again, so that browsers play them: picture by picture, with the same timing.

Evidence is never encoded; what comes out of here is a copy of it, and says so. The one encoder that
is named has a permissive licence (docs/decisions/0016-encoding-at-export.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.codec.codec import UnknownCodecError
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType
from numpy.typing import NDArray

from vision.bundles.makers import NotMadeError
from vision.ingest.reasons import Reason, StreamFaultError, attempt
from vision.ingest.sources import open_file, video_of

ENCODER: Final = "libvpx-vp9"
"""BSD; browsers play its VP9 in MP4. PyAV's wheels encode H.264 by libx264 alone, which is GPL."""

_OPTIONS: Final = {
    "deadline": "realtime",
    "cpu-used": "7",
    "lag-in-frames": "0",
    "crf": "28",
    "b": "0",  # the quality decides, whatever it takes
}
_MUXING: Final = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+frag_discont",
    "frag_duration": "1000000",
    "avoid_negative_ts": "disabled",  # the first picture is not always at nought
}
_KEY_EVERY: Final = 25
"""Pictures between key frames: a page that steps back decodes no more than these."""

FORM: Final = "yuv420p"
_PLAYED_AS_IT_IS: Final = frozenset({FORM, "yuvj420p"})
_SUFFIX: Final = ".part"

Planes = NDArray[np.uint8]
"""``(H * 3 / 2, W) uint8``: the planes of a picture, Y, then U and V, one after the other."""

Paint = Callable[[Planes, float], None]
"""Changes a picture in place; the second value is its time, seconds since the clip's first."""


class DerivingError(NotMadeError):
    """A copy cannot be made: which file, why, and what to do."""


class UnplayableError(DerivingError):
    """The clip is damaged beyond playing, or is none."""


def plays(clip: Path) -> bool:
    """Whether browsers play a clip as it was recorded. UnplayableError where it is none."""
    with _opened(clip) as container:
        context = container.streams.video[0].codec_context
        return context.name == "h264" and context.pix_fmt in _PLAYED_AS_IT_IS


def encode(clip: Path, target: Path, title: str, paint: Paint | None = None) -> None:
    """Write a copy of a clip that browsers play; it is there whole, or not at all.

    The pictures keep their times. One is in memory at a time. ``title`` goes into the file's
    metadata, and the digest of the original with it. ``paint`` changes each picture before it is
    encoded.

    Raises:
        UnplayableError: the clip is damaged.
        DerivingError: no encoder is there.
        OSError: the target cannot be written.
    """
    growing = target.with_name(f"{target.name}{_SUFFIX}")
    try:
        _encode(clip, growing, title, paint)
        growing.replace(target)
    finally:
        growing.unlink(missing_ok=True)


def _encode(clip: Path, growing: Path, title: str, paint: Paint | None) -> None:
    growing.touch()  # an OSError that says which file, where libav's would not
    with _opened(clip) as source:
        pictures = _pictures(clip, source)
        first = next(pictures, None)
        if first is None:
            raise _unreadable(clip, Reason.NO_VIDEO)
        with av.open(str(growing), "w", format="mp4", options=dict(_MUXING)) as container:
            container.metadata.update({"title": title, "comment": f"original: {_digest(clip)}"})
            copy = _Copy(container, first, source.streams.video[0].start_time or 0)
            for picture in chain((first,), pictures):
                copy.add(picture, paint)
            copy.finish()


class _Copy:
    """The copy that is being written; its first picture gives its shape.

    ``origin``: the time of the clip's first packet, in its ticks.
    """

    def __init__(self, container: OutputContainer, first: av.VideoFrame, origin: int) -> None:
        self._container = container
        self._stream = _stream_of(container)
        # Colour is stored for two by two pixels; cameras' sizes are even, others lose a line.
        self._size_wh = (max(2, first.width // 2 * 2), max(2, first.height // 2 * 2))
        context = self._stream.codec_context
        context.width, context.height = self._size_wh
        context.pix_fmt = FORM
        context.gop_size = _KEY_EVERY
        context.thread_count = 1  # the cores belong to the cameras
        context.colorspace, context.color_range = int(first.colorspace), int(first.color_range)
        self._tick = first.time_base or Fraction(1, 90_000)
        context.time_base = self._stream.time_base = self._tick
        self._origin = origin
        self._newest = origin - 1

    def add(self, picture: av.VideoFrame, paint: Paint | None) -> None:
        """Encode the next picture; one without a time follows the one before at once."""
        shown = picture.reformat(*self._size_wh, FORM)
        pts = self._newest + 1 if picture.pts is None else picture.pts
        self._newest = max(pts, self._newest + 1)
        if paint is not None:
            shown = _painted(shown, float((self._newest - self._origin) * self._tick), paint)
        shown.pts = self._newest
        shown.time_base = self._tick
        shown.pict_type = PictureType.NONE
        self._container.mux(self._stream.encode(shown))

    def finish(self) -> None:
        """Encode what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


def _painted(shown: av.VideoFrame, since_s: float, paint: Paint) -> av.VideoFrame:
    planes = np.ascontiguousarray(shown.to_ndarray(), np.uint8)
    paint(planes, since_s)
    painted = av.VideoFrame.from_ndarray(planes, format=FORM)
    painted.colorspace, painted.color_range = shown.colorspace, shown.color_range
    return painted


def _stream_of(container: OutputContainer) -> av.VideoStream:
    try:
        stream = container.add_stream(ENCODER, options=dict(_OPTIONS))
    except UnknownCodecError:
        stream = None
    if stream is None:
        raise DerivingError(f"no copy can be encoded; install a PyAV that has {ENCODER}")
    return stream


def _opened(clip: Path) -> InputContainer:
    try:
        container = open_file(clip)
        video_of(container, str(clip))
    except StreamFaultError as error:
        raise _unreadable(clip, error.reason) from error
    return container


def _pictures(clip: Path, container: InputContainer) -> Iterator[av.VideoFrame]:
    """A clip's pictures in the order in which they are shown; damaged ones are left out."""
    stream = container.streams.video[0]
    stream.thread_count = 1
    demuxed = container.demux(stream)
    while not isinstance(packet := attempt(lambda: next(demuxed, None)), Reason):
        if packet is None:
            return
        pictures = attempt(packet.decode)
        yield from () if isinstance(pictures, Reason) else pictures
    raise _unreadable(clip, packet)


def _digest(clip: Path) -> str:
    with clip.open("rb") as file:
        return f"{clip.name} sha256 {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _unreadable(clip: Path, reason: Reason) -> UnplayableError:
    return UnplayableError(
        f"{clip.name} cannot be played ({reason}), so no copy of it can be made;"
        " see 'bondwatch evidence show' whether the file is as it was recorded"
    )
