"""Packets into frames: one decoder, one thread, each frame with its packet's Instant.

Knows neither sources nor policies. A damaged stream is an outcome here, not an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import av
from av.codec.context import ThreadType
from av.video.codeccontext import VideoCodecContext

from vision.core.values import Instant
from vision.ingest.frame import Frame, PictureConverter
from vision.ingest.packets import EncodedPacket, StreamFormat
from vision.ingest.reasons import Reason, StreamFaultError, attempt

MAX_PIXELS = 8192 * 8192
"""A stream that claims more is taken for damaged: a picture that size takes memory from all."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one packet brought: frames in presentation order; ``failed`` if it was unreadable."""

    frames: tuple[Frame, ...] = ()
    failed: bool = False


class Decoder:
    """A libav decoder with one thread: more would take the cores of other cameras.

    Raises StreamFaultError (no_video) for a codec that cannot be decoded here.
    """

    def __init__(self, stream: StreamFormat, converter: PictureConverter | None = None) -> None:
        self._stream = stream
        self._converter = converter or PictureConverter()
        made = attempt(lambda: av.CodecContext.create(stream.codec, "r"))
        if isinstance(made, Reason):
            raise StreamFaultError(Reason.NO_VIDEO, f"no decoder for {stream.codec}")
        self._context = cast(VideoCodecContext, made)
        self._context.extradata = stream.extradata
        self._context.thread_count = 1
        self._context.thread_type = ThreadType.NONE
        self._context.copy_opaque = True
        self._context.options = {"max_pixels": str(MAX_PIXELS)}

    def decode(self, packet: EncodedPacket, *, drain: bool = False) -> Decoded:
        """Feed one packet. ``drain`` pulls its picture out at once; the next must be a key."""
        raw = av.Packet(packet.data)
        raw.time_base = self._stream.time_base
        raw.pts, raw.dts = packet.pts, packet.dts
        raw.opaque = packet.at
        pictures = attempt(lambda: self._context.decode(raw))
        if isinstance(pictures, Reason):
            return Decoded(failed=True)
        if drain:
            rest = attempt(lambda: self._context.decode(None))
            pictures += [] if isinstance(rest, Reason) else rest
            self._context.flush_buffers()
        return Decoded(tuple(self._frame(picture, packet.at) for picture in pictures))

    def finish(self) -> Decoded:
        """The frames still held back for reordering; the decoder is used up."""
        pictures = attempt(lambda: self._context.decode(None))
        if isinstance(pictures, Reason):
            return Decoded(failed=True)
        return Decoded(tuple(self._frame(picture, None) for picture in pictures))

    def _frame(self, picture: av.VideoFrame, fallback: Instant | None) -> Frame:
        at = picture.opaque if isinstance(picture.opaque, Instant) else fallback
        return Frame(picture, at or Instant(0.0, 0.0), self._converter)
