"""`bondwatch evidence export | verify` and `bondwatch verify`, on a camera's real clip."""

from __future__ import annotations

import json
import shutil
import zipfile
from contextlib import closing
from copy import copy

import pytest

from bondwatch import bundle_makers, cli
from enrolment.people import Person
from enrolment.register import Register
from tests.bondwatch.test_alarms_cli import CONFIG
from tests.clips import make_clip
from tests.vision.evidence.evidence_site import evidence_site
from tests.vision.evidence.packets import annexb_packets, frames_in, looped
from tests.vision.outputs.decisions import CONTEXT, alarm
from vision.bundles import gathering
from vision.bundles.makers import Makers
from vision.core.values import Change
from vision.ledger.ledger import Ledger
from vision.ledger.node_key import NodeKey
from vision.ledger.sequencer import Sequencer
from vision.ledger.sources import JournalSource
from vision.outputs import journal_ledger
from vision.outputs.journal import Journal


class Site:
    """One alarm, whose clip and timeline the evidence thread has written; what an auditor keeps."""

    def __init__(self, folder):
        self.lie_in(folder)
        self.config.write_text(CONFIG)
        self.data.mkdir()
        stream = looped(annexb_packets(make_clip(gop=25)), 5, 2.0)
        raised, cleared = (
            alarm(change, at=stream[at].at)
            for change, at in ((Change.RAISED, 124), (Change.CLEARED, 125))
        )
        with closing(Journal.open(self.data / "journal.db")) as journal:
            (told,) = journal.commit([raised], CONTEXT)
            self.alarm_id = told.alarm_id
            with evidence_site(self.data) as made:
                made.feed(stream[:125])
                made.witness.decide([raised])
                made.writer.told(raised, self.alarm_id, raised.at.wall_utc)
                made.witness.decide([cleared])
                made.feed(stream[125:])
                made.wait_kept("clip")
                made.wait_kept("timeline")
            journal.commit([cleared], CONTEXT)
            self.enter(journal)

    def lie_in(self, folder):
        """Where everything is."""
        self.folder = folder
        self.config = folder / "config.yaml"
        self.data = folder / "data"

    def copied(self, folder):
        """The same site somewhere else."""
        twin = copy(self)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        twin.lie_in(folder)
        twin.checkpoint = folder / self.checkpoint.name
        return twin

    def enter(self, journal):
        """The ledger takes everything up, and a checkpoint goes out."""
        key = NodeKey.load_or_make(self.folder / "data-keys" / "ledger.key")
        with closing(Ledger.open_for_writing(self.data / "ledger.db", "hall", key)) as ledger:
            sources = [JournalSource(journal, name) for name in journal_ledger.SOURCES]
            sequencer = Sequencer(ledger, sources, {})
            while sequencer.turn():
                pass
            head = ledger.checkpoint()
            ledger.given_away(head)
            self.key = str(key.verifier(ledger.origin))
        self.checkpoint = self.folder / f"{head.head.size}.checkpoint"
        self.checkpoint.write_text(str(head))

    def run(self, *arguments):
        return cli.run(["evidence", *arguments, "--config", str(self.config)])

    def export(self, *more):
        """The bundle."""
        path = self.folder / "bundle.zip"
        assert self.run("export", self.alarm_id[:6], "--to", str(path), "--force", *more) == 0
        return path

    def verify(self, path, *more):
        key, checkpoint = self.key, str(self.checkpoint)
        return cli.run(["verify", str(path), "--key", key, "--checkpoint", checkpoint, *more])


@pytest.fixture(scope="module")
def first_site(tmp_path_factory):
    """A site that nobody touches."""
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(first_site, tmp_path):
    """A site of its own for each test."""
    return first_site.copied(tmp_path)


def test_an_auditor_verifies_what_was_exported(site, tmp_path, capsys):
    """Offline, without any configuration: 0 intact, 1 altered with the file's name, 4 alone."""
    path = site.export()
    site.config.unlink()
    capsys.readouterr()

    assert site.verify(path) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"intact: {path}\n  alarm {site.alarm_id} of hall, ")
    with zipfile.ZipFile(path) as opened:
        opened.extractall(tmp_path / "out")
    (clip,) = (tmp_path / "out" / "evidence").glob("*.mp4")
    assert frames_in(clip) > 75
    data = path.read_bytes()
    at = data.index(clip.read_bytes()) + 1000
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert site.verify(path, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["state"] == "altered"
    assert {"state": "altered", "what": "evidence/cam1.1.mp4"} in report["findings"]
    path.write_bytes(data)
    assert cli.run(["verify", str(path)]) == 4
    assert capsys.readouterr().out.startswith("consistent, signer unverified: ")


def test_checkpoints_of_other_sizes(site, capsys):
    """What they prove depends on what leads to them: the bundle, a history, or the ledger."""
    path = site.export()
    first = site.checkpoint
    with closing(Journal.open(site.data / "journal.db")) as journal:
        site.enter(journal)
    assert site.checkpoint != first

    assert site.verify(path) == 4
    assert "consistent, history unproven" in capsys.readouterr().out
    assert site.verify(path, "--ledger", str(site.data / "ledger.db")) == 0
    history = site.folder / "history"
    history.write_text(f"{first.read_text()}\n{site.checkpoint.read_text()}\n")
    site.checkpoint = history
    assert site.verify(path) == 0
    messages = [{"version": 1, "checkpoint": one} for one in (first.read_text(),)]
    history.write_text("".join(f"{json.dumps(one)}\n\n" for one in messages))
    assert site.verify(path) == 0
    site.checkpoint = first
    assert site.verify(site.export("--checkpoint", str(first))) == 0


def test_what_export_tells(site, capsys):
    """For people and for programs; which alarm, which file, what is to be known of it."""
    path = site.export("--json", "--by", "Ann\x07")

    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["alarm_id"], told["role"]) == (str(path), site.alarm_id, "original")
    assert told["size_bytes"] == path.stat().st_size
    assert {one["name"] for one in told["evidence"]} == {"cam1.1.mp4", "cam1.1.jsonl"}
    site.export()
    assert "verify it: bondwatch verify bundle.zip --key PUB" in capsys.readouterr().out


def test_by_default_it_lies_here_and_replaces_nothing(site, monkeypatch, capsys):
    """Its name says of which site and alarm it is."""
    monkeypatch.chdir(site.folder)

    assert site.run("export", site.alarm_id) == 0
    assert (site.folder / f"hall-{site.alarm_id[:8]}.zip").is_file()
    assert site.run("export", site.alarm_id) == 1
    assert "use --force" in capsys.readouterr().err


def test_what_cannot_be_redacted_stays_here(site, monkeypatch, capsys):
    """Why is told, and the rest goes out."""
    monkeypatch.setattr(bundle_makers, "makers", Makers)
    target = site.folder / "bundle.zip"

    assert site.run("export", site.alarm_id, "--redact", "--to", str(target)) == 0
    assert "no copy of cam1.1.mp4 to show could be made" in capsys.readouterr().out
    with zipfile.ZipFile(target) as bundle:
        assert "cam1" not in " ".join(bundle.namelist())


def test_a_redacted_copy_of_a_real_clip(site):
    """It plays, the original is not in it, and the bundle proves itself all the same."""
    target = site.folder / "bundle.zip"

    assert site.run("export", site.alarm_id, "--redact", "--to", str(target)) == 0

    with zipfile.ZipFile(target) as bundle:
        assert not [name for name in bundle.namelist() if name.startswith("evidence/")]
        (clip,) = [name for name in bundle.namelist() if name.endswith(".mp4")]
        bundle.extract(clip, site.folder)
    assert clip == "shown/cam1.1.redacted.mp4"
    assert frames_in(site.folder / clip) > 50
    assert site.verify(target) == 0


def test_damaged_evidence_is_told(site, capsys):
    """The rest goes out; exit status 1."""
    (clip,) = site.data.glob("evidence/*/*/*.mp4")
    clip.write_bytes(b"film")

    assert site.run("export", site.alarm_id, "--to", str(site.folder / "bundle.zip")) == 1
    assert "cam1.1.mp4 was left out: changed" in capsys.readouterr().out
    assert site.verify(site.folder / "bundle.zip") == 1


def test_names_come_from_the_register(site, monkeypatch):
    """Of people whom the alarm names; a register that is not there is told."""
    with Register.open(site.data / "register.db") as register:
        register.add_person(Person("S1", "Ann", frozenset({"staff"})))
        register.add_person(Person("S2", "Bob", frozenset({"staff"})))
    seen = []

    def page(case, target):
        seen.append(dict(case.names))
        target.touch()

    monkeypatch.setattr(bundle_makers, "makers", lambda: Makers(replay_page=page))
    monkeypatch.setattr(gathering, "staff_ids", lambda _: frozenset({"S1", "S9"}))
    site.export()
    (site.data / "register.db").write_bytes(b"no register at all" * 99)
    path = site.export()

    assert seen == [{"S1": "Ann"}, {}]
    with zipfile.ZipFile(path) as opened:
        assert "the register could not be read" in opened.read("manifest.json").decode()


def test_a_checkpoint_of_another_ledger_is_refused(site, tmp_path, capsys):
    """Whoever exports learns that the histories differ."""
    other = tmp_path / "other"
    other.mkdir()
    strange = Site(other).checkpoint

    target = str(site.folder / "bundle.zip")
    assert site.run("export", site.alarm_id, "--to", target, "--checkpoint", str(strange)) == 1
    assert "--checkpoint: the checkpoint is of bondwatch/hall/" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["ledger.db", "journal.db"])
def test_without_ledger_or_journal(site, capsys, missing):
    """The remedy is told."""
    for path in site.data.glob(f"{missing}*"):
        path.unlink()

    for command in ("export", "verify"):
        assert site.run(command, site.alarm_id) == 1
        assert "run 'bondwatch run' first" in capsys.readouterr().err


def test_an_alarm_that_is_not_known(site, capsys):
    """Nothing is written."""
    for command in ("export", "verify"):
        assert site.run(command, "ffffffff") == 1
        assert "there is no alarm 'ffffffff'" in capsys.readouterr().err


def test_stored_evidence_is_verified(site, capsys):
    """Against index and ledger: 0, 4 without anything from elsewhere, 1 where it was touched."""
    held = ("--key", site.key, "--checkpoint", str(site.checkpoint))

    assert site.run("verify", site.alarm_id, *held) == 0
    assert capsys.readouterr().out.startswith(f"intact: alarm {site.alarm_id}\n  2 files; ")
    assert site.run("verify", site.alarm_id) == 4
    (clip,) = site.data.glob("evidence/*/*/*.mp4")
    clip.write_bytes(clip.read_bytes()[:-1] + b"x")
    capsys.readouterr()
    assert site.run("verify", site.alarm_id, *held, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["findings"][0]["what"].endswith("cam1.1.mp4: changed")


@pytest.mark.parametrize(
    ("option", "text", "why"),
    [
        ("--key", "no key", "--key: "),
        ("--key", "x" * 5000, "--key: "),
        ("--checkpoint", "no checkpoint", "hold"),
        ("--checkpoint", "", "holds no checkpoint"),
        ("--checkpoint", '{"version": 1}', "carries no checkpoint"),
    ],
)
def test_what_is_no_key_or_checkpoint_is_refused(tmp_path, capsys, option, text, why):
    """Exit status 2: nothing is said about the bundle."""
    bundle, file = tmp_path / "bundle.zip", tmp_path / "file"
    bundle.touch()
    file.write_text(text)

    given = text if option == "--key" else str(file)
    assert cli.run(["verify", str(bundle), option, given]) == 2
    told = capsys.readouterr()
    assert (told.out, why in told.err or "no signed note" in told.err) == ("", True)


def test_a_history_that_is_too_long(tmp_path, capsys):
    """The remedy is told."""
    bundle, file = tmp_path / "bundle.zip", tmp_path / "file"
    bundle.touch()
    with file.open("wb") as sparse:
        sparse.truncate((16 << 20) + 1)

    assert cli.run(["verify", str(bundle), "--checkpoint", str(file)]) == 2
    assert "give the part of it" in capsys.readouterr().err


def test_no_bundle(tmp_path, capsys):
    """A folder is none either."""
    for path in (tmp_path, tmp_path / "none.zip"):
        assert cli.run(["verify", str(path)]) == 2
        assert "name a bundle" in capsys.readouterr().err
