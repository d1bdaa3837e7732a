"""Packets as a camera's session keeps them, out of clips made at test time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from bondwatch.rtsp_server.clips import load_clip
from vision.core.values import Instant
from vision.ingest.packets import EncodedPacket, StreamFormat

START = b"\x00\x00\x00\x01"
NOON = 1_767_268_800.0
TICKS = 90_000


def annexb_packets(
    clip: Path, *, begin_s: float = 0.0, wall: float = NOON, sets: bool = True
) -> list[EncodedPacket]:
    """A clip's packets with start codes, as RTSP brings them; ``sets``: in the key frames."""
    loaded = load_clip(clip)
    described = START + START.join(loaded.parameter_sets)
    form = StreamFormat(loaded.codec, described, Fraction(1, TICKS))
    packets = []
    for unit in loaded.units:
        nals = unit.nals if sets else [n for n in unit.nals if n not in loaded.parameter_sets]
        data = b"".join(START + nal for nal in nals)
        at_s = begin_s + unit.pts / TICKS
        at = Instant(at_s, wall + at_s)
        packets.append(EncodedPacket(data, unit.pts, unit.dts, unit.is_key, at, form))
    return packets


def later(packets: list[EncodedPacket], by_s: float) -> list[EncodedPacket]:
    """The same pictures again, so much later, in the camera's time too."""
    shift = round(by_s * TICKS)
    return [
        replace(
            one,
            pts=None if one.pts is None else one.pts + shift,
            dts=None if one.dts is None else one.dts + shift,
            at=Instant(one.at.stream_s + by_s, one.at.wall_utc + by_s),
        )
        for one in packets
    ]


def looped(packets: list[EncodedPacket], times: int, every_s: float) -> list[EncodedPacket]:
    """A clip again and again without a seam."""
    return [one for turn in range(times) for one in later(packets, turn * every_s)]


def nals_in(mp4: bytes | Path) -> Iterator[bytes]:
    """The NAL units of an MP4's samples, in decoding order."""
    source = str(mp4) if isinstance(mp4, Path) else io.BytesIO(mp4)
    with av.open(source) as container:
        for packet in container.demux(video=0):
            data, at = bytes(packet), 0
            while at < len(data):
                end = at + 4 + int.from_bytes(data[at : at + 4], "big")
                yield data[at + 4 : end]
                at = end


def frames_in(mp4: bytes | Path) -> int:
    """How many pictures of an MP4 can be decoded."""
    source = str(mp4) if isinstance(mp4, Path) else io.BytesIO(mp4)
    with av.open(source) as container:
        return sum(1 for _ in container.decode(video=0))
