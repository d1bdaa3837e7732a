"""Clips as bytes: copied, never encoded again, and playable whenever they are cut off."""

from __future__ import annotations

import io
from dataclasses import replace

import av
import pytest

from tests.clips import make_clip
from tests.vision.evidence.packets import START, annexb_packets, frames_in, nals_in
from vision.core.values import Instant
from vision.evidence.annexb import nal_units
from vision.evidence.fragment_muxer import FragmentMuxer, UnmuxableError
from vision.ingest.packets import EncodedPacket, StreamFormat

CODECS = pytest.mark.parametrize("codec", ["h264", "hevc"])
SIGNATURE = {
    "h264": bytes([6, 5, 17, *range(1, 18), 0x80]),
    "hevc": bytes([39 << 1, 1, 5, 17, *range(1, 18), 0x80]),
}
"""An SEI with user data, as a camera that signs its pictures sends."""


def muxed(packets: list[EncodedPacket]) -> bytes:
    """All of them as one file."""
    muxer = FragmentMuxer(packets[0])
    return b"".join([*(muxer.add(one) for one in packets), muxer.finish()])


@CODECS
@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_unit_of_every_packet_is_in_the_clip(codec, b_frames):
    """Byte for byte and in order: nothing is encoded again and nothing is left out."""
    packets = annexb_packets(make_clip(codec, b_frames=b_frames))

    mp4 = muxed(packets)

    assert list(nals_in(mp4)) == [nal for one in packets for nal in nal_units(one.data)]
    assert frames_in(mp4) == len(packets)


@CODECS
def test_the_cameras_signature_survives(codec):
    """SEIs are what a signing camera puts its signatures into."""
    packets = annexb_packets(make_clip(codec))
    packets[7] = replace(packets[7], data=START + SIGNATURE[codec] + packets[7].data)

    assert SIGNATURE[codec] in set(nals_in(muxed(packets)))


@CODECS
def test_parameter_sets_that_the_camera_sends_apart(codec):
    """Where key frames lack them, those of the stream's description serve."""
    packets = annexb_packets(make_clip(codec), sets=False)

    assert frames_in(muxed(packets)) == len(packets)


@CODECS
def test_packets_out_of_a_file(codec):
    """A camera that is a file gives units behind lengths; they become the same clip."""
    with av.open(str(make_clip(codec))) as source:
        stream = source.streams.video[0]
        form = StreamFormat(codec, stream.codec_context.extradata, stream.time_base)
        packets = [
            EncodedPacket(bytes(one), one.pts, one.dts, one.is_keyframe, Instant(0.0, 0.0), form)
            for one in source.demux(stream)
            if one.size
        ]

    assert frames_in(muxed(packets)) == len(packets)


def test_what_is_out_so_far_can_be_played():
    """After every packet the file is a clip of what went before, but for the last fragment."""
    packets = annexb_packets(make_clip(seconds=4.0, gop=25))
    muxer, data, played = FragmentMuxer(packets[0]), b"", []
    for one in packets:
        data += muxer.add(one)
        if one.is_key and one is not packets[0]:
            played.append(frames_in(data))

    assert played == [25, 50, 75]


def test_a_long_group_of_pictures_is_cut_into_fragments():
    """A camera with a key frame every ten seconds loses a second in a crash, not ten."""
    packets = annexb_packets(make_clip(seconds=4.0, gop=250))
    muxer = FragmentMuxer(packets[0])

    data = b"".join(muxer.add(one) for one in packets[:-10])

    assert frames_in(data) >= 50


def test_times_are_the_cameras_and_begin_at_nought():
    """A player must show each picture for as long as the camera did."""
    packets = annexb_packets(make_clip())

    with av.open(io.BytesIO(muxed(packets))) as clip:
        times = [float(one.pts * one.time_base) for one in clip.demux(video=0) if one.size]

    assert times == pytest.approx([one.pts / 90_000 for one in packets], abs=1e-4)


def test_packets_without_times():
    """Cameras leave them out now and then: the picture is kept, a little late at most."""
    packets = annexb_packets(make_clip())
    packets[3] = replace(packets[3], pts=None, dts=None)
    packets[5] = replace(packets[5], dts=None)
    packets[9] = replace(packets[9], pts=None)

    assert frames_in(muxed(packets)) == len(packets)


def test_the_first_packet_without_a_time():
    """The first picture of a connection is shown for its own time, wherever the clock begins."""
    packets = [
        replace(one, pts=one.pts + 9_000_000, dts=one.dts + 9_000_000)
        for one in annexb_packets(make_clip())
    ]
    packets[0] = replace(packets[0], pts=None, dts=None)

    with av.open(io.BytesIO(muxed(packets))) as clip:
        times = [float(one.pts * one.time_base) for one in clip.demux(video=0) if one.size]

    assert times == pytest.approx([index / 25 for index in range(50)], abs=1e-3)


def test_times_that_go_back():
    """A damaged stream contradicts itself; its pictures are kept all the same."""
    packets = annexb_packets(make_clip())
    packets[9] = replace(packets[9], pts=packets[2].pts, dts=packets[2].dts)

    assert frames_in(muxed(packets)) == len(packets)


def test_a_corrupt_packet_is_kept_as_it_came():
    """What a camera sent is evidence, also where no decoder can read it."""
    packets = annexb_packets(make_clip())
    packets[5] = replace(packets[5], data=packets[5].data[:40] + bytes(range(1, 100)))

    found = list(nals_in(muxed(packets)))

    assert found == [nal for one in packets for nal in nal_units(one.data)]


class TestRefused:
    """What cannot become a clip, by name."""

    def test_another_codec(self):
        """Only H.264 and H.265 are copied."""
        first = annexb_packets(make_clip())[0]
        first = replace(first, format=replace(first.format, codec="mjpeg"))

        with pytest.raises(UnmuxableError, match="neither"):
            FragmentMuxer(first)

    def test_a_key_frame_that_is_none(self):
        """Without parameter sets there is nothing to begin with."""
        first = annexb_packets(make_clip(), sets=False)[0]
        first = replace(first, format=replace(first.format, extradata=None))

        with pytest.raises(UnmuxableError):
            FragmentMuxer(first)

    @pytest.mark.parametrize("data", [b"", b"\x01\x02\x03", bytes(50)])
    def test_bytes_of_no_form(self, data):
        """Neither start codes nor lengths."""
        packets = annexb_packets(make_clip())
        muxer = FragmentMuxer(packets[0])

        with pytest.raises(UnmuxableError):
            muxer.add(replace(packets[1], data=data))
