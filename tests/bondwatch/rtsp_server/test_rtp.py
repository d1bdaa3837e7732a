"""RTP payloads: whole units, fragments, numbers."""

from __future__ import annotations

import random
import struct

import pytest

from bondwatch.rtsp_server.clips import AccessUnit, split_annexb
from bondwatch.rtsp_server.mounts import Faults
from bondwatch.rtsp_server.player import damaged
from bondwatch.rtsp_server.rtp import MAX_PAYLOAD_BYTES, RtpSender, interleaved, payloads_of


def test_a_small_unit_is_one_payload() -> None:
    """What fits goes as it is."""
    assert payloads_of("h264", b"\x65abc") == [b"\x65abc"]


@pytest.mark.parametrize(
    ("codec", "head", "bytes_before"), [("h264", b"\x65", 2), ("hevc", b"\x26\x01", 3)]
)
def test_a_large_unit_is_fragmented_and_can_be_put_together(
    codec: str, head: bytes, bytes_before: int
) -> None:
    """The fragments hold every byte once; the first and the last are marked."""
    nal = head + bytes(index % 251 for index in range(5000))
    parts = payloads_of(codec, nal)

    assert b"".join(part[bytes_before:] for part in parts) == nal[len(head) :]
    assert max(len(part) for part in parts) <= MAX_PAYLOAD_BYTES
    marks = [part[bytes_before - 1] & 0xC0 for part in parts]
    assert marks == [0x80, *[0] * (len(parts) - 2), 0x40]


def test_packets_are_numbered_over_the_wrap_and_the_last_is_marked() -> None:
    """Sequence numbers are 16 bits, timestamps 32; the marker ends an access unit."""
    sender = RtpSender("h264", ssrc=7, sequence=0xFFFF)
    packets = sender.packets(AccessUnit((b"\x67a", b"\x65b"), 0, 0, is_key=True), 2**32 + 5)

    heads = [struct.unpack(">BBHII", packet[:12]) for packet in packets]
    assert heads == [(0x80, 96, 0xFFFF, 5, 7), (0x80, 0x80 | 96, 0, 5, 7)]


def test_a_sender_report_says_what_time_it_was() -> None:
    """NTP time begins in 1900; the fraction is 32 bits."""
    report = RtpSender("h264", ssrc=7).sender_report(0.5, 1234)

    assert struct.unpack(">BBHIIII", report[:20]) == (0x80, 200, 6, 7, 2_208_988_800, 2**31, 1234)


def test_interleaving_puts_channel_and_length_before() -> None:
    """A dollar sign, the channel, two bytes of length."""
    assert interleaved(2, b"abc") == b"$\x02\x00\x03abc"


def test_a_byte_stream_is_cut_at_its_start_codes() -> None:
    """Three and four byte start codes, and the zero bytes that pad."""
    assert split_annexb(b"\0\0\0\1ab\0\0\1cd\0\0\0\1e") == (b"ab", b"cd", b"e")


def test_faults_hurt_payloads_and_never_headers() -> None:
    """A garbled packet keeps its header and length; a lost one is gone."""
    packet = bytes(100)
    rng = random.Random(1)  # noqa: S311 -- a seed

    garbled = damaged(packet, Faults(garbled=1.0), rng)

    assert garbled is not None
    assert (garbled[:12], len(garbled)) == (bytes(12), 100)
    assert garbled[12:] != packet[12:]
    assert damaged(packet, Faults(lost=1.0), rng) is None
    assert damaged(packet, Faults(), rng) == packet
