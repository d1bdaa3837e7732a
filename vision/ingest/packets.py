"""Encoded video as plain values, free of libav: what the ring keeps and decoders are fed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vision.core.values import Instant


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a decoder or a muxer must know of a stream.

    ``codec`` is libav's name (``h264``, ``hevc``); ``extradata`` the parameter sets as the
    container gave them; ``size_wh`` pixels, (0, 0) while unknown.
    """

    codec: str
    extradata: bytes | None
    time_base: Fraction
    size_wh: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One access unit. ``pts`` and ``dts`` count ``format.time_base``; None where unknown."""

    data: bytes
    pts: int | None
    dts: int | None
    is_key: bool
    at: Instant
    format: StreamFormat

    @property
    def size_bytes(self) -> int:
        return len(self.data)
