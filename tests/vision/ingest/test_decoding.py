"""Packets into frames, by policy and out of the ring."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import av
import pytest

from tests.clips import make_clip
from vision.core.values import Instant
from vision.ingest.decode_policy import rule_for
from vision.ingest.decoding import Decoder
from vision.ingest.packets import EncodedPacket
from vision.ingest.reasons import Reason, StreamFaultError
from vision.ingest.ring import PrerollRing
from vision.ingest.ring_decoder import RingDecoder
from vision.ingest.sources import video_of
from vision.settings import DecodePolicy


def packets_of(path: Path) -> list[EncodedPacket]:
    """A clip's packets, stamped with its own times."""
    with av.open(str(path)) as container:
        stream, form = video_of(container, str(path))
        tick_s = float(form.time_base)
        return [
            EncodedPacket(
                bytes(p),
                p.pts,
                p.dts,
                p.is_keyframe,
                Instant((p.pts or 0) * tick_s, 1000.0 + (p.pts or 0) * tick_s),
                form,
            )
            for p in container.demux(stream)
            if p.size
        ]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_frames_carry_the_instants_of_their_packets(codec: str) -> None:
    """Reordering moves frames, and their times with them."""
    packets = packets_of(make_clip(codec, seconds=1.0, b_frames=2))
    decoder = Decoder(packets[0].format)
    frames = [frame for packet in packets for frame in decoder.decode(packet).frames]
    frames += decoder.finish().frames

    assert [round(frame.at.stream_s, 3) for frame in frames] == [
        pytest.approx(index * 0.04) for index in range(25)
    ]


def test_draining_gives_each_key_frame_at_once() -> None:
    """Key frames alone must not wait for the ones after them, seconds away."""
    packets = [p for p in packets_of(make_clip(b_frames=3, gop=10)) if p.is_key]
    decoder = Decoder(packets[0].format)

    given = [[f.at for f in decoder.decode(packet, drain=True).frames] for packet in packets]

    assert given == [[packet.at] for packet in packets]


def test_what_does_not_decode_is_an_outcome() -> None:
    """Garbage raises nothing; the decoder goes on with what comes after."""
    packets = packets_of(make_clip())
    decoder = Decoder(packets[0].format)
    rubbish = dataclasses.replace(packets[0], data=b"\x00\x00\x10\x00rubbish")

    assert decoder.decode(rubbish).failed
    assert any(decoder.decode(packet).frames for packet in packets)


def test_a_picture_of_absurd_size_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile stream must not make the decoder ask for the machine's memory."""
    monkeypatch.setattr("vision.ingest.decoding.MAX_PIXELS", 100 * 100)
    packets = packets_of(make_clip())

    assert Decoder(packets[0].format).decode(packets[0]).failed


def test_an_unknown_codec_is_refused_by_name() -> None:
    """A stream that libav cannot decode says so at once."""
    form = packets_of(make_clip())[0].format

    with pytest.raises(StreamFaultError, match="no decoder for nonsense") as caught:
        Decoder(type(form)("nonsense", None, form.time_base))

    assert caught.value.reason is Reason.NO_VIDEO


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (DecodePolicy.EVERYTHING, (True, True)),
        (DecodePolicy.KEY_FRAMES, (True, False)),
        (DecodePolicy.PACKETS, (False, False)),
    ],
)
def test_each_policy_wants_its_packets(policy: DecodePolicy, wanted: tuple[bool, bool]) -> None:
    """Everything, key frames only, nothing."""
    packets = packets_of(make_clip())
    key, other = packets[0], packets[1]

    assert (rule_for(policy).wants(key), rule_for(policy).wants(other)) == wanted


class TestRingDecoder:
    """Frames on demand out of the pre-roll."""

    @pytest.fixture
    def ring(self) -> PrerollRing:
        ring = PrerollRing(60.0, 10_000_000)
        for packet in packets_of(make_clip(gop=12)):
            ring.append(packet)
        return ring

    @pytest.mark.parametrize("moment_s", [0.0, 0.44, 1.0, 1.6])
    def test_the_nearest_frame_is_given(self, ring: PrerollRing, moment_s: float) -> None:
        """Any moment of the ring can be asked for."""
        frame = RingDecoder(ring).frame_near(1000.0 + moment_s, within_s=0.05)

        assert frame is not None
        assert frame.at.stream_s == pytest.approx(moment_s, abs=0.021)

    def test_questions_may_go_forth_and_back(self, ring: PrerollRing) -> None:
        """Going on is cheap, going back decodes anew; both are right."""
        decoder = RingDecoder(ring)
        asked = [0.2, 0.24, 0.4, 1.2, 0.04, 1.96]

        given = [decoder.frame_near(1000.0 + moment_s, 0.05) for moment_s in asked]

        assert [round(f.at.stream_s, 2) if f else None for f in given] == asked

    @pytest.mark.parametrize("moment_s", [-5.0, 7.0])
    def test_a_moment_outside_gives_none(self, ring: PrerollRing, moment_s: float) -> None:
        """A picture of another moment is no answer."""
        assert RingDecoder(ring).frame_near(1000.0 + moment_s, within_s=0.2) is None

    def test_an_empty_ring_gives_none(self) -> None:
        """Before the first packet there is no picture."""
        assert RingDecoder(PrerollRing(1.0, 1000)).frame_near(1000.0, 0.2) is None
