"""`bondwatch ledger`: what auditors call, against ledgers that are whole and that are not."""

import base64
import json
from contextlib import closing

import pytest

from bondwatch import cli
from tests.system.supervised import config
from tests.vision.ledger.forging import Forger
from tests.vision.ledger.stamp_authority import StampAuthority
from vision.ledger import ledger_rows
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger
from vision.ledger.ledger_file import LedgerFile
from vision.ledger.node_key import NodeKey
from vision.ledger.time_authority import TimeAuthority
from vision.ledger.timestamps import demand_signed, load_roots

SIZE = 9


class Site:
    """A site with a ledger of a few entries, and what an auditor keeps of it."""

    def __init__(self, folder):
        self.config = folder / "config.yaml"
        self.config.write_text(config(["a"]))
        self.path = folder / "data" / "ledger.db"
        key = NodeKey.load_or_make(folder / "data-keys" / "ledger.key")
        ledger = Ledger.open_for_writing(self.path, "here", key)
        for number in range(SIZE):
            text = f'{{"staff_id":"S{number}"}}'
            newest = ledger.append(
                [Draft(Kind.PASSAGE, f"p{number}", 1.7e9 + number, text, subject=f"S{number}")]
            )
        ledger.given_away(newest)
        self.newest = newest
        self.key = str(key.verifier(ledger.origin))
        self.checkpoint = folder / "checkpoint"
        self.checkpoint.write_text(str(newest))
        ledger.close()

    def stamp(self, authority):
        """Have the newest checkpoint stamped."""
        answer = TimeAuthority(authority.url).stamp(self.newest)
        with closing(LedgerFile.for_writing(self.path)) as file, file.write() as db:
            ledger_rows.put_stamp(db, SIZE, answer, 1.7e9)

    def run(self, *arguments):
        return cli.run(["ledger", *arguments, "--config", str(self.config)])

    def verify(self, *more):
        return self.run("verify", "--key", self.key, "--checkpoint", str(self.checkpoint), *more)


@pytest.fixture
def site(tmp_path):
    """A site of its own for each test."""
    return Site(tmp_path)


def test_a_whole_ledger_is_intact(site, capsys):
    """Key and checkpoint from elsewhere: exit status 0."""
    assert site.verify() == 0
    assert capsys.readouterr().out.startswith("intact: bondwatch/here/")


def test_a_key_may_lie_in_a_file(site, tmp_path):
    """So may the checkpoint as the MQTT message that carried it."""
    (tmp_path / "key.pub").write_text(site.key + "\n")
    message = {"version": 1, "checkpoint": site.checkpoint.read_text()}
    site.checkpoint.write_text(json.dumps(message))
    site.key = str(tmp_path / "key.pub")

    assert site.verify() == 0


@pytest.mark.parametrize("given", [(), ("--key",), ("--checkpoint",)])
def test_alone_it_proves_nothing(site, capsys, given):
    """Without both from elsewhere the signer is unverified: exit status 4."""
    values = {"--key": site.key, "--checkpoint": str(site.checkpoint)}
    options = [word for name in given for word in (name, values[name])]

    assert site.run("verify", *options) == 4
    assert capsys.readouterr().out.startswith("consistent, signer unverified: ")


def test_what_was_altered_is_named(site, capsys):
    """Exit status 1, and which entry it is."""
    Forger(site.path).do("UPDATE entries SET ref = 'x' WHERE number = 4").done()

    assert site.verify("--json") == 1

    report = json.loads(capsys.readouterr().out)
    assert report["state"] == "altered"
    assert {"state": "altered", "what": "entry 4"} in report["findings"]


def test_a_ledger_that_lies_elsewhere_needs_no_site(site, tmp_path, monkeypatch):
    """The auditor has a file and no configuration."""
    monkeypatch.chdir(tmp_path)
    site.config.unlink()
    copy = tmp_path / "evidence.db"
    site.path.rename(copy)
    options = ["--ledger", str(copy), "--key", site.key, "--checkpoint", str(site.checkpoint)]

    assert cli.run(["ledger", "verify", *options]) == 0


@pytest.mark.parametrize(
    ("option", "value"), [("--key", "no key"), ("--checkpoint", "config.yaml")]
)
def test_what_is_no_key_or_checkpoint_is_refused(site, capsys, monkeypatch, option, value):
    """Exit status 2: the command line is wrong, nothing is said about the ledger."""
    monkeypatch.chdir(site.config.parent)

    assert site.run("verify", option, value) == 2
    assert capsys.readouterr().out == ""


def test_the_newest_entries_are_shown(site, capsys):
    """A line each: number, time, kind, reference; no personal data."""
    assert site.run("show", "--lines", "2") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "8 2023-11-14T22:13:28.000Z passage p8"
    assert len(lines) == 2


def test_one_entry_is_shown_with_its_proof(site, capsys):
    """Everything that is needed to check it by hand."""
    assert site.run("show", "3") == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["entry"]["ref"] == "p3"
    assert shown["content"]["text"] == '{"staff_id":"S3"}'
    assert len(shown["path"]) == 4
    assert shown["checkpoint"] == site.checkpoint.read_text()


def test_an_entry_that_is_not_there_is_refused(site, capsys):
    """The error names the number."""
    assert site.run("show", "99") == 1
    assert "no entry 99" in capsys.readouterr().err


def test_keys_shows_what_auditors_keep(site, capsys):
    """The public key and the newest checkpoint, never the private key."""
    assert site.run("keys", "--json") == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["key"] == site.key
    assert shown["checkpoint"] == site.checkpoint.read_text()
    assert site.run("keys") == 0
    assert site.key in capsys.readouterr().out


@pytest.fixture
def authority(tmp_path):
    """A time stamp authority."""
    made = StampAuthority(tmp_path / "tsa")
    yield made
    made.stop()


def test_time_stamps_are_verified_and_shown(site, authority, capsys):
    """When the newest was made, over how many entries, and by whom; each entry tells its first."""
    site.stamp(authority)
    assert site.verify("--timestamps", str(authority.ca_file)) == 0
    told = capsys.readouterr().out
    assert "1 of 1 time stamps are right; newest: 9 entries at 20" in told
    assert told.rstrip().endswith("CN=time")
    assert site.verify() == 0
    assert "1 time stamps, of which none was seen to be right" in capsys.readouterr().out
    assert site.verify("--timestamps", str(authority.ca_file), "--json") == 0
    stamps = json.loads(capsys.readouterr().out)["stamps"]
    assert (stamps["right"], stamps["newest"]["authority"]) == (1, "CN=time")
    assert site.run("show", "3", "--json") == 0

    shown = json.loads(capsys.readouterr().out)["timestamp"]
    assert (shown["size"], shown["authority"]) == (SIZE, "CN=time")
    assert shown["checkpoint"] == site.checkpoint.read_text()
    answer = base64.b64decode(shown["answer"])
    assert demand_signed(answer, site.newest, load_roots(authority.ca_file)).at


def test_a_damaged_time_stamp_is_told(site, authority, capsys):
    """Exit status 1, and an entry's own view says what is wrong."""
    site.stamp(authority)
    Forger(site.path).do("UPDATE stamps SET answer = x'3000'").done()

    assert site.verify("--timestamps", str(authority.ca_file)) == 1
    assert capsys.readouterr().out.startswith("altered: ")
    assert site.run("show", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["timestamp"]["problem"]


def test_what_is_no_certificate_is_refused(site, capsys):
    """Exit status 2 for a file that holds none, 1 for one that cannot be read."""
    assert site.verify("--timestamps", str(site.config)) == 2
    assert "holds no certificates" in capsys.readouterr().err
    assert site.verify("--timestamps", "no-such.pem") == 1
    assert site.run("show", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["timestamp"] is None


def test_no_ledger_is_told(tmp_path, capsys):
    """A site that never ran has none."""
    (tmp_path / "config.yaml").write_text(config(["a"]))

    for command in ("verify", "show", "keys"):
        assert cli.run(["ledger", command, "--config", str(tmp_path / "config.yaml")]) == 1
        assert "run 'bondwatch run' first" in capsys.readouterr().err
