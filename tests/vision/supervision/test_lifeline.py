"""What a child needs, from what was heard of it."""

import pytest

from vision.child_protocol import Beat, Ready
from vision.supervision.lifeline import Lifeline, Need, RestartDelay
from vision.supervision.timings import Timings

TIMINGS = Timings()


@pytest.fixture
def starting():
    """A child started at second 0."""
    lifeline = Lifeline(TIMINGS)
    lifeline.started(0.0)
    return lifeline


@pytest.fixture
def ready(starting):
    """A child at work since second 10."""
    starting.heard(Ready(), 10.0)
    return starting


def test_the_delay_doubles_up_to_its_limit():
    """1 s, 2 s, ... and never more than 30 s."""
    delay = RestartDelay(TIMINGS)

    assert [delay.after(0.0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_the_delay_begins_anew_after_a_healthy_time():
    """A child that was at work for a minute is started again as quickly as at first."""
    delay = RestartDelay(TIMINGS)
    delay.after(0.0)

    assert [delay.after(59.9), delay.after(60.0), delay.after(0.0)] == [2, 1, 2]


def test_the_first_start_is_due_at_once():
    """A new child waits for nothing."""
    assert Lifeline(TIMINGS).judge(0.0) is Need.START


def test_loading_is_not_hanging(starting):
    """Before it is ready a child may be silent for the grace."""
    assert starting.judge(19.0) is Need.NOTHING
    assert starting.judge(60.5) is Need.KILL


def test_a_slow_start_is_told_once(starting):
    """Long before it is killed a child that is not ready is told of."""
    assert [starting.judge(20.5), starting.judge(21.0)] == [Need.TELL_SLOW, Need.NOTHING]


def test_a_missing_beat_is_a_hang(ready):
    """A child at work must be heard of every 8 s."""
    ready.heard(Beat(), 12.0)

    assert ready.judge(20.0) is Need.NOTHING
    assert ready.judge(20.5) is Need.KILL


def test_a_killed_child_is_left_to_the_kernel(ready):
    """SIGKILL is sent once; the next start waits for the end."""
    ready.killed(30.0)
    assert ready.judge(1000.0) is Need.NOTHING

    ready.ended(1000.0)
    assert [ready.judge(1000.9), ready.judge(1001.0)] == [Need.NOTHING, Need.START]


def test_the_time_while_loading_is_not_healthy(starting):
    """A child that dies loading, however late, waits longer each time."""
    starting.ended(50.0)
    starting.started(51.0)
    starting.ended(130.0)

    assert [starting.judge(131.9), starting.judge(132.0)] == [Need.NOTHING, Need.START]


def test_a_replaced_child_starts_at_once(ready):
    """Where the end was wanted the next start does not wait."""
    ready.ended(30.0, at_once=True)

    assert ready.judge(30.0) is Need.START


def test_silence_while_the_supervisor_stood_still_is_forgiven(ready):
    """The supervisor's own gap is taken off the silence."""
    ready.forgive(100.0)

    assert ready.judge(117.0) is Need.NOTHING
    assert ready.judge(118.5) is Need.KILL


def test_a_start_while_the_supervisor_stood_still_is_forgiven(starting):
    """The grace, too, does not count the supervisor's own gap."""
    starting.forgive(100.0)

    assert starting.judge(119.0) is Need.NOTHING


def test_steady_is_at_work_for_some_seconds(ready):
    """Only a child that stays at work ends its alarm."""
    assert not ready.is_steady(14.9)
    assert ready.is_steady(15.0)
