"""H.264 and H.265 as NAL units between start codes: the one form that clips are made from.

Cameras send it; files hold their units behind lengths instead, which are turned into start
codes. Nothing is decoded, and no unit is left out or changed: a camera's signature may lie in
any of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from vision.ingest.packets import EncodedPacket, StreamFormat

START = b"\x00\x00\x00\x01"
CODECS = ("h264", "hevc")
_SHORT_START = b"\x00\x00\x01"
_PARAMETER_TYPES = {"h264": frozenset({7, 8}), "hevc": frozenset({32, 33, 34})}
_PICTURE_TYPES = {"h264": range(1, 6), "hevc": range(32)}
_AVCC_HEAD_BYTES = 6
_HVCC_HEAD_BYTES = 23
_LENGTH_MASK = 3
_AVCC_SETS_MASK = 0x1F


class NotAnnexbError(ValueError):
    """The bytes are neither NAL units between start codes nor behind lengths."""


def is_annexb(data: bytes) -> bool:
    """Whether the bytes begin with a start code."""
    return data.startswith((_SHORT_START, START))


def has_lengths(stream: StreamFormat) -> bool:
    """Whether the stream's units lie behind lengths; a length may look like a start code."""
    return bool(stream.extradata) and not is_annexb(stream.extradata or b"")


def nal_type(codec: str, nal: bytes) -> int:
    """The NAL unit type field: five bits in H.264, six in H.265."""
    return nal[0] & 0x1F if codec == "h264" else (nal[0] >> 1) & 0x3F


def nal_units(data: bytes) -> Iterator[bytes]:
    """The units between start codes, without the zero bytes that follow them."""
    at = data.find(_SHORT_START)
    while at >= 0:
        start = at + len(_SHORT_START)
        at = data.find(_SHORT_START, start)
        nal = data[start : at if at >= 0 else len(data)].rstrip(b"\x00")
        if nal:
            yield nal


def parameter_sets(codec: str, data: bytes) -> bytes:
    """The parameter sets before the first picture, with start codes; empty where there are none."""
    found = []
    for nal in nal_units(data):
        kind = nal_type(codec, nal)
        if kind in _PARAMETER_TYPES[codec]:
            found.append(nal)
        elif kind in _PICTURE_TYPES[codec]:
            break
    return b"".join(START + nal for nal in found)


def sets_of_format(stream: StreamFormat) -> bytes:
    """The parameter sets that the container gave, with start codes; empty where it gave none."""
    extradata = stream.extradata or b""
    if not has_lengths(stream):
        return extradata
    units = _avcc_units(extradata) if stream.codec == "h264" else _hvcc_units(extradata)
    return b"".join(START + unit for unit in units)


def annexb_of(packet: EncodedPacket) -> bytes:
    """A packet's bytes with start codes.

    Raises:
        NotAnnexbError: they are in no form that is known.
    """
    extradata = packet.format.extradata or b""
    if not has_lengths(packet.format):
        if is_annexb(packet.data):
            return packet.data
        raise NotAnnexbError("a packet without start codes")
    at = 4 if packet.format.codec == "h264" else _HVCC_HEAD_BYTES - 2
    size = (extradata[at] & _LENGTH_MASK) + 1 if len(extradata) > at else len(START)
    return b"".join(START + unit for unit in _behind_lengths(packet.data, size))


def _behind_lengths(data: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + size + int.from_bytes(data[at : at + size], "big")
        if end > len(data):
            raise NotAnnexbError("a NAL unit that is longer than its packet")
        yield data[at + size : end]
        at = end


def _avcc_units(extradata: bytes) -> Iterator[bytes]:
    """Sequence and picture parameter sets of an ``avcC`` box."""
    at = _AVCC_HEAD_BYTES - 1
    for mask in (_AVCC_SETS_MASK, 0xFF):
        count = extradata[at] & mask if at < len(extradata) else 0
        at += 1
        for _ in range(count):
            end = at + 2 + int.from_bytes(extradata[at : at + 2], "big")
            yield extradata[at + 2 : end]
            at = end


def _hvcc_units(extradata: bytes) -> Iterator[bytes]:
    """All units of an ``hvcC`` box."""
    at = _HVCC_HEAD_BYTES
    arrays = extradata[at - 1] if len(extradata) >= at else 0
    for _ in range(arrays):
        count = int.from_bytes(extradata[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            end = at + 2 + int.from_bytes(extradata[at : at + 2], "big")
            yield extradata[at + 2 : end]
            at = end
