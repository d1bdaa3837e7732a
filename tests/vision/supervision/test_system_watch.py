"""The disk and the clock."""

import pytest

from vision.core.values import Instant
from vision.supervision.clock_watch import ClockWatch
from vision.supervision.disk_watch import MIB, DiskLevel, disk_level
from vision.supervision.system_watch import SystemWatch, disk_reason
from vision.supervision.timings import Timings

DISK, CLOCK = "system_degraded/disk", "system_degraded/clock"


def told(decisions):
    """What matters of decisions: incident, change, reason."""
    return [(d.incident, d.change.value, d.reason) for d in decisions]


def at(monotonic_s, wall_s=None):
    """A moment; the wall clock follows the monotonic one unless it is said."""
    return Instant(monotonic_s, 1e9 + monotonic_s if wall_s is None else wall_s)


@pytest.mark.parametrize(
    ("before", "free_mib", "level"),
    [
        (DiskLevel.WELL, 512, DiskLevel.WELL),
        (DiskLevel.WELL, 511, DiskLevel.LOW),
        (DiskLevel.WELL, 31, DiskLevel.FULL),
        (DiskLevel.LOW, 600, DiskLevel.LOW),
        (DiskLevel.LOW, 640, DiskLevel.WELL),
        (DiskLevel.LOW, 33, DiskLevel.LOW),
        (DiskLevel.FULL, 39, DiskLevel.FULL),
        (DiskLevel.FULL, 40, DiskLevel.LOW),
        (DiskLevel.FULL, 600, DiskLevel.LOW),
        (DiskLevel.FULL, 640, DiskLevel.WELL),
    ],
)
def test_a_level_is_left_later_than_it_is_entered(before, free_mib, level):
    """Low under 512 MiB, full under 32 MiB; out of it only a quarter above."""
    assert disk_level(before, free_mib * MIB) is level


@pytest.mark.parametrize(
    ("level", "unwritable", "slow", "reason"),
    [
        (DiskLevel.WELL, False, False, None),
        (DiskLevel.LOW, False, False, "disk_low"),
        (DiskLevel.LOW, False, True, "disk_slow"),
        (DiskLevel.FULL, False, True, "disk_full"),
        (DiskLevel.FULL, True, True, "journal_unwritable"),
    ],
)
def test_the_worst_is_the_reason(level, unwritable, slow, reason):
    """Of several troubles with the disk the alarm names the worst."""
    assert disk_reason(level, unwritable=unwritable, slow=slow) == reason


def test_the_disk_alarm_ends_after_some_quiet():
    """A disk that is well for a moment only does not end the alarm."""
    watch = SystemWatch(Timings(steady_s=5.0))

    assert told(watch.look_at_disk("disk_low", at(0))) == [(DISK, "raised", "disk_low")]
    assert told(watch.look_at_disk("disk_full", at(1))) == [(DISK, "updated", "disk_full")]
    assert watch.look_at_disk(None, at(5)) == []
    assert told(watch.look_at_disk(None, at(6))) == [(DISK, "cleared", "disk_well")]


@pytest.mark.parametrize(("wall_s", "jump_s"), [(101.9, None), (3700.0, 3600.0), (10.0, -90.0)])
def test_a_jump_is_a_change_between_the_two_clocks(wall_s, jump_s):
    """More than 2 s gained or lost at once is a jump, in either direction."""
    watch = ClockWatch()
    watch.look(wall_s=99.0, monotonic_s=9.0)

    assert watch.look(wall_s=wall_s, monotonic_s=10.0) == jump_s


def test_a_slewed_clock_does_not_jump():
    """What NTP corrects little by little is no jump, however much it becomes."""
    watch = ClockWatch()

    assert {watch.look(1000.0 + 1.5 * step, step) for step in range(100)} == {None}


def test_a_jump_is_raised_and_cleared():
    """The jump is an alarm with its size; it ends once the clock is steady."""
    watch = SystemWatch(Timings(clock_steady_s=10.0))
    watch.look_at_clock(at(0))

    raised = watch.look_at_clock(at(1, 1e9 + 61))

    assert told(raised) == [(CLOCK, "raised", "clock_jumped_forward")]
    assert raised[0].detail == (("jump_s", "+60.0"),)
    assert watch.look_at_clock(at(10, 1e9 + 70)) == []
    assert told(watch.look_at_clock(at(11, 1e9 + 71))) == [(CLOCK, "cleared", "clock_steady")]


@pytest.mark.parametrize("incident", [DISK, CLOCK])
def test_an_alarm_from_before_a_restart_is_ended(incident):
    """What was open when the supervisor began ends when there is no cause for it."""
    watch = SystemWatch(Timings())
    watch.resume(incident)

    ended = [*watch.look_at_disk(None, at(100)), *watch.look_at_clock(at(100))]

    assert [(d.incident, d.change.value) for d in ended] == [(incident, "cleared")]


def test_every_jump_is_told():
    """One more jump the same way, while the alarm about the first is open, is told as well."""
    watch = SystemWatch(Timings(clock_steady_s=10.0))
    watch.look_at_clock(at(0))
    watch.look_at_clock(at(1, 1e9 + 61))

    again = watch.look_at_clock(at(2, 1e9 + 122))

    assert told(again) == [(CLOCK, "updated", "clock_jumped_forward")]
