"""Alarms on their way into a real journal, and around it while it fails."""

import json
import sqlite3
import time
from contextlib import closing

import pytest

from vision.core.values import AlarmKind, Change, Instant
from vision.outputs.handing_over import decode
from vision.outputs.journal import Journal
from vision.outputs.nudge import NudgeListener
from vision.supervision.alarms import camera_decision, degraded
from vision.supervision.publisher_line import PublisherLine
from vision.supervision.recorder import Recorder
from vision.supervision.timings import Timings

PATIENCE_S = 20.0
TIMINGS = Timings(retry_s=0.05, patience_s=0.05, slow_write_s=0.3, disk_every_s=60.0)
DISK = "system_degraded/disk"


def moment():
    """Now, in both clocks."""
    return Instant(time.monotonic(), time.time())


def wait_until(true):
    """Poll until it is so; what it was is returned."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return found


@pytest.fixture
def nudges(tmp_path):
    """The publisher's end of the nudge socket."""
    with closing(NudgeListener(tmp_path / "run")) as listener:
        yield listener


@pytest.fixture
def recorder(tmp_path, nudges):  # noqa: ARG001 -- the publisher listens before the recorder sends
    """A recorder whose publisher is the test."""
    with closing(PublisherLine(tmp_path / "run")) as line:
        recorder = Recorder(tmp_path, tmp_path / "journal.db", line, TIMINGS)
        yield recorder
        recorder.close(PATIENCE_S)


def handed_over(nudges):
    """The alarms that came over the socket; nudges are left out."""
    return [decode(datagram) for datagram in nudges.datagrams() if datagram]


def test_an_alarm_is_journalled_and_the_publisher_woken(tmp_path, recorder, nudges):
    """The usual way: committed first, then the nudge; the camera's state says offline."""
    offline = camera_decision(
        AlarmKind.CAMERA_OFFLINE, "a", Change.RAISED, "worker_crashed", moment()
    )

    recorder.record([offline], "site")

    assert wait_until(lambda: list(nudges.datagrams())) == [b""]
    assert recorder.close(PATIENCE_S)
    with closing(Journal.open(tmp_path / "journal.db")) as journal:
        assert [alarm.incident for alarm in journal.open_alarms()] == ["camera_offline/a"]
        assert journal.camera_state("a").why == "worker_crashed"


def test_what_cannot_be_journalled_goes_out_and_is_journalled_later(tmp_path, nudges):
    """With no journal an alarm goes to the publisher once, and keeps its id when it is written."""
    blocker = tmp_path / "journal.db"
    blocker.mkdir()
    with closing(PublisherLine(tmp_path / "run")) as line:
        recorder = Recorder(tmp_path, blocker, line, TIMINGS)
        recorder.record([degraded(DISK, Change.RAISED, "disk_full", moment())], "site")
        (handed,) = wait_until(lambda: handed_over(nudges))
        assert recorder.disk.unwritable

        blocker.rmdir()

        wait_until(lambda: not recorder.disk.unwritable)
        assert recorder.close(PATIENCE_S)
    assert handed_over(nudges) == []
    assert json.loads(handed.payload)["durable"] is False
    with closing(Journal.open(blocker)) as journal:
        assert [alarm.alarm_id for alarm in journal.open_alarms()] == [handed.alarm_id]


def test_a_slow_write_does_not_hold_an_alarm_back(tmp_path, recorder, nudges):
    """While one write waits, what is queued goes out, and the disk is called slow."""
    wait_until(lambda: recorder.take_open_alarms() is not None)
    with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        recorder.record([degraded(DISK, Change.RAISED, "disk_low", moment())], "site")

        wait_until(lambda: recorder.is_slow(time.monotonic()))
        other.execute("ROLLBACK")

    assert [handed.incident for handed in handed_over(nudges)] == [DISK]
    wait_until(lambda: not recorder.is_slow(time.monotonic()))


def test_without_a_publisher_nothing_counts_as_gone_out(tmp_path):
    """An alarm that nobody took is kept for the journal under an id of the journal's own."""
    blocker = tmp_path / "journal.db"
    blocker.mkdir()
    (tmp_path / "run").mkdir()
    with closing(PublisherLine(tmp_path / "run")) as line:
        recorder = Recorder(tmp_path, blocker, line, TIMINGS)
        recorder.record([degraded(DISK, Change.RAISED, "disk_full", moment())], "site")
        wait_until(lambda: recorder.disk.unwritable)
        blocker.rmdir()
        wait_until(lambda: not recorder.disk.unwritable)
        assert recorder.close(PATIENCE_S)

    with closing(Journal.open(blocker)) as journal:
        assert [alarm.revision for alarm in journal.open_alarms()] == [1]


def test_open_alarms_are_given_once(recorder):
    """What was open when the journal was first read is given to whoever asks first."""
    assert wait_until(lambda: recorder.take_open_alarms() == ()) is True

    assert recorder.take_open_alarms() is None


def test_beats_of_workers_that_are_no_more_are_forgotten(tmp_path, recorder):
    """Only the wanted workers' heartbeats, and the publisher's, are missed."""
    with closing(Journal.open(tmp_path / "journal.db")) as journal:
        for name in ("w1", "w2", "publisher"):
            journal.beat(name)
        recorder.keep_beats_of(["w1"], "site")

        wait_until(lambda: journal.beat_ages_s().keys() == {"w1", "publisher"})
