"""The health meter: what a session tells of itself."""

from __future__ import annotations

from vision.ingest.health import HealthMeter
from vision.ingest.reasons import Reason


def test_silence_counts_from_the_start_until_video_is_usable() -> None:
    """A camera that never came has been silent since the beginning."""
    meter = HealthMeter(100.0)
    meter.failed(Reason.UNREACHABLE, "away")

    health = meter.snapshot(107.0, 0)

    assert (health.connected, health.reason, health.silent_s) == (False, Reason.UNREACHABLE, 7.0)
    assert (health.lag_s, health.last_packet_age_s, health.fps) == (None, None, 0.0)


def test_packets_alone_do_not_end_the_silence() -> None:
    """Packets of which nothing decodes are no video."""
    meter = HealthMeter(100.0)
    meter.packet(109.0, 1000, 0.0)

    health = meter.snapshot(110.0, 0)

    assert (health.connected, health.silent_s, health.last_packet_age_s) == (False, 10.0, 1.0)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    """Arrivals older than the window no longer count."""
    meter = HealthMeter(0.0)
    for at_s in [0.0, 0.1, *(10.0 + index * 0.2 for index in range(26))]:
        meter.packet(at_s, 10, 0.5)
    assert meter.usable(15.0)
    assert not meter.usable(15.0)

    health = meter.snapshot(15.0, 3)

    assert round(health.fps, 3) == 5.0
    assert (health.lag_s, health.counters.dropped, health.counters.packets) == (0.5, 3, 28)


def test_the_first_size_is_no_change() -> None:
    """Only another size than before is a change."""
    meter = HealthMeter(0.0)

    assert [meter.size(wh) for wh in [(4, 3), (4, 3), (8, 6)]] == [False, False, True]
    assert meter.snapshot(1.0, 0).counters.resolution_changes == 1


def test_reconnects_are_connections_but_the_first() -> None:
    """The first connection is no reconnect."""
    meter = HealthMeter(0.0)
    for _ in range(3):
        meter.connecting()

    counters = meter.snapshot(1.0, 0).counters
    assert (counters.connections, counters.reconnects) == (3, 2)
