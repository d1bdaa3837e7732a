"""`bondwatch backup` and `restore`: what was backed up comes back, and nothing else does."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import closing

import pytest
import typer
from typer.testing import CliRunner

from bondwatch.backup_cli import backup, restore
from bondwatch.failures import CommandError
from enrolment.key_rotation import init_keys
from enrolment.people import Person, Template
from enrolment.register import Register
from tests.bondwatch.test_alarms_cli import CONFIG
from tests.enrolment.registers import row
from tests.vision.outputs.decisions import CONTEXT, alarm
from vision.config_reader import read_settings
from vision.outputs.journal import Journal
from vision.outputs.nudge import NudgeListener
from vision.supervision.data_dir import DataDirLock

app = typer.Typer()
app.command("backup")(backup)
app.command("restore")(restore)


class Site:
    """A site with one alarm and one person, and a place for its backup."""

    def __init__(self, folder):
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.data = folder / "data"
        self.file = folder / "site.tar"
        self.alarm()
        with Register.open(self.data / "register.db") as register:
            register.add_person(Person("S1", "Ada", frozenset({"staff"})))

    def alarm(self):
        """One more alarm in the journal."""
        with closing(Journal.open(self.data / "journal.db")) as journal:
            journal.commit([alarm(incident=str(len(journal.list_alarms())))], CONTEXT)

    def alarms(self):
        """How many alarms the journal holds."""
        with closing(Journal.open(self.data / "journal.db")) as journal:
            return len(journal.list_alarms())

    def lose(self):
        """The disk is gone."""
        for path in self.data.iterdir():
            path.unlink()

    def call(self, command, *arguments):
        """The result of one command."""
        return CliRunner().invoke(
            app, [command, str(self.file), *arguments, "--config", str(self.config)]
        )

    def refused(self, command, *arguments):
        """What a command says that cannot do what it was told."""
        result = self.call(command, *arguments)
        assert isinstance(result.exception, CommandError), result.output
        return str(result.exception)


@pytest.fixture
def site(tmp_path):
    """A site."""
    return Site(tmp_path)


def test_comes_back(site):
    """After a loss, a restore brings alarms and people back."""
    said = json.loads(site.call("backup", "--json").output)
    site.lose()

    assert site.call("restore").exit_code == 0

    assert [row["name"] for row in said["databases"]] == ["journal.db", "register.db"]
    assert site.alarms() == 1
    with Register.open_for_reading(site.data / "register.db") as register:
        assert register.person("S1").name == "Ada"


def test_a_machine_without_keys(site, tmp_path):
    """Whoever restores faces is told that nothing opens them, and to make no new keys first."""
    place = read_settings(site.config).register_place
    init_keys(place.keys)
    with Register.open(place) as register:
        register.add_person(Person("S2", "Bob", frozenset({"staff"})), [Template(row(1), "e")])
    site.call("backup")
    site.lose()
    (tmp_path / "keys").rename(tmp_path / "elsewhere")

    restored = site.call("restore")
    (tmp_path / "elsewhere").rename(tmp_path / "keys")

    assert restored.exit_code == 0
    assert "1 people in it cannot be recognised yet" in restored.stderr
    assert "before 'keys init'" in restored.stderr
    assert "recognised" not in site.call("restore", "--force").stderr


def test_while_in_use(site):
    """A backup is made while others write; it holds what was committed."""
    with closing(Journal.open(site.data / "journal.db")) as journal:
        journal.commit([alarm(incident="in use")], CONTEXT)
        assert site.call("backup").exit_code == 0
    site.lose()
    site.call("restore")

    assert site.alarms() == 2


def test_private(site):
    """The file holds templates of faces, so nobody else may read it."""
    site.call("backup")

    assert site.file.stat().st_mode & 0o077 == 0


def test_keeps_an_older_backup(site):
    """A backup never overwrites a file."""
    site.call("backup")

    assert "choose another name" in site.refused("backup")


def test_existing_data(site):
    """What is there is not overwritten; with --force it is put aside, its log with it."""
    site.call("backup")
    site.alarm()
    assert "--force" in site.refused("restore")
    assert site.alarms() == 2

    assert site.call("restore", "--force").exit_code == 0

    assert site.alarms() == 1
    assert (site.data / "journal.db.before-restore").exists()


def test_running_daemon(site):
    """Under a running daemon nothing is restored, force or not."""
    site.call("backup")
    with closing(DataDirLock(site.data)):
        assert "end the daemon first" in site.refused("restore", "--force")


def test_running_publisher(site):
    """Nor under a publisher that outlived its daemon."""
    site.call("backup")
    with closing(NudgeListener(site.data / "run")):
        assert "end the daemon first" in site.refused("restore", "--force")


def rewritten(site, change):
    """The backup once more, its members changed by ``change`` (name to bytes)."""
    with tarfile.open(site.file) as tar:
        members = {name: tar.extractfile(name).read() for name in tar.getnames()}
    change(members)
    with tarfile.open(site.file, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def flip(members):
    """One bit of the journal is wrong."""
    content = bytearray(members["journal.db"])
    content[len(content) // 2] ^= 1
    members["journal.db"] = bytes(content)


def lose_member(members):
    """The journal is missing."""
    del members["journal.db"]


def escape(members):
    """The manifest names a file elsewhere."""
    manifest = json.loads(members["manifest.json"])
    manifest["files"][0]["name"] = "../elsewhere"
    members["manifest.json"] = json.dumps(manifest).encode()


def lose_manifest(members):
    """Nothing says what this is."""
    del members["manifest.json"]


@pytest.mark.parametrize("change", [flip, lose_member, escape, lose_manifest])
def test_wrong_backup(site, change):
    """A backup that is not whole and right changes nothing at all."""
    site.call("backup")
    rewritten(site, change)
    site.alarm()

    assert "site.tar" in site.refused("restore", "--force")

    assert site.alarms() == 2
    assert not list(site.data.glob("*.before-restore"))


def test_no_backup(site):
    """A file that is no backup, or not there, is refused by name."""
    site.lose()
    assert "site.tar" in site.refused("restore")
    site.file.write_bytes(b"nothing" * 1000)
    assert "site.tar" in site.refused("restore")
