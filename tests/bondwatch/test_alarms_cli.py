"""`bondwatch alarms` and `bondwatch vouch`, on a real journal."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from bondwatch.alarms_cli import alarms_app, vouch
from bondwatch.failures import CommandError
from enrolment.people import Person
from enrolment.register import Register
from tests.contract import validate
from tests.vision.outputs.decisions import CONTEXT, alarm, passage
from vision.core.values import Change
from vision.outputs.journal import Journal

CONFIG = """
site: {id: hall, time_zone: Europe/Berlin}
data_dir: data
mqtt: {host: 127.0.0.1}
models: {pack: embedded}
groups: [staff]
zones:
  - id: dock
    name: Dock
    permits: [{groups: [staff]}]
cameras:
  - id: cam1
    url: rtsp://camera.invalid/stream
    views: [{zone: dock, counts: true, polygon: [[0, 0], [1, 0], [1, 1]]}]
"""

app = typer.Typer()
app.add_typer(alarms_app, name="alarms")
app.command("vouch")(vouch)


class Site:
    """A configuration with its journal."""

    def __init__(self, folder):
        self.config = folder / "config.yaml"
        self.config.write_text(CONFIG)
        self.data = folder / "data"
        self.journal = Journal.open(self.data / "journal.db")

    def call(self, *arguments):
        """The result of one command."""
        return CliRunner().invoke(app, [*arguments, "--config", str(self.config)])

    def refused(self, *arguments):
        """What a command says that cannot do what it was told."""
        result = self.call(*arguments)
        assert isinstance(result.exception, CommandError)
        return str(result.exception)


@pytest.fixture
def site(tmp_path):
    """A site with a new journal."""
    site = Site(tmp_path)
    yield site
    site.journal.close()


def test_list(site):
    """The table shows what is open and what is over."""
    site.journal.commit([alarm(), alarm(incident="b"), alarm(Change.CLEARED, "b")], CONTEXT)

    output = site.call("alarms", "list").output

    assert output.count("unregistered_person") == 2
    assert "open" in output
    assert "cleared" in output


def test_list_json(site):
    """For programs, each line is the newest message of one alarm."""
    committed = site.journal.commit([alarm(), alarm(incident="b")], CONTEXT)
    site.journal.commit([alarm(Change.CLEARED, "b")], CONTEXT)

    lines = site.call("alarms", "list", "--open", "--json").output.splitlines()

    (message,) = [validate("bondwatch/v1/hall/alarm", line) for line in lines]
    assert message["alarm_id"] == committed[0].alarm_id


def test_tail(site):
    """The last revisions, oldest first; passages are none."""
    site.journal.commit([alarm(), passage(), alarm(), alarm(Change.CLEARED)], CONTEXT)

    lines = site.call("alarms", "tail", "-n", "2").output.splitlines()

    assert [line.split()[2:4] for line in lines] == [["r2", "updated"], ["r3", "cleared"]]


def test_tail_json(site):
    """For programs, each line is a message."""
    site.journal.commit([alarm()], CONTEXT)

    (line,) = site.call("alarms", "tail", "--json").output.splitlines()

    assert validate("bondwatch/v1/hall/alarm", line)["revision"] == 1


def test_ack(site):
    """The start of an id will do; who it was is written down."""
    (committed,) = site.journal.commit([alarm()], CONTEXT)

    result = site.call("alarms", "ack", committed.alarm_id[:8], "--by", "Tom", "--json")

    assert result.exit_code == 0
    assert json.loads(result.output)["result"] == "accepted"
    assert site.journal.alarm(committed.alarm_id).acknowledgement.by == "Tom"


def test_ack_repeated(site):
    """Only the first acknowledgement succeeds."""
    (committed,) = site.journal.commit([alarm()], CONTEXT)
    site.call("alarms", "ack", committed.alarm_id)

    result = site.call("alarms", "ack", committed.alarm_id)

    assert result.exit_code == 1
    assert "repeated" in result.output


@pytest.mark.parametrize("alarm_id", ["ffffffff", "%%%%", "____"])
def test_ack_unknown(site, alarm_id):
    """An alarm that is not there is named, with the way to find the right one."""
    assert "'bondwatch alarms list'" in site.refused("alarms", "ack", alarm_id)


def test_ack_by_too_little(site):
    """A slip of the finger acknowledges nothing, though only one alarm begins so."""
    (committed,) = site.journal.commit([alarm()], CONTEXT)

    assert "four characters" in site.refused("alarms", "ack", committed.alarm_id[:3])


def test_vouch(site):
    """A guard answers for an enrolled person, and the journal knows it."""
    (committed,) = site.journal.commit([alarm()], CONTEXT)
    with Register.open(site.data / "register.db") as register:
        register.add_person(Person("S1", "Ada", frozenset({"staff"})))

    result = site.call("vouch", committed.alarm_id, "--staff", "S1", "--by", "guard")

    assert result.exit_code == 0, result.exception
    (vouched,) = site.journal.vouches_after(0)
    assert (vouched.staff_id, vouched.by) == ("S1", "guard")


def test_vouch_for_a_stranger(site):
    """Nobody can vouch for somebody who is not on the register."""
    (committed,) = site.journal.commit([alarm()], CONTEXT)
    Register.open(site.data / "register.db").close()

    said = site.refused("vouch", committed.alarm_id, "--staff", "S9", "--by", "guard")

    assert "S9" in said
    assert site.journal.vouches_after(0) == ()


def test_no_journal(tmp_path):
    """Before the first run there is nothing to look into, and the remedy is said."""
    site = Site(tmp_path)
    site.journal.close()
    (site.data / "journal.db").unlink()

    assert "run 'bondwatch run' first" in site.refused("alarms", "list")
