"""The ledger's writer as the supervisor starts it: killed, starved and led astray, for real."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial

import pytest

from enrolment.people import Person
from enrolment.register import Register
from tests.contract import validate
from tests.system.small_disk import MOUNT, UMOUNT, SmallDisk
from tests.system.supervised import PATIENCE_S, ROOT, config, wait_until
from tests.vision.ledger.stamp_authority import StampAuthority
from tests.vision.outputs.decisions import CONTEXT, alarm, passage
from vision.child_protocol import Beat, Degraded, Ready, Stop, encode, parse_report
from vision.core.values import IdentityEvidence, IdentityState
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.ledger import LedgerReader
from vision.ledger.ledger_errors import LedgerError
from vision.ledger.ledger_file import LedgerFile
from vision.ledger.node_key import NodeKey
from vision.ledger.timestamps import demand_signed, load_roots
from vision.ledger.verdicts import State
from vision.ledger.verifying import Trust, verify
from vision.outputs.journal import Journal

pytestmark = pytest.mark.system


class Writer:
    """One ``bondwatch ledger-writer`` after another over one data directory."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        ledger = f"ledger: {{checkpoint_s: 1, copy_to: {self.elsewhere}}}\n"
        (folder / "config.yaml").write_text(config(["a"]) + ledger)
        self.process = None
        self.journal = Journal.open(self.data / "journal.db")

    def start(self):
        command = [sys.executable, "-m", "bondwatch", "ledger-writer", "--config"]
        self.reports = []
        self.process = subprocess.Popen(
            [*command, self.folder / "config.yaml"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, stream):
        reports = self.reports
        for line in stream:
            reports.append(parse_report(line.strip()))

    def wait_ready(self):
        wait_until(lambda: Ready() in self.reports)

    def end(self):
        self.process.stdin.write(encode(Stop()))
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def entered(self):
        """The contents of what came from the journal, in order."""
        try:
            reader = LedgerReader.open(self.data / "ledger.db")
        except LedgerError:
            # it is being made
            return []
        with closing(reader) as ledger:
            return [
                ledger.content(entry.number).text
                for entry in ledger.entries(limit=10_000)
                if entry.source.startswith("journal")
            ]

    def told(self):
        """What went out of the journal, in order."""
        with self.journal._file.read() as db:
            return [row[0] for row in db.execute("SELECT payload FROM outbox ORDER BY seq")]

    def wait_entered(self):
        wait_until(lambda: self.entered() == self.told())

    def verdict(self):
        """Verified with the node's key and the checkpoint of the second place."""
        key = NodeKey.load_or_make(self.folder / "data-keys" / "ledger.key")
        (newest,) = self.elsewhere.glob("*.checkpoint")
        checkpoint = Checkpoint.parse(newest.read_text())
        with closing(LedgerFile.for_reading(self.data / "ledger.db")) as file:
            return verify(file, Trust(key.verifier(checkpoint.head.origin), checkpoint))

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.journal.close()


@pytest.fixture
def writer(tmp_path):
    """A ledger's writer, not started yet; ended with the test."""
    made = Writer(tmp_path)
    yield made
    made.close()


def test_it_enters_what_the_journal_has_and_gives_checkpoints_away(writer):
    """Over MQTT, by way of the journal, and at the second place: both are the same ledger."""
    writer.journal.commit([alarm(), passage()], CONTEXT)

    writer.start()
    writer.wait_ready()
    writer.wait_entered()
    writer.end()

    (state,) = writer.journal.due_states()[-1:]
    message = validate(f"bondwatch/v1/hall/{state.topic}", state.payload)
    (newest,) = writer.elsewhere.glob("*.checkpoint")
    assert Checkpoint.parse(state.payload) == Checkpoint.parse(newest.read_text())
    assert message["size"] == Checkpoint.parse(state.payload).head.size
    assert writer.verdict().state is State.INTACT


def test_the_first_entries_say_what_begins_and_by_what_it_is_judged(writer):
    """Name and key of the ledger, then configuration and models."""
    writer.start()
    writer.wait_ready()

    with closing(LedgerReader.open(writer.data / "ledger.db")) as ledger:
        kinds = [entry.kind for entry in ledger.entries()]
        texts = [ledger.content(number).text for number in range(3)]

    assert kinds == ["ledger_begun", "configuration", "models"]
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    assert texts[1] == (writer.folder / "config.yaml").read_text()
    assert "warehouse_yolox" in texts[2]


def test_it_may_be_killed_at_any_moment(writer):
    """While alarms come in it dies again and again: none twice, none left out, all signed."""
    done = threading.Event()

    def go_on():
        with closing(Journal.open(writer.data / "journal.db", busy_s=10.0)) as journal:
            for _ in range(2000):  # as many as ``entered`` reads, however slow the machine
                journal.commit([alarm(), passage()], CONTEXT)
                if done.wait(0.005):
                    return

    busy = threading.Thread(target=go_on)
    busy.start()
    for wait_s in (0.0, 0.02, 0.3, 0.7):
        writer.start()
        writer.wait_ready()
        time.sleep(wait_s)
        writer.kill()
    done.set()
    busy.join()

    writer.start()
    writer.wait_entered()
    writer.end()

    assert len(writer.told()) > 20
    assert writer.verdict().state is State.INTACT


def test_whoever_is_removed_from_the_register_is_forgotten(writer):
    """No byte of the staff id is left in the ledger's files, and it is intact as before."""
    who = "W-forgotten-person"
    evidence = IdentityEvidence(IdentityState.REGISTERED, staff_id=who)
    writer.journal.commit([alarm(), passage(evidence=evidence)], CONTEXT)
    with Register.open(writer.data / "register.db") as register:
        register.add_person(Person(who, "Ann", frozenset({"staff"})))
        writer.start()
        writer.wait_entered()
        assert who.encode() in bytes_of(writer.data)

        register.remove(who)
        wait_until(lambda: who.encode() not in bytes_of(writer.data))
    writer.end()

    verdict = writer.verdict()
    assert (verdict.state, verdict.erased) == (State.INTACT, 1)


def bytes_of(data):
    """The ledger's files, every page of them."""
    return b"".join(path.read_bytes() for path in sorted(data.glob("ledger.db*")))


def test_a_journal_that_was_restored_adds_to_the_ledger(writer):
    """What the old journal forgot stays in the ledger; what it tells anew is entered behind."""
    writer.journal.commit([passage(track_id=1)], CONTEXT)
    backup = writer.folder / "backup.db"
    with writer.journal._file.read() as db, closing(sqlite3.connect(backup)) as to:
        db.backup(to)
    writer.journal.commit([passage(track_id=2)], CONTEXT)
    before = writer.told()
    writer.start()
    writer.wait_entered()
    writer.end()

    writer.journal.close()
    for old in writer.data.glob("journal.db*"):
        old.unlink()
    shutil.copy(backup, writer.data / "journal.db")
    writer.journal = Journal.open(writer.data / "journal.db")
    writer.journal.commit([passage(track_id=3), passage(track_id=4)], CONTEXT)
    writer.start()
    anew = writer.told()[1:]

    wait_until(lambda: writer.entered() == [*before, *anew])
    writer.end()
    assert writer.verdict().state is State.INTACT
    with closing(LedgerReader.open(writer.data / "ledger.db")) as ledger:
        assert [entry.kind for entry in ledger.entries()].count("source_restored") == 1


def test_a_ledger_that_went_back_is_refused(writer):
    """An older copy of the file would fork the ledger: it says so, and writes nothing."""
    writer.start()
    writer.wait_ready()
    writer.end()
    older = writer.folder / "older.db"
    shutil.copy(writer.data / "ledger.db", older)
    writer.journal.commit([passage()], CONTEXT)
    writer.start()
    writer.wait_entered()
    writer.end()

    shutil.copy(older, writer.data / "ledger.db")
    writer.start()
    writer.wait_ready()

    assert Degraded("ledger", "ledger_went_back") in writer.reports
    assert writer.entered() == []
    (writer.data / "ledger.db").rename(writer.folder / "put-aside.db")
    writer.wait_entered()
    assert Degraded("ledger_before", "ledger_begun_anew") in writer.reports
    wait_until(lambda: Degraded("ledger", None) in writer.reports)


def test_a_key_that_cannot_be_used_is_told(writer):
    """Nothing is entered unsigned, and nothing is lost: it waits in the journal."""
    writer.journal.commit([passage()], CONTEXT)
    (writer.folder / "data-keys").mkdir()
    key = writer.folder / "data-keys" / "ledger.key"
    key.write_text("no key")
    key.chmod(0o600)
    writer.start()
    wait_until(lambda: Degraded("ledger", "ledger_key_unusable") in writer.reports)

    key.unlink()

    writer.wait_entered()
    wait_until(lambda: Degraded("ledger", None) in writer.reports)


def test_a_second_place_that_is_gone_is_told(writer):
    """The ledger goes on; the alarm says that nobody else has its checkpoints."""
    writer.elsewhere.rmdir()
    writer.start()
    writer.wait_ready()
    wait_until(lambda: Degraded("ledger_copy", "ledger_copy_failed") in writer.reports)

    writer.elsewhere.mkdir()
    writer.journal.commit([passage()], CONTEXT)

    wait_until(lambda: list(writer.elsewhere.glob("*.checkpoint")))
    wait_until(lambda: writer.reports.count(Degraded("ledger_copy", None)) > 0)
    writer.wait_entered()


def test_time_stamps_wait_for_their_authority_and_hold_up_nobody(writer):
    """Down at first, it is asked again; what it stamps then covers all that was entered before."""
    authority = StampAuthority(writer.folder / "tsa")
    authority.stop()
    config = writer.folder / "config.yaml"
    more = f"timestamp_url: '{authority.url}', timestamp_ca_file: {authority.ca_file}"
    config.write_text(config.read_text().replace("checkpoint_s: 1", f"checkpoint_s: 1, {more}"))
    writer.journal.commit([passage()], CONTEXT)
    writer.start()
    writer.wait_ready()
    writer.wait_entered()
    authority.start()
    writer.kill()
    try:
        writer.start()
        wait_until(lambda: _stamped(writer) is not None)
        writer.end()
    finally:
        authority.stop()

    demand = partial(demand_signed, roots=load_roots(authority.ca_file))
    with closing(LedgerFile.for_reading(writer.data / "ledger.db")) as file:
        report = verify(file, Trust(demand_stamp=demand))
    assert report.stamps.right == report.stamps.kept == 1
    assert report.stamps.newest_size == report.size
    assert not [one for one in writer.reports if isinstance(one, Degraded) and one.reason]


def _stamped(writer):
    """The first stamp over the first entry."""
    with closing(LedgerReader.open(writer.data / "ledger.db")) as ledger:
        return ledger.stamp_over(0)


def test_a_full_disk_is_told_and_survived(tmp_path):
    """What cannot be entered waits in the journal; with room again it is entered, all of it."""
    if os.geteuid() != 0 or MOUNT is None or UMOUNT is None:
        pytest.skip("a file system of its own needs root and mount")
    with closing(SmallDisk(tmp_path / "data")) as disk, closing(Writer(tmp_path)) as writer:
        writer.start()
        writer.wait_ready()
        writer.process.send_signal(signal.SIGSTOP)
        writer.journal.commit([passage() for _ in range(300)], CONTEXT)
        disk.fill()
        writer.process.send_signal(signal.SIGCONT)
        wait_until(lambda: any(_is_full(report) for report in writer.reports))

        disk.make_room()

        writer.wait_entered()
        wait_until(lambda: writer.reports[-1] == Beat())
        writer.end()
        assert Degraded("ledger", None) in writer.reports
        assert writer.verdict().state is State.INTACT
        writer.journal.close()


def _is_full(report):
    return isinstance(report, Degraded) and report.reason in {
        "ledger_unwritable",
        "ledger_without_journal",
    }
