"""RTP and RTCP as bytes: payload formats of H.264 (RFC 6184) and H.265 (RFC 7798), sender reports.

Pure: no sockets and no clock. One NAL unit is one packet where it fits and fragmentation
units where it does not; aggregation is left out, since no receiver demands it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from bondwatch.rtsp_server.clips import AccessUnit

PAYLOAD_TYPE = 96
MAX_PAYLOAD_BYTES = 1400
_NTP_EPOCH_OFFSET_S = 2_208_988_800


@dataclass(slots=True)
class RtpSender:
    """Numbers the packets of one stream. ``ssrc`` and the first ``sequence`` are the caller's."""

    codec: str
    ssrc: int
    sequence: int = 0
    packets_sent: int = 0
    bytes_sent: int = 0

    def packets(self, unit: AccessUnit, timestamp: int) -> list[bytes]:
        """All RTP packets of one access unit; the marker bit is on the last."""
        payloads = [part for nal in unit.nals for part in payloads_of(self.codec, nal)]
        last = len(payloads) - 1
        return [
            self._packet(payload, timestamp, is_last=index == last)
            for index, payload in enumerate(payloads)
        ]

    def _packet(self, payload: bytes, timestamp: int, *, is_last: bool) -> bytes:
        marked_type = PAYLOAD_TYPE | (0x80 if is_last else 0)
        header = struct.pack(
            ">BBHII", 0x80, marked_type, self.sequence, timestamp & 0xFFFFFFFF, self.ssrc
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets_sent += 1
        self.bytes_sent += len(payload)
        return header + payload

    def sender_report(self, wall_utc: float, timestamp: int) -> bytes:
        """RTCP SR (RFC 3550, 6.4.1): which RTP timestamp belongs to which wall time."""
        ntp_s = int(wall_utc) + _NTP_EPOCH_OFFSET_S
        fraction = int((wall_utc % 1) * 2**32) & 0xFFFFFFFF
        counts = (self.packets_sent & 0xFFFFFFFF, self.bytes_sent & 0xFFFFFFFF)
        stamp = timestamp & 0xFFFFFFFF
        return struct.pack(
            ">BBHIIIIII", 0x80, 200, 6, self.ssrc, ntp_s & 0xFFFFFFFF, fraction, stamp, *counts
        )


def payloads_of(codec: str, nal: bytes) -> list[bytes]:
    """The RTP payloads that carry one NAL unit."""
    if len(nal) <= MAX_PAYLOAD_BYTES:
        return [nal]
    return _h264_fragments(nal) if codec == "h264" else _h265_fragments(nal)


def _h264_fragments(nal: bytes) -> list[bytes]:
    """FU-A: an indicator with the NAL's importance, a header with start and end marks."""
    indicator = (nal[0] & 0xE0) | 28
    return _fragments(bytes([indicator]), nal[0] & 0x1F, nal[1:])


def _h265_fragments(nal: bytes) -> list[bytes]:
    """FU: the two-byte header with type 49, then a header with start and end marks."""
    head = bytes([(nal[0] & 0x81) | (49 << 1), nal[1]])
    return _fragments(head, (nal[0] >> 1) & 0x3F, nal[2:])


def _fragments(head: bytes, kind: int, body: bytes) -> list[bytes]:
    size = MAX_PAYLOAD_BYTES - len(head) - 1
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    last = len(parts) - 1
    return [
        head + bytes([kind | (0x80 if at == 0 else 0) | (0x40 if at == last else 0)]) + part
        for at, part in enumerate(parts)
    ]


def interleaved(channel: int, packet: bytes) -> bytes:
    """A packet framed for the RTSP connection itself (RFC 2326, 10.12)."""
    return struct.pack(">BBH", 0x24, channel, len(packet)) + packet
