"""The journal as a file: what it keeps, what it forgets, and what it says when it cannot."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from tests.contract import validate
from tests.vision.outputs.decisions import (
    CONTEXT,
    NOON,
    Clock,
    alarm,
    occupancy,
    open_journal,
    passage,
)
from vision.core.values import Change
from vision.outputs.journal_errors import (
    JournalCorruptError,
    JournalError,
    JournalFullError,
    JournalLockedError,
    JournalTooNewError,
)
from vision.outputs.journal_latest import PUBLISHER
from vision.outputs.journal_schema import FIRST, VERSION
from vision.outputs.journal_values import BlindInterval, CameraState

ROOT = "bondwatch/v1/hall/"


@pytest.fixture
def clock():
    """A clock that the test sets."""
    return Clock()


@pytest.fixture
def journal(tmp_path, clock):
    """A new journal."""
    journal = open_journal(tmp_path, clock)
    yield journal
    journal.close()


class TestFile:
    """Opening, and failing by name."""

    def test_survives_reopening(self, tmp_path, journal):
        """What was committed is there for the next process."""
        journal.commit([alarm()], CONTEXT)

        other = open_journal(tmp_path)

        assert [row.payload for row in other.waiting()] == [
            row.payload for row in journal.waiting()
        ]
        other.close()

    def test_every_commit_is_synced(self, journal):
        """Write-ahead log, synced at each commit."""
        with journal._file.read() as db:
            assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            assert db.execute("PRAGMA synchronous").fetchone()[0] == 2

    def test_private(self, tmp_path, journal):
        """The file names staff, so nobody else may read it."""
        del journal

        assert (tmp_path / "journal.db").stat().st_mode & 0o077 == 0

    def test_opened_by_many_at_once(self, tmp_path):
        """Processes that start together create one schema."""
        journals = []
        threads = [
            threading.Thread(target=lambda: journals.append(open_journal(tmp_path)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(journals) == 8
        for journal in journals:
            journal.close()

    def test_older_schema(self, tmp_path):
        """A file of an earlier version is brought up to this one and keeps what it holds."""
        with sqlite3.connect(tmp_path / "journal.db") as db:
            db.executescript(FIRST)
            db.execute("INSERT INTO beats VALUES ('w1', 1.0, 1.0)")
            db.execute("PRAGMA user_version=1")
        db.close()

        journal = open_journal(tmp_path)

        assert journal.last_beat_at("w1") == 1.0
        assert journal.evidence() == ()
        journal.close()

    def test_newer_schema(self, tmp_path, journal):
        """A file of a later version is refused with both versions in the message."""
        journal.close()
        with sqlite3.connect(tmp_path / "journal.db") as db:
            db.execute("PRAGMA user_version=99")
        db.close()

        with pytest.raises(JournalTooNewError, match=rf"schema 99, this Bondwatch knows {VERSION}"):
            open_journal(tmp_path)

    def test_corrupt(self, tmp_path):
        """A file that is no database is refused, and the remedy is a backup."""
        (tmp_path / "journal.db").write_bytes(b"not a database" * 500)

        with pytest.raises(JournalCorruptError, match="restore a backup"):
            open_journal(tmp_path)

    def test_locked(self, tmp_path, journal):
        """A lock held longer than the busy time-out is named, and nothing is written."""
        impatient = open_journal(tmp_path, busy_s=0.05)
        with journal._file.write(), pytest.raises(JournalLockedError, match="locked"):
            impatient.commit([alarm()], CONTEXT)

        assert journal.waiting() == ()
        impatient.close()

    def test_full(self, journal):
        """A full disk is named, nothing is half written, and the journal can still be read."""
        with journal._file.read() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count={pages}")

        with pytest.raises(JournalFullError, match="free space"):
            journal.commit([passage(zone_id="z" * 5000)] * 9, CONTEXT)

        assert journal.waiting() == ()

    def test_unusable_folder(self, tmp_path):
        """A folder that cannot be made is named."""
        (tmp_path / "file").touch()

        with pytest.raises(JournalError, match="cannot be opened"):
            open_journal(tmp_path / "file")

    def test_all_or_none(self, journal):
        """A decision that fails takes the whole commit with it."""
        with pytest.raises(AttributeError):
            journal.commit([alarm(), "no decision"], CONTEXT)

        assert journal.open_alarms() == ()


class TestOutbox:
    """The ordered lane."""

    def test_order(self, journal):
        """Alarms and passages wait in the order in which they were decided."""
        journal.commit([alarm(), passage(), alarm(Change.CLEARED)], CONTEXT)

        assert [row.topic for row in journal.waiting()] == ["alarm", "passage", "alarm"]
        assert journal.waiting_alarms() == 2

    def test_taken_waits_no_more(self, journal):
        """What the broker has taken does not go out again."""
        journal.commit([alarm(), passage()], CONTEXT)
        first, second = journal.waiting()

        journal.mark_taken([first.seq])

        assert journal.waiting() == (second,)

    def test_dead_letters_are_kept(self, journal):
        """A refused message leaves the line and is kept with the reason."""
        journal.commit([passage()], CONTEXT)

        journal.mark_dead(1, "not authorised", [alarm()], CONTEXT)

        (dead,) = journal.dead_letters()
        assert (dead.seq, dead.topic, dead.reason) == (1, "passage", "not authorised")
        assert [row.topic for row in journal.waiting()] == ["alarm"]

    def test_rearm_what_was_taken_lately(self, journal, clock):
        """After a loss of the broker, what it took lately goes out once more."""
        journal.commit([passage(), passage()], CONTEXT)
        journal.mark_taken([1])
        clock.now_s += 100
        journal.mark_taken([2])

        assert journal.rearm(NOON + 50, open_alarms=False) == 1
        assert [row.seq for row in journal.waiting()] == [2]

    def test_rearm_open_alarms(self, journal, clock):
        """An emptied broker is told the newest revision of every open alarm."""
        journal.commit([alarm(), alarm(), alarm(incident="b")], CONTEXT)
        journal.commit([alarm(Change.CLEARED, incident="b")], CONTEXT)
        journal.mark_taken([1, 2, 3, 4])
        clock.now_s += 100

        journal.rearm(clock(), open_alarms=True)

        assert [row.seq for row in journal.waiting()] == [2]

    def test_prune(self, journal, clock):
        """Old taken messages go, but never an open alarm's newest revision."""
        journal.commit([passage(), alarm(), passage()], CONTEXT)
        journal.mark_taken([1, 2])
        clock.now_s += 1000

        assert journal.prune(taken_kept_s=10) == 1
        journal.rearm(NOON, open_alarms=True)
        assert [row.seq for row in journal.waiting()] == [2, 3]

    def test_tail(self, journal):
        """A follower sees each revision once, taken or not."""
        journal.commit([alarm(), passage(), alarm()], CONTEXT)
        journal.mark_taken([1])

        assert [row.seq for row in journal.tail()] == [1, 3]
        assert [row.seq for row in journal.tail(after_seq=1)] == [3]
        assert [row.seq for row in journal.latest_revisions(1)] == [3]
        assert journal.last_seq() == 3


class TestStates:
    """The state lane: latest values only."""

    def test_newest_value_only(self, journal):
        """A value that was never sent is replaced, not queued behind."""
        journal.commit([occupancy(1), occupancy(2)], CONTEXT)

        (state,) = journal.due_states()
        assert validate(ROOT + state.topic, state.payload)["people"] == 2

    def test_taken_value_is_not_due(self, journal):
        """A value is due until the broker has taken that very value."""
        journal.commit([occupancy(1)], CONTEXT)
        (old,) = journal.due_states()
        journal.commit([occupancy(2)], CONTEXT)

        journal.mark_taken([], [old])
        assert len(journal.due_states()) == 1
        journal.mark_taken([], journal.due_states())
        assert journal.due_states() == ()

    def test_emptied_topic_is_forgotten(self, journal, clock):
        """An emptied topic is kept for a while, as the broker may forget that it emptied it."""
        journal.commit([alarm(), alarm(Change.CLEARED)], CONTEXT)
        journal.mark_taken([], journal.due_states())
        journal.prune()
        assert [state.payload for state in journal.all_states()] == [""]

        clock.now_s += 4000
        journal.prune()

        assert journal.all_states() == ()

    def test_removed_camera_and_zone(self, journal):
        """The states of what the site no longer has are emptied, the others left alone."""
        journal.commit([alarm(), occupancy(1)], CONTEXT)
        for camera in ("cam1", "cam2"):
            journal.put_camera_state(camera, CameraState(online=True), "hall")

        journal.keep_only(["cam2"], [])

        left = {row.topic.split("/")[0] for row in journal.all_states() if row.payload}
        gone = {row.topic for row in journal.all_states() if not row.payload}
        assert left == {"alarm", "camera"}
        assert gone == {"camera/cam1/state", "zone/dock/occupancy"}
        assert journal.put_camera_state("cam1", CameraState(online=True), "hall")

    def test_unchanged_occupancy_is_not_written(self, journal):
        """The same figures again are no news."""
        assert journal.put_occupancy(occupancy(1), "hall")
        assert not journal.put_occupancy(occupancy(1), "hall")

    @pytest.mark.parametrize(
        ("state", "news"),
        [
            (CameraState(online=True, fps=25.3, lag_s=0.2), False),
            (CameraState(online=True, fps=23.0, lag_s=0.2), True),
            (CameraState(online=True, fps=25.0, lag_s=1.1), True),
            (CameraState(online=False, fps=25.0, lag_s=0.2, why="unreachable"), True),
            (CameraState(online=True), True),
        ],
    )
    def test_camera_state(self, journal, state, news):
        """A camera is told again when it changed, not when its figures trembled."""
        journal.put_camera_state("cam1", CameraState(online=True, fps=25.0, lag_s=0.2), "hall")

        assert journal.put_camera_state("cam1", state, "hall") is news
        for row in journal.all_states():
            validate(ROOT + row.topic, row.payload)


class TestBeats:
    """Who is alive."""

    def test_oldest_worker(self, journal, clock):
        """The most silent worker counts; the publisher is none."""
        journal.beat(PUBLISHER)
        clock.now_s += 10
        journal.beat("worker-1")
        clock.now_s += 2
        journal.beat("worker-2")

        assert journal.oldest_beat_age_s() == 2
        assert journal.beat_ages_s()[PUBLISHER] == 12
        assert journal.last_beat_at("worker-1") == NOON + 10

    def test_nobody(self, journal):
        """Without workers there is no age, and one that was forgotten has none."""
        journal.beat("worker-1")
        journal.forget_beat("worker-1")

        assert journal.oldest_beat_age_s() is None

    def test_beat_from_before_a_reboot(self, journal, clock):
        """The monotonic clock begins anew at boot: an older beat is infinitely old."""
        journal.beat("worker-1")
        clock.now_s -= 500

        assert journal.oldest_beat_age_s() == float("inf")


def test_blind_intervals(journal):
    """The spans in which a camera was not watched are kept."""
    blind = BlindInterval("cam1", NOON, NOON + 9, "restart")

    journal.record_blind(blind)

    assert journal.blind_intervals("cam1") == (blind,)


def test_changes_shows_other_processes(tmp_path, journal):
    """A reader can see cheaply whether another process has written."""
    before = journal.changes()
    other = open_journal(tmp_path)
    other.commit([alarm()], CONTEXT)
    other.close()

    assert journal.changes() != before
