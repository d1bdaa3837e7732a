"""A watcher's way along the ring."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.clips import make_clip
from tests.vision.evidence.packets import annexb_packets, later, looped
from vision.evidence.annexb import START, sets_of_format
from vision.ingest.packets import EncodedPacket
from vision.ingest.ring import PrerollRing
from vision.live.following import Following, UnsupportedStreamError
from vision.live.protocol import Dropped, LivePacket, Message, StreamBegins

PLENTY = 1 << 30
CLIP_S = 2.0


@pytest.fixture
def packets() -> list[EncodedPacket]:
    """Two seconds with a key frame about every half of one."""
    return annexb_packets(make_clip())


@pytest.fixture
def ring() -> PrerollRing:
    """A ring as a camera has it."""
    return PrerollRing(12.0, 32 << 20)


def fill(ring: PrerollRing, packets: list[EncodedPacket]) -> None:
    """Let packets come in."""
    for packet in packets:
        ring.append(packet)


def data_of(messages: list[Message]) -> list[bytes]:
    """The packets' bytes."""
    return [one.data for one in messages if isinstance(one, LivePacket)]


def newest_group(packets: list[EncodedPacket]) -> list[bytes]:
    """From the last key frame on."""
    keys = [index for index, packet in enumerate(packets) if packet.is_key]
    return [packet.data for packet in packets[keys[-1] :]]


def test_it_begins_with_the_newest_key_frame(
    ring: PrerollRing, packets: list[EncodedPacket]
) -> None:
    """With the parameter sets before it, and nothing older."""
    fill(ring, packets)
    messages = Following(ring).take(PLENTY)

    assert isinstance(messages[0], StreamBegins)
    assert messages[0].format.codec == "h264"
    assert messages[0].parameter_sets == sets_of_format(packets[0].format)
    assert data_of(messages) == newest_group(packets)


def test_what_comes_later_comes_once(ring: PrerollRing, packets: list[EncodedPacket]) -> None:
    """In its order, and nothing twice."""
    following = Following(ring)
    fill(ring, packets)
    following.take(PLENTY)
    more = later(packets, CLIP_S)
    fill(ring, more)

    assert data_of(following.take(PLENTY)) == [one.data for one in more]
    assert following.take(PLENTY) == []


def test_an_empty_ring_is_waited_for(ring: PrerollRing, packets: list[EncodedPacket]) -> None:
    """A camera that has just connected has no key frame yet."""
    following = Following(ring)

    assert following.take(PLENTY) == []
    assert not following.begun
    fill(ring, packets)
    assert data_of(following.take(PLENTY)) == newest_group(packets)
    assert following.begun


def test_a_full_watcher_goes_on_where_it_was(
    ring: PrerollRing, packets: list[EncodedPacket]
) -> None:
    """What does not fit stays in the ring; nothing is lost while it is not late."""
    fill(ring, packets)
    following, found = Following(ring), []
    while batch := following.take(1):
        assert len(data_of(batch)) == 1
        found += data_of(batch)

    assert found == newest_group(packets)
    assert following.take(0) == []


def test_a_late_watcher_is_put_forward_and_told(
    ring: PrerollRing, packets: list[EncodedPacket]
) -> None:
    """It goes on with the newest key frame, and hears how many it did not get."""
    following = Following(ring)
    fill(ring, packets)
    following.take(PLENTY)
    more = [later(packets, CLIP_S * turn) for turn in (1, 2)]
    fill(ring, more[0] + more[1])
    messages = following.take(PLENTY)

    kept = newest_group(packets)
    assert messages[0] == Dropped(2 * len(packets) - len(kept))
    assert data_of(messages) == kept


def test_a_watcher_whom_the_ring_has_left_behind_is_told(packets: list[EncodedPacket]) -> None:
    """The ring's own bound is the last one."""
    ring = PrerollRing(1.0, 32 << 20)
    following = Following(ring)
    fill(ring, packets)
    got = len(data_of(following.take(PLENTY)))
    many = looped(packets, 5, CLIP_S)[len(packets) :]
    fill(ring, many)
    messages = following.take(PLENTY)

    assert got
    assert messages[0] == Dropped(len(many) - len(data_of(messages)))
    assert data_of(messages)[0] in {one.data for one in many if one.is_key}


def test_a_long_group_is_not_left(ring: PrerollRing, packets: list[EncodedPacket]) -> None:
    """Where there is no newer key frame, being late is better than nothing."""
    long = [replace(one, is_key=index == 0) for index, one in enumerate(looped(packets, 3, CLIP_S))]
    fill(ring, long)

    assert data_of(Following(ring).take(PLENTY)) == [one.data for one in long]


def test_a_new_connection_begins_anew(ring: PrerollRing, packets: list[EncodedPacket]) -> None:
    """Its first key frame is told as another stream; what comes before that is left out."""
    following = Following(ring)
    fill(ring, packets)
    following.take(PLENTY)
    other = replace(packets[0].format)
    again = [replace(one, format=other) for one in later(packets, CLIP_S)]
    headless = again[1:]
    key = next(index for index, one in enumerate(headless) if one.is_key)
    fill(ring, headless)
    messages = following.take(PLENTY)

    assert messages[0] == Dropped(key)
    assert isinstance(messages[1], StreamBegins)
    assert data_of(messages) == [one.data for one in headless[key:]]


def test_a_packet_without_form_is_left_out_up_to_the_next_key_frame(
    ring: PrerollRing, packets: list[EncodedPacket]
) -> None:
    """What depends on it would be guessed."""
    following = Following(ring)
    fill(ring, packets)
    following.take(PLENTY)
    broken = later(packets, CLIP_S)
    broken[1] = replace(broken[1], data=b"no start code")
    key = next(index for index, one in enumerate(broken) if one.is_key and index > 0)
    fill(ring, broken)
    messages = following.take(PLENTY)

    assert Dropped(key - 1) in messages
    assert data_of(messages) == [one.data for one in (broken[0], *broken[key:])]


def test_parameter_sets_of_the_container_do(ring: PrerollRing) -> None:
    """Some cameras send them in the description of the stream alone."""
    bare = annexb_packets(make_clip(), sets=False)
    fill(ring, bare)
    begins = Following(ring).take(PLENTY)[0]

    assert isinstance(begins, StreamBegins)
    assert begins.parameter_sets == bare[0].format.extradata


def test_a_damaged_description_is_no_end(ring: PrerollRing) -> None:
    """Without parameter sets a decoder may still find its way later."""
    packet = annexb_packets(make_clip("hevc"), sets=False)[0]
    length = (len(packet.data) - len(START)).to_bytes(4, "big")
    described = replace(packet.format, extradata=bytes(21) + b"\xff\x01\xa0")
    data = length + packet.data[len(START) :]
    fill(ring, [replace(packet, data=data, format=described)])
    begins, found = Following(ring).take(PLENTY)

    assert isinstance(begins, StreamBegins)
    assert begins.parameter_sets == b""
    assert isinstance(found, LivePacket)


def test_another_codec_is_refused_by_name(ring: PrerollRing, packets: list[EncodedPacket]) -> None:
    """Motion JPEG has no place in an MP4 or a browser's decoder."""
    fill(ring, [replace(packets[0], format=replace(packets[0].format, codec="mjpeg"))])

    with pytest.raises(UnsupportedStreamError, match="mjpeg"):
        Following(ring).take(PLENTY)
