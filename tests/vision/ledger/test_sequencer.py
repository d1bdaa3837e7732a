"""The sequencer over real journals: one order, nothing twice, nothing left out."""

import json
import random
import shutil
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tests.vision.outputs.decisions import CONTEXT, Clock, alarm, open_journal, passage
from vision.core.values import Change
from vision.ledger.entries import Kind
from vision.ledger.ledger import Ledger
from vision.ledger.ledger_errors import LedgerError
from vision.ledger.sequencer import BATCH, Sequencer
from vision.ledger.sources import (
    JournalSource,
    RegisterSource,
    SourceUnreadableError,
    StandingSource,
)
from vision.outputs import journal_ledger
from vision.outputs.journal_values import AckRequest, LedgerMark, LedgerNote, StateRow

STATE = StateRow("ledger/checkpoint", "{}", 60)


@pytest.fixture
def clock():
    """A clock that the test sets."""
    return Clock()


@pytest.fixture
def journal(tmp_path, clock):
    """A journal in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    opened = open_journal(folder, clock)
    yield opened
    opened.close()


def sources_of(journal):
    """All that the journal feeds the ledger with."""
    return [JournalSource(journal, table) for table in journal_ledger.SOURCES]


def sequencer_of(ledger, journal):
    """A sequencer as a new process makes it."""
    told = journal.ledger_mark()
    return Sequencer(ledger, sources_of(journal), told.positions if told else {})


def run(ledger, journal):
    """Enter everything, as a process that then dies; the journal is told nothing."""
    sequencer = sequencer_of(ledger, journal)
    while sequencer.turn():
        pass
    return sequencer.reached


def tell(ledger, journal, reached):
    """Let the journal know how far the ledger is."""
    journal.put_ledger_mark(LedgerMark(ledger.origin, ledger.size, reached), STATE)


def refs(ledger, kind=None):
    """The references of the entries, of one kind or of all."""
    return [e.ref for e in ledger.entries(limit=10_000) if kind in (None, e.kind)]


def payloads(journal):
    """What the outbox holds of alarms and passages."""
    with journal._file.read() as db:
        rows = db.execute("SELECT payload FROM outbox WHERE topic IN ('alarm', 'passage')")
        return [row[0] for row in rows]


def contents(ledger):
    """What the entries commit to, in order."""
    return [ledger.content(e.number).text for e in ledger.entries(limit=10_000)]


class TestWhatIsEntered:
    """Everything that the journal has to tell, each kind as itself."""

    def test_revisions_and_passages(self, ledger, journal):
        """The message that went out is what the entry commits to."""
        journal.commit([alarm(), passage(), alarm(Change.UPDATED)], CONTEXT)

        run(ledger, journal)

        assert [e.kind for e in ledger.entries()] == ["alarm_revision", "passage", "alarm_revision"]
        assert contents(ledger) == payloads(journal)
        first = json.loads(payloads(journal)[0])
        assert refs(ledger)[0] == f"{first['alarm_id']}/1"

    def test_personal_data_goes_with_the_person(self, ledger, journal):
        """The registered person's passage can be erased; the stranger's alarm stays readable."""
        journal.commit([alarm(), passage()], CONTEXT)
        run(ledger, journal)

        assert ledger.erase("S1") == 1

        assert ledger.content(0) is not None
        assert ledger.content(1) is None

    def test_what_operators_do(self, ledger, journal):
        """Acknowledging is an action, and a revision of the alarm."""
        (raised,) = journal.commit([alarm()], CONTEXT)
        journal.acknowledge(AckRequest(raised.alarm_id, "op1", "seen"))
        journal.vouch(raised.alarm_id, "S1", "guard")

        run(ledger, journal)

        assert sorted(refs(ledger, "operator_action")) == [
            f"{raised.alarm_id}/acknowledge",
            f"{raised.alarm_id}/vouch",
        ]
        assert refs(ledger, "alarm_revision") == [f"{raised.alarm_id}/1", f"{raised.alarm_id}/2"]

    def test_notes_of_other_writers(self, ledger, journal):
        """A clip's digest comes by way of the journal."""
        journal.submit_to_ledger(LedgerNote("clip", "a1/clip-0.mp4", '{"sha256":"00"}'))

        run(ledger, journal)

        (entry,) = ledger.entries()
        assert (entry.kind, entry.ref, entry.source) == (
            "clip",
            "a1/clip-0.mp4",
            "journal/ledger_outbox",
        )

    def test_changes_of_the_register(self, ledger):
        """Its outbox holds digests; they are entered as they are."""
        changes = [
            SimpleNamespace(
                seq=number,
                version=number,
                at=datetime(2026, 1, 1, tzinfo=UTC),
                action="added",
                subject_digest="aa",
                account_digest="bb",
                content_digest="cc",
            )
            for number in (1, 2)
        ]
        source = RegisterSource(lambda after, limit: [c for c in changes if c.seq > after][:limit])

        for _ in range(2):
            Sequencer(ledger, [source], {"register": 2}).turn()

        assert refs(ledger) == ["1/added", "2/added"]

    def test_a_source_that_cannot_be_read_holds_up_no_other(self, ledger, journal):
        """The register may be away; alarms are entered all the same, and it is told."""

        def outbox(*_):
            raise SourceUnreadableError

        journal.commit([passage()], CONTEXT)
        sequencer = Sequencer(ledger, [RegisterSource(outbox), *sources_of(journal)], {})

        sequencer.turn()

        assert refs(ledger, "passage")
        assert sequencer.unreadable == {"register"}

    def test_what_holds_until_it_changes(self, ledger):
        """A configuration is entered when it is another one, also when an old one comes back."""
        for text in ("one", "one", "two", "one", None, "one"):
            source = StandingSource(Kind.CONFIGURATION, lambda text=text: text, ledger, lambda: 0.0)
            sequencer = Sequencer(ledger, [source], {})
            sequencer.turn()
            sequencer.turn()

        assert contents(ledger) == ["one", "two", "one"]

    def test_the_order_is_that_of_time(self, ledger, journal, clock):
        """What was written first is entered first, whichever table it is in."""
        journal.submit_to_ledger(LedgerNote("clip", "first", ""))
        clock.now_s += 1
        journal.commit([passage()], CONTEXT)
        clock.now_s += 1
        journal.submit_to_ledger(LedgerNote("clip", "third", ""))

        run(ledger, journal)

        assert [e.kind for e in ledger.entries()] == ["clip", "passage", "clip"]

    def test_a_message_that_cannot_be_read_is_entered_all_the_same(self, ledger, journal):
        """One strange row must not stop everything behind it."""
        journal.commit([passage()], CONTEXT)
        with journal._file.write() as db:
            db.execute("UPDATE outbox SET payload = '{'")
        journal.commit([passage()], CONTEXT)

        run(ledger, journal)

        assert refs(ledger)[0] == "unreadable/1"
        assert ledger.size == 2


class TestOnceEach:
    """Rows come again after a crash or a restore; entries do not."""

    def test_a_new_process_enters_nothing_twice(self, ledger, journal):
        """Whether or not the journal was told before."""
        journal.commit([alarm(), passage()], CONTEXT)
        for told in (False, True, True):
            reached = run(ledger, journal)
            if told:
                tell(ledger, journal, reached)

        assert contents(ledger) == payloads(journal)

    def test_more_than_a_batch(self, ledger, journal):
        """What has waited long is entered in several turns, all of it."""
        journal.commit([passage() for _ in range(BATCH + 10)], CONTEXT)

        run(ledger, journal)

        assert contents(ledger) == payloads(journal)

    def test_a_turn_that_fails_is_done_again(self, ledger, journal):
        """A full disk loses nothing and doubles nothing."""
        journal.commit([passage()], CONTEXT)
        sequencer = sequencer_of(ledger, journal)
        sequencer.turn()
        journal.commit([passage(evidence=None) for _ in range(200)], CONTEXT)
        with ledger.file.read() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count={pages}")
        for _ in range(2):
            with pytest.raises(LedgerError):
                sequencer.turn()

        with ledger.file.read() as db:
            db.execute("PRAGMA max_page_count=100000")
        sequencer.turn()

        assert contents(ledger) == payloads(journal)

    @pytest.mark.parametrize("seed", range(6))
    def test_an_older_journal_that_is_restored(self, ledger, journal, tmp_path, clock, seed):
        """What the old and the new history have in common is entered once, the rest of both."""
        chance = random.Random(seed)  # noqa: S311 -- tests a history, guards nothing
        history: list[str] = []

        def write(opened, count):
            for _ in range(count):
                clock.now_s += 1
                opened.commit([chance.choice([alarm, passage])()], CONTEXT)
            history.extend(p for p in payloads(opened) if p not in history)

        write(journal, chance.randrange(5))
        tell(ledger, journal, run(ledger, journal))
        write(journal, chance.randrange(5))
        with (
            closing(open_journal(tmp_path, clock)) as backup,
            backup._file.read() as to,
            journal._file.read() as db,
        ):
            db.backup(to)
        write(journal, chance.randrange(1, 5))
        run(ledger, journal)

        restored_folder = tmp_path / "restored"
        restored_folder.mkdir()
        shutil.copy(tmp_path / "journal.db", restored_folder)
        with closing(open_journal(restored_folder, clock)) as restored:
            before = ledger.size
            run(ledger, restored)
            assert ledger.size == before
            write(restored, chance.randrange(1, 8))
            run(ledger, restored)
            tell(ledger, restored, run(ledger, restored))
            write(restored, 2)
            run(ledger, restored)

        entered = [
            ledger.content(e.number).text
            for e in ledger.entries(limit=10_000)
            if e.kind != "source_restored"
        ]
        assert entered == history
        (noted,) = [e for e in ledger.entries(limit=10_000) if e.kind == "source_restored"]
        assert noted.source == ""

    def test_a_restored_row_of_an_erased_person_is_not_taken_for_another(self, ledger, journal):
        """Kind and reference still say that it is the same."""
        journal.commit([passage()], CONTEXT)
        run(ledger, journal)
        ledger.erase("S1")

        run(ledger, journal)

        assert ledger.size == 1

    def test_a_ledger_that_begins_anew_reads_everything_there_is(
        self, tmp_path, ledger, journal, key
    ):
        """The journal's mark is another ledger's."""
        journal.commit([passage(), passage()], CONTEXT)
        tell(ledger, journal, run(ledger, journal))

        with closing(Ledger.open_for_writing(tmp_path / "new.db", "here", key)) as new:
            Sequencer(new, sources_of(journal), {}).turn()

            assert contents(new) == payloads(journal)


class TestWhatTheJournalKeeps:
    """The journal forgets nothing that the ledger has not read."""

    def test_old_messages_wait_for_the_ledger(self, ledger, journal, clock):
        """However long ago the broker has taken them."""
        journal.commit([passage()], CONTEXT)
        tell(ledger, journal, run(ledger, journal))
        journal.commit([passage(), passage()], CONTEXT)
        journal.mark_taken([1, 2, 3])
        clock.now_s += 1000

        assert journal.prune(taken_kept_s=10) == 1
        tell(ledger, journal, run(ledger, journal))
        assert journal.prune(taken_kept_s=10) == 2
        assert ledger.size == 3

    def test_notes_go_once_they_are_entered(self, ledger, journal):
        """All but the newest, at which the next reading is held against the ledger."""
        for number in range(3):
            journal.submit_to_ledger(LedgerNote("clip", str(number), ""))

        tell(ledger, journal, run(ledger, journal))

        left = journal.rows_for_ledger("journal/ledger_outbox", 0, 10)
        assert [row.ref for row in left] == ["2"]
        assert run(ledger, journal)["journal/ledger_outbox"] == 3
        assert refs(ledger) == ["0", "1", "2"]
