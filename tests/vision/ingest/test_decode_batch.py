"""Packets that wait for the decoder together."""

from __future__ import annotations

from fractions import Fraction

import pytest

from vision.core.values import Instant
from vision.ingest.decode_batch import MOST_PACKETS, MOST_S, DecodeBatch
from vision.ingest.packets import EncodedPacket, StreamFormat

FORMAT = StreamFormat("h264", None, Fraction(1, 90_000))
NEVER_S = float("inf")


def packet(stream_s: float) -> EncodedPacket:
    """A packet of that moment."""
    return EncodedPacket(b"", None, None, False, Instant(stream_s, 0.0), FORMAT)  # noqa: FBT003


def batch(*moments_s: float) -> DecodeBatch:
    """Packets that came in at these moments of the stream."""
    made = DecodeBatch()
    for stream_s in moments_s:
        made.add(packet(stream_s))
    return made


def test_nothing_is_due_where_nothing_waits() -> None:
    """However much a picture is wanted."""
    assert not DecodeBatch().is_due(10.0, 0.0)


@pytest.mark.parametrize(
    ("now_s", "is_due"), [(9.9, False), (9.97, False), (9.985, True), (10.0, True), (11.0, True)]
)
def test_the_packet_nearest_to_the_wanted_moment_ends_the_wait(now_s: float, is_due: bool) -> None:  # noqa: FBT001
    """At 25 a second, one that comes 20 ms early at most; the next would be later by more."""
    assert batch(3.0, 3.04).is_due(now_s, 10.0) is is_due


def test_a_slow_camera_is_not_made_slower() -> None:
    """A picture that comes a little before it is wanted is not kept until the next one."""
    assert batch(3.0, 3.2).is_due(9.95, 10.0)


def test_the_first_packet_waits_for_its_moment() -> None:
    """How far packets are apart is not known yet."""
    assert not batch(3.0).is_due(9.99, 10.0)
    assert batch(3.0).is_due(10.0, 10.0)


def test_no_more_than_a_second_waits() -> None:
    """A damaged stream must be found out, whoever wants pictures."""
    assert not batch(3.0, 3.0 + MOST_S - 0.01).is_due(0.0, NEVER_S)
    assert batch(3.0, 3.0 + MOST_S).is_due(0.0, NEVER_S)


def test_no_more_than_so_many_packets_wait() -> None:
    """Also where their times stand still."""
    moments_s = [3.0] * MOST_PACKETS

    assert not batch(*moments_s[1:]).is_due(0.0, NEVER_S)
    assert batch(*moments_s).is_due(0.0, NEVER_S)


def test_time_that_goes_back_ends_the_wait() -> None:
    """What comes after belongs to another time."""
    assert batch(3.0, 1.0).is_due(0.0, NEVER_S)


def test_what_is_taken_waits_no_more() -> None:
    """In the order in which it came in."""
    made = batch(3.0, 3.04)

    assert [one.at.stream_s for one in made.take()] == [3.0, 3.04]
    assert made.take() == ()
