"""The pre-roll ring, held to its invariants."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from vision.core.values import Instant
from vision.ingest.packets import EncodedPacket, StreamFormat
from vision.ingest.ring import PrerollRing

FORMAT = StreamFormat("h264", None, Fraction(1, 90_000))


def packet(at_s: float, *, key: bool = False, size: int = 10) -> EncodedPacket:
    """A packet of a moment and a size."""
    return EncodedPacket(bytes(size), None, None, key, Instant(at_s, at_s), FORMAT)


def times(packets: tuple[EncodedPacket, ...]) -> list[float]:
    """The packets' moments."""
    return [p.at.stream_s for p in packets]


def test_what_comes_before_the_first_key_frame_is_left_out() -> None:
    """Nothing can be decoded before a key frame, so nothing is kept."""
    ring = PrerollRing(10, 1000)
    ring.append(packet(0.0))
    ring.append(packet(1.0, key=True))

    assert times(ring.since(0.0)) == [1.0]
    assert ring.counts().waiting == 1


def test_groups_are_dropped_whole_once_the_rest_is_long_enough() -> None:
    """The front goes only when what follows spans the wanted seconds by itself."""
    ring = PrerollRing(2.0, 1000)
    for index in range(6):
        ring.append(packet(float(index), key=index % 2 == 0))

    assert times(ring.since(0.0)) == [2.0, 3.0, 4.0, 5.0]
    assert (ring.counts().dropped_groups, ring.counts().dropped_packets) == (1, 2)


def test_bytes_are_bounded_even_against_the_newest_group() -> None:
    """A group too big for the ring is given up, and the next key frame starts anew."""
    ring = PrerollRing(10, 25)
    ring.append(packet(0.0, key=True))
    ring.append(packet(1.0))
    ring.append(packet(2.0))
    ring.append(packet(3.0))

    assert ring.counts().size_bytes == 0
    assert ring.newest() is None

    ring.append(packet(4.0, key=True))
    assert times(ring.since(0.0)) == [4.0]


def test_reading_begins_at_the_key_frame_before_the_moment() -> None:
    """A clip from a moment on needs the key frame before it."""
    ring = PrerollRing(10, 1000)
    for index in range(6):
        ring.append(packet(float(index), key=index % 3 == 0))

    assert times(ring.since(4.0)) == [3.0, 4.0, 5.0]
    assert times(ring.group_at(1.5)) == [0.0, 1.0, 2.0]
    assert ring.group_at(-1.0) == ()


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 60), st.floats(0.01, 3.0)), max_size=120),
    st.floats(0.5, 10.0),
    st.integers(20, 400),
)
def test_the_invariants_hold_for_any_stream(
    stream: list[tuple[bool, int, float]], max_s: float, max_bytes: int
) -> None:
    """First a key frame, bytes bounded, counts true, and nothing spare at the front."""
    ring = PrerollRing(max_s, max_bytes)
    now_s = 0.0
    for taken, (key, size, step_s) in enumerate(stream, start=1):
        now_s += step_s
        ring.append(packet(now_s, key=key, size=size))
        kept, counts = ring.since(float("-inf")), ring.counts()
        keys = [p.at.stream_s for p in kept if p.is_key]
        assert not kept or kept[0].is_key
        assert sum(p.size_bytes for p in kept) == counts.size_bytes <= max_bytes
        assert len(kept) + counts.dropped_packets + counts.waiting == taken
        assert len(keys) < 2 or now_s - keys[1] < max_s
