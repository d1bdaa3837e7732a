"""`bondwatch evidence`, on a real journal and real files."""

from __future__ import annotations

import hashlib
import json

import pytest
from typer.testing import CliRunner

from bondwatch.evidence_cli import evidence_app
from bondwatch.failures import CommandError
from tests.bondwatch.test_alarms_cli import CONFIG
from tests.vision.outputs.evidence import ALARM_ID, NOON, OTHER_ID, evidence_file, gap
from vision.outputs.journal import Journal


class Site:
    """A configuration, its journal, and one alarm's clip."""

    def __init__(self, folder):
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.data = folder / "data"
        self.journal = Journal.open(self.data / "journal.db")
        digest = hashlib.sha256(b"video").hexdigest()
        self.journal.index_evidence([evidence_file(size_bytes=5, sha256=digest), gap()])
        self.clip = self.data / evidence_file().folder / "cam1.1.mp4"
        self.clip.parent.mkdir(parents=True)
        self.clip.write_bytes(b"video")

    def call(self, *arguments):
        """The result of one command."""
        return CliRunner().invoke(evidence_app, [*arguments, "--config", str(self.config)])

    def refused(self, *arguments):
        """What a command says that cannot do what it was told."""
        result = self.call(*arguments)
        assert isinstance(result.exception, CommandError)
        return str(result.exception)


@pytest.fixture
def site(tmp_path):
    """A site with evidence of one alarm."""
    return Site(tmp_path)


def test_list(site):
    """One line for each alarm, or one object."""
    (line,) = site.call("list", "--json").stdout.splitlines()

    assert json.loads(line) == {
        "alarm_id": ALARM_ID,
        "folder": evidence_file().folder,
        "files": 1,
        "size_bytes": 5,
        "begin_at": NOON,
        "end_at": NOON + 30.0,
        "gaps": 1,
        "is_held": False,
        "is_open": False,
    }
    assert "1 gaps" in site.call("list").stdout


def test_show(site):
    """Files with their spans, what is missing, and who holds it."""
    site.call("hold", ALARM_ID[:6], "--by", "Ann", "--note", "court")

    shown = site.call("show", ALARM_ID[:6])

    assert shown.exit_code == 0
    assert f"{site.clip}: 5 bytes, 2026-01-01 12:00:00.000" in shown.stdout
    assert "missing: cam1 2026-01-01 12:00:10.000" in shown.stdout
    assert "held by Ann" in shown.stdout
    assert "court" in shown.stdout


def test_show_of_what_is_not_as_it_was(site):
    """A file that is gone, or cut off, is told, and is the exit status."""
    site.clip.write_bytes(b"vid")
    cut = site.call("show", ALARM_ID, "--json")
    site.clip.unlink()
    gone = site.call("show", ALARM_ID)

    assert (cut.exit_code, gone.exit_code) == (1, 1)
    assert json.loads(cut.stdout)["files"][0]["wrong"] == "has 3 bytes"
    assert "not there" in gone.stdout


def test_hold_and_release(site):
    """Each once; what was done already is refused with the remedy."""
    assert site.call("hold", ALARM_ID, "--by", "Ann").exit_code == 0
    assert "held already" in site.refused("hold", ALARM_ID)
    assert site.call("release", ALARM_ID, "--by", "Bob").exit_code == 0
    assert "not held" in site.refused("release", ALARM_ID)


def test_an_alarm_that_is_not_known(site):
    """Nothing, and too many, are told apart."""
    site.journal.index_evidence([evidence_file(alarm_id=OTHER_ID)])

    assert "no evidence" in site.refused("show", "ffff")
    assert "2 alarms begin" in site.refused("show", "6f1e")
