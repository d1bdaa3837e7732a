"""Stream time, by literals: every way in which cameras and clocks misbehave."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.core.values import Instant
from vision.ingest.stream_time import Arrival, StreamTime

WALL = 1_000_000.0


def arrival(mono_s: float, wall_offset_s: float = WALL) -> Arrival:
    """A moment in both clocks."""
    return Arrival(mono_s, mono_s + wall_offset_s)


def play(times: StreamTime, pts: Iterable[float], start_s: float, late_s: float = 0.0) -> Instant:
    """A steady stream that begins at a moment; the last picture's Instant."""
    first: float | None = None
    at = Instant(0.0, 0.0)
    for pts_s in pts:
        first = pts_s if first is None else first
        at = times.stamp(pts_s, arrival(start_s + pts_s - first + late_s))
    return at


def steps(start: float, count: int, step: float = 0.04) -> list[float]:
    """Evenly spaced PTS."""
    return [start + index * step for index in range(count)]


def test_the_first_picture_is_taken_when_it_arrives() -> None:
    """Nothing earlier is known of a stream than its first arrival."""
    assert StreamTime().stamp(123.0, arrival(10.0)) == Instant(0.0, 10.0 + WALL)


def test_time_follows_the_stream_and_not_the_arrival() -> None:
    """Jitter of the network does not show in the pictures' times."""
    times = StreamTime()
    times.stamp(5.0, arrival(10.0))

    at = times.stamp(5.04, arrival(10.3))

    assert at.stream_s == pytest.approx(0.04)
    assert at.wall_utc == pytest.approx(10.04 + WALL, abs=0.001)
    assert times.lag_s() == pytest.approx(0.26, abs=0.001)


def test_b_frames_may_come_out_of_order() -> None:
    """PTS in decoding order go back a little, and that is no jump."""
    times = StreamTime()
    stamped = [
        times.stamp(p, arrival(10 + i * 0.04)) for i, p in enumerate((0.0, 0.12, 0.04, 0.08))
    ]

    assert [round(at.stream_s, 3) for at in stamped] == [0.0, 0.12, 0.04, 0.08]
    assert times.jumps == 0


def test_a_lag_that_grows_is_seen_and_kept() -> None:
    """A feed that falls six seconds behind is still six seconds behind a minute later."""
    times = StreamTime()
    play(times, steps(0, 50), 10.0)
    play(times, steps(2.0, 1500), 12.0, late_s=6.0)

    assert times.lag_s() == pytest.approx(6.0, abs=0.05)


def test_catching_up_ends_the_lag_without_a_jump() -> None:
    """A backlog that comes as a burst ends with no lag and no jump."""
    times = StreamTime()
    play(times, steps(0, 50), 10.0)
    for pts_s in steps(2.0, 100):
        times.stamp(pts_s, arrival(16.0))

    times.stamp(6.04, arrival(16.04))

    assert times.lag_s() == pytest.approx(0.0, abs=0.01)
    assert times.jumps == 0


@pytest.mark.parametrize("rate", [1.0001, 0.9999])
def test_a_camera_whose_clock_drifts_stays_at_the_wall_clock(rate: float) -> None:
    """A hundred parts in a million over an hour are no lag and no lead."""
    times = StreamTime()
    at = Instant(0.0, 0.0)
    for second in range(3600):
        at = times.stamp(second * rate, arrival(10.0 + second))

    assert at.wall_utc == pytest.approx(10.0 + 3599 + WALL, abs=0.01)
    assert times.lag_s() == pytest.approx(0.0, abs=0.01)
    assert times.jumps == 0


@pytest.mark.parametrize("restart_pts_s", [0.0, -47_000.0, 2.5, 90_000.0])
def test_a_jump_of_the_pts_goes_on_by_the_monotonic_clock(restart_pts_s: float) -> None:
    """Restart at zero, wrap-around, a step back, far ahead: ages stay right, the jump counts."""
    times = StreamTime()
    before = play(times, steps(0, 126), 10.0)

    after = times.stamp(restart_pts_s, arrival(15.04))

    assert after.stream_s - before.stream_s == pytest.approx(0.04, abs=0.002)
    assert after.wall_utc == pytest.approx(15.04 + WALL, abs=0.01)
    assert times.jumps == 1


def test_a_small_step_back_for_good_is_a_jump_in_the_end() -> None:
    """A step back that B-frames could explain is one only while the stream moves on."""
    times = StreamTime()
    play(times, steps(10.0, 50), 10.0)
    at = Instant(0.0, 0.0)
    for pts_s in steps(10.5, 30, step=0.0):
        at = times.stamp(pts_s, arrival(12.0 + pts_s - 10.5))
    at = times.stamp(11.0, arrival(14.5))

    assert times.jumps == 1
    assert at.stream_s > 1.96


def test_a_jump_keeps_the_lag() -> None:
    """A lagging feed whose PTS jump is lagging still."""
    times = StreamTime()
    play(times, steps(0, 50), 10.0)
    play(times, steps(2.0, 50), 12.0, late_s=4.0)

    times.stamp(500.0, arrival(18.0))

    assert times.lag_s() == pytest.approx(4.0, abs=0.05)


def test_a_new_session_goes_on_from_the_present() -> None:
    """After a reconnect the PTS start anywhere, time does not go back, and the lag is gone."""
    times = StreamTime()
    before = play(times, steps(0, 50), 10.0)
    times.new_session()

    after = times.stamp(0.0, arrival(42.0))

    assert after == Instant(pytest.approx(32.0), pytest.approx(42.0 + WALL))
    assert after > before
    assert times.jumps == 0


def test_a_packet_without_pts_takes_the_present() -> None:
    """Cameras leave the PTS out now and then: at the start it is now, later one step on."""
    times = StreamTime()
    first = times.stamp(None, arrival(10.0))
    second = times.stamp(3.0, arrival(10.04))
    third = times.stamp(3.04, arrival(10.08))
    fourth = times.stamp(None, arrival(13.0))

    assert first < second < third < fourth
    assert fourth.stream_s == pytest.approx(0.12)


def test_a_wall_clock_that_jumps_changes_no_age() -> None:
    """The hour is called otherwise from then on; stream time and lag do not notice."""
    times = StreamTime()
    before = times.stamp(0.0, arrival(10.0))

    after = times.stamp(0.04, arrival(10.04, WALL + 3600))

    assert after.stream_s - before.stream_s == pytest.approx(0.04)
    assert after.wall_utc - before.wall_utc == pytest.approx(3600.04)
    assert (times.wall_jumps, times.last_wall_jump_s) == (1, pytest.approx(3600.0))
    assert times.lag_s() == pytest.approx(0.0, abs=0.001)


def test_a_wall_clock_that_is_slewed_is_followed_quietly() -> None:
    """Small corrections are what time synchronisation does all day."""
    times = StreamTime()
    times.stamp(0.0, arrival(10.0))

    at = times.stamp(1.0, arrival(11.0, WALL + 0.2))

    assert at.wall_utc == pytest.approx(11.2 + WALL)
    assert times.wall_jumps == 0


@given(
    st.lists(
        st.tuples(st.none() | st.floats(-1e6, 1e6), st.floats(0.0, 1.0), st.booleans()),
        max_size=60,
    )
)
def test_the_newest_moment_never_goes_back_by_more_than_reordering(
    stream: list[tuple[float | None, float, bool]],
) -> None:
    """Whatever the PTS do, time goes back by reordering and one guessed step at most."""
    times = StreamTime()
    mono_s, stamped = 10.0, []
    for pts_s, gap_s, is_new_session in stream:
        mono_s += gap_s
        if is_new_session:
            times.new_session()
        stamped.append(times.stamp(pts_s, arrival(mono_s)).stream_s)
        assert (times.lag_s() or 0.0) >= 0.0

    newest = itertools.accumulate(stamped, max)
    most_s = 2.0 + 3.0  # reordering, and a step that the arrival and ``jump_s`` allow
    assert all(now >= best - most_s for now, best in zip(stamped, newest, strict=True))
