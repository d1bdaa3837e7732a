"""`bondwatch ledger`: what auditors call, against ledgers that are whole and that are not."""

import json

import pytest

from bondwatch import cli
from tests.system.supervised import config
from tests.vision.ledger.forging import Forger
from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger
from vision.ledger.node_key import NodeKey

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
        self.key = str(key.verifier(ledger.origin))
        self.checkpoint = folder / "checkpoint"
        self.checkpoint.write_text(str(newest))
        ledger.close()

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


def test_no_ledger_is_told(tmp_path, capsys):
    """A site that never ran has none."""
    (tmp_path / "config.yaml").write_text(config(["a"]))

    for command in ("verify", "show", "keys"):
        assert cli.run(["ledger", command, "--config", str(tmp_path / "config.yaml")]) == 1
        assert "run 'bondwatch run' first" in capsys.readouterr().err
