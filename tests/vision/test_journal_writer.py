"""The worker's thread for the journal: real journals, real locks, real sockets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.vision.outputs.decisions import CONTEXT, alarm, passage
from tests.vision.waiting import eventually
from vision import journal_writer
from vision.core.values import Change
from vision.journal_writer import JournalWriter, WriterDiedError
from vision.outputs import handing_over
from vision.outputs.journal import Journal
from vision.outputs.journal_values import CameraState, HandedOver
from vision.outputs.nudge import Nudge, NudgeListener


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait in tenths of what a worker waits."""
    for name in ("RETRY_S", "PATIENCE_S", "POLL_S", "LAST_CHANCE_S"):
        monkeypatch.setattr(journal_writer, name, getattr(journal_writer, name) / 10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name the journal, which exists."""
    Journal.open(tmp_path / "journal.db").close()
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """The same journal as another process has it."""
    with closing(Journal.open(path)) as opened:
        yield opened


class Publisher:
    """The listening end of the nudge: what was handed over, and how often it was woken."""

    def __init__(self, run_dir: Path) -> None:
        self._listener = NudgeListener(run_dir)
        self.handed: list[HandedOver] = []
        self.wakes = 0

    def hear(self) -> list[HandedOver]:
        for datagram in self._listener.datagrams():
            if datagram:
                self.handed.append(handing_over.decode(datagram))
            else:
                self.wakes += 1
        return self.handed

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    """A publisher that listens."""
    with closing(Publisher(tmp_path / "run")) as listening:
        yield listening


class Disk:
    """Opens journals on a disk that can be full: then no page can be added to the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.full = False

    def open_journal(self) -> Journal:
        journal = Journal.open(self._path)
        if self.full:
            with journal._file.read() as db:
                db.execute(f"PRAGMA max_page_count={db.execute('PRAGMA page_count').fetchone()[0]}")
        return journal


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else holds the write lock, until the block ends or they roll back."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def writer_of(path: Path, busy_s: float = 0.05) -> JournalWriter:
    """A writer, not started."""
    run_dir = path.parent / "run"
    return JournalWriter(lambda: Journal.open(path, busy_s=busy_s), Nudge(run_dir), process_id="w1")


def incidents(journal: Journal) -> list[str]:
    """The open alarms' incidents, in the order of their revisions."""
    by_id = {record.alarm_id: record.incident for record in journal.list_alarms(limit=1000)}
    return [by_id[json.loads(row.payload)["alarm_id"]] for row in journal.tail()]


class TestWriting:
    """While the journal does its work."""

    def test_decisions_are_written_in_order(self, path: Path, journal: Journal) -> None:
        """What was submitted first is the first in the journal."""
        with writer_of(path) as writer:
            for number in range(30):
                writer.submit([alarm(incident=str(number))], CONTEXT)

        assert incidents(journal) == [str(number) for number in range(30)]

    def test_the_publisher_is_woken(self, path: Path, publisher: Publisher) -> None:
        """A commit says so at once, and hands nothing over."""
        with writer_of(path) as writer:
            writer.submit([alarm()], CONTEXT)

            eventually(lambda: publisher.hear() or publisher.wakes)
        assert publisher.handed == []

    def test_without_a_publisher_all_is_written(self, path: Path, journal: Journal) -> None:
        """Nobody listens, there is not even a socket: the journal has it all the same."""
        with writer_of(path) as writer:
            writer.submit([alarm(), passage()], CONTEXT)

        assert len(journal.waiting()) == 2

    def test_closing_writes_what_is_left(self, path: Path, journal: Journal) -> None:
        """Everything that was submitted before the end is in the journal after it."""
        with writer_of(path) as writer:
            for number in range(200):
                writer.submit([alarm(incident=str(number))], CONTEXT)

        assert len(journal.open_alarms()) == 200
        assert writer.ended

    def test_it_beats(self, path: Path, journal: Journal) -> None:
        """The process is known to live while its journal can be written."""
        with writer_of(path):
            eventually(lambda: "w1" in journal.beat_ages_s())

    def test_camera_states_are_put_down(self, path: Path, journal: Journal) -> None:
        """The latest state is the one that stays."""
        with writer_of(path) as writer:
            for fps in (5.0, 25.0):
                state = CameraState(online=True, fps=fps, lag_s=0.1)
                writer.put_state("cam1", state, "hall")

            eventually(lambda: journal.camera_state("cam1") == state)

    def test_vouches_arrive_once(self, path: Path, journal: Journal) -> None:
        """A guard's word reaches the worker, and is not said twice."""
        (raised,) = journal.commit([alarm()], CONTEXT)
        with writer_of(path) as writer:
            eventually(journal.beat_ages_s)
            journal.vouch(raised.alarm_id, "S1", "Tom")

            (vouch,) = eventually(writer.take_vouches)
            assert (vouch.staff_id, vouch.incident, vouch.cameras) == (
                "S1",
                "dock/cam1",
                ("cam1",),
            )
            assert writer.take_vouches() == ()

    def test_a_word_outlives_the_process_that_it_was_for(
        self, path: Path, journal: Journal
    ) -> None:
        """Where its alarm is open still; where it is over, the word was heard."""
        open_one, over = journal.commit([alarm(), alarm(incident="over")], CONTEXT)
        journal.vouch(open_one.alarm_id, "S1", "Tom")
        journal.vouch(over.alarm_id, "S2", "Tom")
        journal.commit([alarm(Change.CLEARED, incident="over")], CONTEXT)

        with writer_of(path) as writer:
            assert [vouch.staff_id for vouch in eventually(writer.take_vouches)] == ["S1"]


class TestRefused:
    """While the journal refuses."""

    def test_a_locked_journal_does_not_hold_an_alarm(
        self, path: Path, journal: Journal, publisher: Publisher
    ) -> None:
        """It goes out without the journal, and is written down later under the same id."""
        with writer_of(path) as writer:
            with locked(path):
                writer.submit([alarm()], CONTEXT)
                (handed,) = eventually(publisher.hear)
                assert writer.problem is not None

            (record,) = eventually(journal.open_alarms)
            assert (record.alarm_id, record.revision) == (handed.alarm_id, 2)
            assert json.loads(handed.payload)["durable"] is False
            eventually(lambda: writer.problem is None)

    def test_a_write_that_waits_does_not_hold_an_alarm(
        self, path: Path, journal: Journal, publisher: Publisher
    ) -> None:
        """The thread itself may be stuck: the analysing thread hands over, under one id."""
        with writer_of(path, busy_s=60.0) as writer:
            with locked(path):
                writer.submit([alarm()], CONTEXT)
                (handed,) = eventually(lambda: writer.rescue() or publisher.hear())
                assert "takes long" in (writer.problem or "")

            (record,) = eventually(journal.open_alarms)
            assert record.alarm_id == handed.alarm_id

    def test_an_alarm_is_handed_over_once(self, path: Path, publisher: Publisher) -> None:
        """Both threads try to rescue it, again and again; it goes out one time, under one id."""
        with writer_of(path) as writer, locked(path):
            writer.submit([alarm()], CONTEXT)
            eventually(publisher.hear)
            for number in range(20):
                writer.submit([alarm(incident=str(number))], CONTEXT)
                writer.rescue()

            eventually(lambda: len(publisher.hear()) >= 21)
            told = [handed.incident for handed in publisher.handed]
            assert told == ["dock/cam1", *map(str, range(20))]

    def test_what_is_no_new_alarm_waits(
        self, path: Path, journal: Journal, publisher: Publisher
    ) -> None:
        """Only a raised alarm goes out undurably; the rest is written when that is possible."""
        journal.commit([alarm()], CONTEXT)
        with writer_of(path) as writer:
            with locked(path):
                writer.submit([passage(), alarm(Change.CLEARED)], CONTEXT)
                eventually(lambda: writer.problem)
                writer.rescue()
                assert publisher.hear() == []

            eventually(lambda: journal.open_alarms() == ())

    def test_a_publisher_that_comes_late_gets_the_alarm(self, path: Path, tmp_path: Path) -> None:
        """Handing over is tried again until somebody has it."""
        with writer_of(path) as writer, locked(path):
            writer.submit([alarm()], CONTEXT)
            eventually(lambda: writer.problem)
            writer.rescue()
            with closing(Publisher(tmp_path / "run")) as publisher:
                eventually(lambda: writer.rescue() or publisher.hear())

    def test_an_alarm_that_nobody_took_is_a_first_revision(
        self, path: Path, journal: Journal
    ) -> None:
        """Without a publisher nothing went out, so the journal's message is revision 1."""
        with writer_of(path) as writer:
            with locked(path):
                writer.submit([alarm()], CONTEXT)
                eventually(lambda: writer.problem)
                writer.rescue()

            (record,) = eventually(journal.open_alarms)
            assert record.revision == 1

    def test_a_full_disk_delays_and_loses_nothing(
        self, path: Path, journal: Journal, publisher: Publisher
    ) -> None:
        """Alarms go out at once, and once there is room everything is written in order."""
        disk = Disk(path)
        disk.full = True
        wanted = [str(number) for number in range(60)]
        with JournalWriter(disk.open_journal, Nudge(path.parent / "run"), process_id="w") as writer:
            for incident in wanted:
                writer.submit([alarm(incident=incident)], CONTEXT)
            eventually(lambda: writer.rescue() or wanted[-1] in map(_incident, publisher.hear()))
            assert "cannot grow" in (writer.problem or "")
            disk.full = False

            eventually(lambda: len(journal.open_alarms()) == 60)
        assert incidents(journal) == wanted
        ids = {record.incident: record.alarm_id for record in journal.open_alarms()}
        assert all(ids[handed.incident] == handed.alarm_id for handed in publisher.handed)

    def test_a_damaged_journal_is_reported_and_alarms_go_out(
        self, path: Path, publisher: Publisher
    ) -> None:
        """The file is no database any more: the operator is told what to do."""
        path.write_bytes(b"garbage" * 1000)
        for extra in path.parent.glob("journal.db-*"):
            extra.unlink()
        with writer_of(path) as writer:
            writer.submit([alarm()], CONTEXT)

            eventually(publisher.hear)
            assert "restore a backup" in (writer.problem or "")

    def test_the_backlog_is_bounded(
        self, path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What goes is the oldest that is no alarm nobody has heard of."""
        monkeypatch.setattr(journal_writer, "MOST_WAITING", 5)
        with writer_of(path) as writer:
            with locked(path):
                writer.submit([alarm(incident="first")], CONTEXT)
                eventually(lambda: writer.problem)
                for _ in range(20):
                    writer.submit([passage()], CONTEXT)

            eventually(journal.open_alarms)
            eventually(lambda: len(journal.waiting()) == 5)

    def test_a_thread_that_dies_is_heard_of(self, path: Path) -> None:
        """What nobody foresaw must not become a silence: the worker is told, and ends."""

        def broken() -> Journal:
            raise ValueError("nobody thought of this")

        with JournalWriter(broken, Nudge(path.parent / "run"), process_id="w") as writer:
            writer.submit([alarm()], CONTEXT)
            eventually(lambda: writer.ended)

            with pytest.raises(WriterDiedError, match="died"):
                writer.rescue()


class TestClosingWhileRefused:
    """The end comes while the journal cannot be written."""

    @pytest.fixture(autouse=True)
    def _haste(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(journal_writer, "LAST_CHANCE_S", 0.3)
        monkeypatch.setattr(journal_writer, "END_WITHIN_S", 0.5)

    def test_what_cannot_be_written_is_handed_over(self, path: Path, publisher: Publisher) -> None:
        """The process ends, the alarm does not."""
        with locked(path), writer_of(path) as writer:
            writer.submit([alarm()], CONTEXT)

        assert len(publisher.hear()) == 1
        assert writer.ended

    def test_a_write_that_hangs_holds_up_nobody(self, path: Path, publisher: Publisher) -> None:
        """Closing goes on without the thread; what was on its way had been handed over."""
        with locked(path):
            with writer_of(path, busy_s=60.0) as writer:
                writer.submit([alarm()], CONTEXT)
                eventually(lambda: writer._journal is not None)

            assert len(publisher.hear()) == 1
            assert not writer.ended
        eventually(lambda: writer.ended)


def _incident(handed: HandedOver) -> str:
    return handed.incident
