"""Clips as a camera would send them: access units in decoding order, cut into NAL units.

Demuxing only: nothing here decodes or encodes, and nothing knows RTP. A clip is held whole
in memory, so this is for demos and tests, not for archives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av

CLOCK_HZ = 90_000
"""The RTP clock of every video payload format served here."""

_REMEDY = "serve an H.264 or H.265 clip"
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_PARAMETER_TYPES = {"h264": frozenset({7, 8}), "hevc": frozenset({32, 33, 34})}


class UnusableClipError(Exception):
    """The file has no H.264 or H.265 video that could be served."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One encoded picture. Times are 90 kHz ticks from the clip's first decoding time."""

    nals: tuple[bytes, ...]
    dts: int
    pts: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A whole clip, first unit a key frame; ``duration`` is the length of one loop in ticks."""

    codec: str
    parameter_sets: tuple[bytes, ...]
    units: tuple[AccessUnit, ...]
    duration: int


def nal_type(codec: str, nal: bytes) -> int:
    """The NAL unit type field: five bits in H.264, six in H.265."""
    return nal[0] & 0x1F if codec == "h264" else (nal[0] >> 1) & 0x3F


def split_annexb(data: bytes) -> tuple[bytes, ...]:
    """Cut an Annex B byte stream at its start codes; the trailing zero bytes go too."""
    starts = []
    at = data.find(b"\x00\x00\x01")
    while at >= 0:
        starts.append(at)
        at = data.find(b"\x00\x00\x01", at + 3)
    cuts = pairwise([*starts, len(data)])
    nals = (data[start + 3 : end].rstrip(b"\x00") for start, end in cuts)
    return tuple(nal for nal in nals if nal)


def load_clip(path: Path) -> Clip:
    """Read a file's video stream. Raises UnusableClipError with the remedy."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise UnusableClipError(f"{path}: no video in it; {_REMEDY}")
            stream = container.streams.video[0]
            codec = stream.codec_context.name
            if codec not in _FILTERS:
                raise UnusableClipError(f"{path}: video is {codec}; {_REMEDY}")
            packets = list(_annexb_packets(container, stream, _FILTERS[codec]))
    except (av.FFmpegError, OSError) as error:
        kind = type(error).__name__
        raise UnusableClipError(f"{path}: cannot be read as video ({kind}); {_REMEDY}") from None
    return _clip_from(path, codec, packets)


@dataclass(frozen=True, slots=True)
class _Timed:
    data: bytes
    pts: int
    dts: int
    is_key: bool


def _annexb_packets(
    container: av.container.InputContainer, stream: av.VideoStream, name: str
) -> Iterator[_Timed]:
    """The stream's packets in Annex B form, times in ticks."""
    to_annexb = av.BitStreamFilterContext(name, stream)
    ticks = float(stream.time_base or 0) * CLOCK_HZ
    for packet in container.demux(stream):
        if packet.dts is None or packet.pts is None:
            continue
        pts, dts, is_key = packet.pts, packet.dts, packet.is_keyframe
        data = b"".join(bytes(part) for part in to_annexb.filter(packet))
        yield _Timed(data, round(pts * ticks), round(dts * ticks), is_key)


def _clip_from(path: Path, codec: str, packets: list[_Timed]) -> Clip:
    first_key = next((index for index, packet in enumerate(packets) if packet.is_key), None)
    if first_key is None:
        raise UnusableClipError(f"{path}: no key frame in it")
    packets = packets[first_key:]
    origin = packets[0].dts
    types = _PARAMETER_TYPES[codec]
    nals = split_annexb(packets[0].data)
    sets = tuple(nal for nal in nals if nal_type(codec, nal) in types)
    if not sets:
        raise UnusableClipError(f"{path}: its first key frame has no parameter sets")
    units = tuple(_unit(codec, packet, origin, sets) for packet in packets)
    return Clip(codec, sets, units, _loop_duration(units))


def _unit(codec: str, packet: _Timed, origin: int, sets: tuple[bytes, ...]) -> AccessUnit:
    """One unit; key frames carry the parameter sets, so that a client may start at any."""
    nals = split_annexb(packet.data)
    if packet.is_key and not any(nal_type(codec, n) in _PARAMETER_TYPES[codec] for n in nals):
        nals = sets + nals
    return AccessUnit(nals, packet.dts - origin, packet.pts - origin, packet.is_key)


def _loop_duration(units: tuple[AccessUnit, ...]) -> int:
    """Span of the pictures plus one usual step, so that the next loop follows without a seam."""
    times = sorted(unit.pts for unit in units)
    steps = sorted(later - earlier for earlier, later in pairwise(times)) or [CLOCK_HZ // 25]
    return times[-1] - times[0] + max(steps[len(steps) // 2], 1)
