"""What a plan is told of packets, found by comparing each with the one before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.clips import make_clip
from tests.vision.evidence.packets import annexb_packets, later
from vision.core.values import Instant
from vision.evidence.clip_plan import PartEnd
from vision.evidence.packet_facts import FactsReader
from vision.ingest.packets import EncodedPacket


@pytest.fixture
def stream() -> list[EncodedPacket]:
    """Two seconds, a key frame each."""
    return annexb_packets(make_clip(gop=25))


def breaks(packets: list[EncodedPacket]) -> list[PartEnd | None]:
    """What comes before each."""
    reader = FactsReader()
    return [reader.read(one).break_before for one in packets]


def moved(one: EncodedPacket, stream_s: float = 0.0, wall_s: float = 0.0) -> EncodedPacket:
    """The packet with its moment elsewhere."""
    at = Instant(one.at.stream_s + stream_s, one.at.wall_utc + wall_s)
    return replace(one, at=at)


def test_an_even_stream(stream):
    """Nothing breaks it."""
    assert breaks(stream) == [None] * 50


def test_another_connection(stream):
    """Each describes its stream anew, even where it is the same."""
    form = replace(stream[0].format)
    again = [replace(one, format=form) for one in later(stream, 2.0)]

    assert breaks([*stream, *again]) == [*[None] * 50, PartEnd.CAMERA_LOST, *[None] * 49]


def test_another_connection_whose_first_packet_has_no_time(stream):
    """Its clock may begin anywhere: that is no jump on top of the loss."""
    form = replace(stream[0].format)
    again = [replace(moved(one, 2.0, 2.0), format=form) for one in stream]
    again[0] = replace(again[0], pts=None)

    assert breaks([*stream, *again]) == [*[None] * 50, PartEnd.CAMERA_LOST, *[None] * 49]


def test_a_jump_of_the_cameras_clock(stream):
    """Its own time moves against the stream's, once."""
    jumped = [moved(one, stream_s=9.0, wall_s=9.0) for one in stream[25:]]

    assert breaks([*stream[:25], *jumped]) == [*[None] * 25, PartEnd.TIME_JUMP, *[None] * 24]


def test_a_jump_of_the_wall_clock(stream):
    """A part is laid on the wall clock by its beginning alone."""
    jumped = [moved(one, wall_s=-3600.0) for one in stream[25:]]

    assert breaks([*stream[:25], *jumped])[25] is PartEnd.TIME_JUMP


def test_a_packet_without_a_time_is_no_jump(stream):
    """It says nothing about the camera's clock."""
    stream[7] = replace(stream[7], pts=None)

    assert breaks(stream) == [None] * 50


def test_other_parameter_sets(stream):
    """Another picture size, for one."""
    other = later(annexb_packets(make_clip(size_wh=(320, 240), gop=25)), 2.0)
    same = [replace(one, format=stream[0].format) for one in other]

    assert breaks([*stream, *same])[50] is PartEnd.NEW_PICTURE


def test_parameter_sets_only_now_and_then(stream):
    """A camera that leaves them out of a key frame has not changed them."""
    bare = annexb_packets(make_clip(gop=25), sets=False)
    again = [replace(one, format=stream[0].format) for one in later(bare, 2.0)]

    assert breaks([*stream, *again]) == [None] * 100


def test_missed_packets(stream):
    """Whoever dropped them says so; before the first packet nothing can be missing."""
    reader = FactsReader()

    assert reader.read(stream[0], missed=True).break_before is None
    assert reader.read(stream[9], missed=True).break_before is PartEnd.MISSED
