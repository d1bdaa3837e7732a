"""The supervisor's own alarms."""

import pytest

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant
from vision.supervision.alarms import Alarm, Fault, Gap, Parts, camera_removed

AT = Instant(5.0, 1_800_000_000.0)


def told(decisions):
    """What matters of decisions: incident, change, reason."""
    return [(d.incident, d.change.value, d.reason) for d in decisions]


@pytest.fixture
def gap():
    """The gap of worker w1."""
    return Gap("worker", "system_degraded/worker/w1")


def test_a_gap_is_one_alarm_for_the_worker_and_one_a_camera(gap):
    """A crash is said of the worker and of each camera; the whole decisions."""
    assert gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV") == [
        AlarmDecision(
            "system_degraded/worker/w1",
            Change.RAISED,
            AlarmKind.SYSTEM_DEGRADED,
            None,
            AT,
            "worker_crashed",
            detail=(("how", "SIGSEGV"),),
        ),
        AlarmDecision(
            "camera_offline/a", Change.RAISED, AlarmKind.CAMERA_OFFLINE, "a", AT, "worker_crashed"
        ),
    ]


def test_a_second_crash_in_the_same_gap_is_no_news(gap):
    """A worker that crashes while it starts, again and again, is one alarm."""
    gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV")

    assert gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV") == []


def test_another_fault_in_the_same_gap_is_an_update(gap):
    """The reason is always the newest."""
    gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV")

    assert told(gap.begin(Fault.HUNG, ["a"], AT, "no heartbeat")) == [
        ("system_degraded/worker/w1", "updated", "worker_hung"),
        ("camera_offline/a", "updated", "worker_hung"),
    ]


def test_a_crash_after_work_takes_the_cameras_again(gap):
    """Once at work the worker may have ended its cameras' alarms, so they are raised anew."""
    gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV")
    gap.at_work()

    assert told(gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV")) == [
        ("camera_offline/a", "raised", "worker_crashed")
    ]


def test_a_camera_given_to_a_dead_worker_is_offline(gap):
    """Whom a reload gives to a worker in its gap, nobody watches either."""
    gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV")

    assert told(gap.lose(["a", "b"], AT)) == [("camera_offline/b", "raised", "worker_crashed")]


def test_a_camera_given_to_a_worker_at_work_is_not_offline(gap):
    """A worker at work says itself how its cameras do."""
    assert gap.lose(["a"], AT) == []


def test_the_end_of_a_gap_is_said_once(gap):
    """The worker's alarm is cleared; the cameras' are the worker's to clear."""
    gap.begin(Fault.CRASHED, ["a"], AT, "SIGSEGV")
    gap.at_work()

    assert told(gap.end(AT)) == [("system_degraded/worker/w1", "cleared", "worker_well")]
    assert gap.end(AT) == []


def test_a_gap_from_before_a_restart_is_ended(gap):
    """What was open when the supervisor began can be cleared by it."""
    gap.resume()

    assert told(gap.end(AT)) == [("system_degraded/worker/w1", "cleared", "worker_well")]


def test_an_alarm_that_is_not_open_is_not_cleared():
    """Clearing twice, or for nothing, is nothing."""
    assert Alarm("system_degraded/disk").clear("disk_well", AT) == []


def test_a_removed_camera_has_no_alarms():
    """Both alarms about a camera's stream end with its configuration."""
    assert told(camera_removed("a", AT)) == [
        ("camera_offline/a", "cleared", "camera_removed"),
        ("camera_lagging/a", "cleared", "camera_removed"),
    ]


PART = "system_degraded/part/models"


def test_a_part_is_one_alarm_whoever_reports_it():
    """Two workers with the same broken model are one alarm, ended when both are well."""
    parts = Parts()

    assert told(parts.reported("w1", "models", "digest", AT)) == [(PART, "raised", "digest")]
    assert parts.reported("w2", "models", "digest", AT) == []
    assert parts.reported("w1", "models", None, AT) == []
    assert told(parts.reported("w2", "models", None, AT)) == [(PART, "cleared", "works_again")]


def test_a_report_outlives_its_process_until_the_next_has_settled():
    """A restart alone repairs nothing; a successor that does not complain does."""
    parts = Parts()
    parts.reported("w1", "models", "digest", AT)

    parts.process_ended("w1")

    assert told(parts.settled("w1", AT)) == [(PART, "cleared", "works_again")]


def test_a_successor_that_complains_as_well_keeps_the_alarm():
    """The same complaint of the next process is no news and no end."""
    parts = Parts()
    parts.reported("w1", "models", "digest", AT)
    parts.process_ended("w1")

    assert parts.reported("w1", "models", "digest", AT) == []
    assert parts.settled("w1", AT) == []


def test_a_part_from_before_a_restart_ends_when_nobody_complains():
    """An alarm left open is ended once all who might have reported it have settled."""
    parts = Parts()
    parts.resume("models", "w1")
    parts.resume("models", "w2")

    assert parts.settled("w1", AT) == []
    assert told(parts.settled("w2", AT)) == [(PART, "cleared", "works_again")]
