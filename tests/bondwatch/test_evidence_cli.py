"""`bondwatch evidence`, on a real journal and real files."""

from __future__ import annotations

import hashlib
import json

import pytest
from typer.testing import CliRunner

from bondwatch.evidence_cli import evidence_app
from bondwatch.failures import CommandError, told
from enrolment.evidence_keys import EvidenceKeys
from enrolment.key_rotation import init_keys
from tests.bondwatch.test_alarms_cli import CONFIG
from tests.vision.outputs.evidence import ALARM_ID, NOON, OTHER_ID, evidence_file, gap
from vision.config_reader import read_settings
from vision.evidence.disk import Disk
from vision.evidence.evidence_errors import EvidenceDamagedError, EvidenceKeyMissingError
from vision.evidence.growing_file import GrowingFile
from vision.evidence.sealed_form import FILE_ID_BYTES, FileSeal
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


@pytest.fixture
def sealed(site):
    """The same clip, sealed with a key of the site's, and its copy in the clear."""
    keys = read_settings(site.config).register_place.keys
    init_keys(keys)
    with EvidenceKeys.open(keys) as store:
        (key,) = store.make(1)
    site.clip.unlink()
    seal = FileSeal(key.cipher, key.key_id, bytes(FILE_ID_BYTES), ALARM_ID, site.clip.name)
    file = GrowingFile(Disk(), site.clip.parent, site.clip.name, seal)
    file.append(b"video")
    file.finish()
    return keys


@pytest.mark.usefixtures("sealed")
def test_open_a_sealed_file(site, tmp_path):
    """What was recorded, in the clear, for its owner alone; it never overwrites."""
    target = tmp_path / "look.mp4"

    opened = site.call("open", ALARM_ID[:6], "cam1.1.mp4", "--to", str(target))

    assert opened.exit_code == 0
    assert target.read_bytes() == b"video"
    assert target.stat().st_mode & 0o077 == 0
    assert site.call("show", ALARM_ID).exit_code == 0
    assert "exists already" in site.refused("open", ALARM_ID, "cam1.1.mp4", "--to", str(target))


@pytest.mark.usefixtures("sealed")
def test_open_what_is_not_to_be_opened(site, tmp_path):
    """No such file, one outside the folder, and one that was changed leave nothing behind."""
    target = tmp_path / "look.mp4"
    for name in ("cam2.jpg", "../../../journal.db", str(site.config)):
        assert "there is no" in site.refused("open", ALARM_ID, name, "--to", str(target))
    damaged = bytearray(site.clip.read_bytes())
    damaged[-1] ^= 1
    site.clip.write_bytes(damaged)

    opened = site.call("open", ALARM_ID, "cam1.1.mp4", "--to", str(target))
    shown = site.call("show", ALARM_ID)

    assert isinstance(opened.exception, EvidenceDamagedError)
    assert (told(opened.exception), shown.exit_code) == (1, 1)
    assert "damaged at byte" in shown.stdout
    site.clip.write_bytes(b"other")
    assert "changed" in site.refused("open", ALARM_ID, "cam1.1.mp4", "--to", str(target))
    assert not target.exists()


def test_open_without_the_key(site, sealed, tmp_path):
    """Exit status 3, and which key is wanted."""
    sealed.key.file.unlink()

    opened = site.call("open", ALARM_ID, "cam1.1.mp4", "--to", str(tmp_path / "look.mp4"))

    assert isinstance(opened.exception, EvidenceKeyMissingError)
    assert told(opened.exception) == 3
    assert "there is no site key at" in site.call("show", ALARM_ID).stdout


def test_open_what_still_grows(site, tmp_path):
    """It is in no index yet; what is whole of it can be looked at."""
    site.clip.with_name("cam1.2.part.mp4").write_bytes(b"more")

    opened = site.call("open", ALARM_ID, "cam1.2.part.mp4", "--to", str(tmp_path / "look.mp4"))

    assert "still growing" in opened.stdout
    assert (tmp_path / "look.mp4").read_bytes() == b"more"


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
