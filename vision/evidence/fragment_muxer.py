"""Packets into fragmented MP4, by stream copy: bytes out, no disk and no clock.

The pictures' bytes go in as they came from the camera, signatures and all; only their framing
changes from start codes to lengths. What is out at any time plays from its beginning.
"""

from __future__ import annotations

import io

import av
from av.container import InputContainer

from vision.evidence.annexb import (
    CODECS,
    NotAnnexbError,
    annexb_of,
    parameter_sets,
    sets_of_format,
)
from vision.ingest.packets import EncodedPacket
from vision.ingest.reasons import Reason, attempt

FRAGMENT_S = 1.0
"""How much of a clip a crash can cost."""

_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": str(round(FRAGMENT_S * 1e6)),
    "flush_packets": "1",
}


class UnmuxableError(Exception):
    """The packet cannot become part of a clip; the message says why."""


class _Sink:
    """What libav writes to: gathers bytes until they are fetched."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def fetch(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class FragmentMuxer:
    """One part of a clip; ``first`` is its key frame. ``size_wh`` is the picture's, pixels.

    Raises:
        UnmuxableError: the codec or the key frame will not do.
    """

    def __init__(self, first: EncodedPacket) -> None:
        codec = first.format.codec
        if codec not in CODECS:
            raise UnmuxableError(f"{codec} is neither H.264 nor H.265")
        template = _opened(_decodable(first), codec)
        try:
            stream = template.streams.video[0]
            context = stream.codec_context
            self.size_wh = (context.width, context.height)
            if not context.extradata or not all(self.size_wh):
                raise UnmuxableError("the key frame has no parameter sets")
            self._sink = _Sink()
            self._container = av.open(self._sink, "w", format="mp4", options=dict(_OPTIONS))
            self._stream = self._container.add_stream_from_template(stream)
        finally:
            template.close()
        self._first_s = first.at.stream_s
        self._origin: int | None = None
        self._newest_dts = -1

    def add(self, packet: EncodedPacket) -> bytes:
        """Take the next packet in; whole fragments that are finished with it come out.

        Raises:
            UnmuxableError: the packet is damaged beyond use; the clip can go on without it.
        """
        try:
            raw = av.Packet(annexb_of(packet))
        except NotAnnexbError as error:
            raise UnmuxableError(str(error)) from error
        raw.time_base = packet.format.time_base
        raw.pts, raw.dts = self._times(packet)
        raw.is_keyframe = packet.is_key
        raw.stream = self._stream
        muxed = attempt(lambda: self._container.mux(raw))
        if isinstance(muxed, Reason):
            raise UnmuxableError(f"libav refuses the packet ({muxed})")
        return self._sink.fetch()

    def finish(self) -> bytes:
        """The rest of the file; the muxer is used up."""
        attempt(self._container.close)
        return self._sink.fetch()

    def _times(self, packet: EncodedPacket) -> tuple[int, int]:
        """Presentation and decoding time from the part's beginning on; decoding never goes back.

        Cameras leave out one or the other, and damaged streams contradict themselves: a picture
        a little too late is better than none.
        """
        pts = packet.pts if packet.pts is not None else packet.dts
        dts = packet.dts if packet.dts is not None else packet.pts
        least = self._newest_dts + 1
        if pts is None or dts is None:
            self._newest_dts = least
            return least, least
        if self._origin is None:
            # The first packets of a connection may have no time: the part began with them.
            since_s = packet.at.stream_s - self._first_s
            self._origin = dts - round(since_s / packet.format.time_base)
        self._newest_dts = max(dts - self._origin, least)
        return max(pts - self._origin, self._newest_dts), self._newest_dts


def _decodable(first: EncodedPacket) -> bytes:
    """The key frame with parameter sets before it, its own or the container's."""
    try:
        data = annexb_of(first)
        own = parameter_sets(first.format.codec, data)
        return data if own else sets_of_format(first.format) + data
    except (NotAnnexbError, IndexError) as error:
        raise UnmuxableError(f"the key frame has no known form ({error})") from error


def _opened(data: bytes, codec: str) -> InputContainer:
    opened = attempt(lambda: av.open(io.BytesIO(data), "r", format=codec))
    if isinstance(opened, Reason) or not opened.streams.video:
        raise UnmuxableError("the key frame cannot be read")
    return opened
