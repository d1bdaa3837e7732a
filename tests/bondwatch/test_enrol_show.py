"""What `enrol show`, `list`, `approve` and `export` let people see: changes, bans, all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bondwatch.enrol_cli import enrol_app
from enrolment.key_rotation import init_keys
from enrolment.key_store import KeyStore
from enrolment.people import Person, Template
from enrolment.register import Register
from enrolment.site_keys import read_ring
from tests.bondwatch.test_enrol_cli import CONFIG
from tests.enrolment.registers import row
from vision.config_reader import read_settings

ASKED = ("--badge", "4711", "--group", "staff", "--id", "ann")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A site with the two-person rule."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("two_person_rule: false", "two_person_rule: true"))
    return path


def enrol(config: Path, *words: object, columns: int = 300, status: int = 0) -> Result:
    """Run one enrolment command in a terminal of this width."""
    width = {"COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns), "NO_COLOR": "1"}
    command = [*(str(word) for word in words), "--config", str(config)]
    result = CliRunner().invoke(enrol_app, command, env=width)
    assert result.exit_code == status, result.output
    return result


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--organisation", "Docks"), "edit (moved); organisation: none -> Docks"),
        (("--valid-to", "2099-03-01"), "edit (moved); valid to: no limit -> 2099-03-01"),
        (("--zone", "bay sat 08:00-12:00"), "own zones: none -> bay sat 08:00-12:00"),
        (("--watch-list",), "watch list: not on it -> on it"),
        (("--basis", "consent", "--notice", "v3"), "basis: none -> consent, notice v3, taken by"),
    ],
)
def test_what_was_changed_is_shown(config: Path, options: tuple[str, ...], told: str) -> None:
    """Who has to approve a change sees what it was and became; its state is no part of that."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")

    enrol(config, "edit", "ann", *options, "--by", "eve", "--why", "moved")

    shown = enrol(config, "show", "ann").stdout
    assert told in shown.splitlines()[-1]
    assert "state:" not in shown
    assert shown.splitlines()[-2].endswith("ada: add")


def test_programs_get_the_changes_too(config: Path) -> None:
    """Field by field, in values as the register keeps them."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    enrol(config, "edit", "ann", "--name", "Anne")

    *_, last = json.loads(enrol(config, "show", "ann", "--json").stdout)["history"]

    assert last["changes"] == {"name": ["Ann", "Anne"]}


def test_an_id_is_whole_in_a_narrow_terminal(config: Path) -> None:
    """It is there to be typed: nothing of it gives way to the other columns."""
    enrol(config, "request", "A Name That Is Long", *ASKED[:4], "--id", "contractor-4711")
    enrol(config, "edit", "contractor-4711", "--valid-to", "2099-03-01")

    listed = enrol(config, "list", columns=80).stdout

    assert "contractor-4711" in listed
    assert "…" not in listed
    assert "2099-03-01" in listed


def test_nobody_banned_looks_let_in(config: Path) -> None:
    """Neither the list nor an approval says of somebody on the watch list that they may come."""
    enrol(config, "request", "Mal", "--badge", "-", "--watch-list", "--id", "mal", "--by", "ada")

    approved = enrol(config, "approve", "mal", "--by", "ben").stdout

    assert "is on the watch list" in approved
    assert "may be on site" not in approved
    assert "active, WATCH LIST" in enrol(config, "list").stdout


@pytest.mark.parametrize(
    ("validity", "told"),
    [
        (("--valid-to", "2020-01-01"), "is not let in: the validity is over"),
        (("--valid-from", "2099-01-01"), "may be on site once the validity begins"),
    ],
)
def test_an_approval_out_of_date_says_so(
    config: Path, validity: tuple[str, str], told: str
) -> None:
    """Nobody is told that somebody may come whom the cameras will not let in."""
    enrol(config, "request", "Ann", *ASKED, *validity, "--by", "ada")

    assert told in enrol(config, "approve", "ann", "--by", "ben").stdout


def test_an_export_takes_no_place(config: Path, tmp_path: Path) -> None:
    """A file that is there stays as it is, and the command says what to do instead."""
    enrol(config, "request", "Ann", *ASKED, "--by", "ada")
    taken = tmp_path / "ann.json"
    taken.write_text("mine")

    refused = enrol(config, "export", "ann", "--out", taken, status=1)

    assert f"{taken}: File exists; choose another name" in refused.stderr
    assert taken.read_text() == "mine"


def test_an_export_tells_what_it_could_not_open(config: Path) -> None:
    """Nobody is told that nothing is held of a face whose key is not there."""
    place = read_settings(config).register_place
    assert place.keys
    assert place.keys.store_file
    init_keys(place.keys)
    with Register.open(place) as register:
        register.add_person(Person("ann", "Ann", frozenset({"staff"})), [Template(row(1), "e")])
    place.keys.store_file.unlink()
    with KeyStore.open(place.keys, create=True) as store:
        store.begin(read_ring(place.keys).current)

    exported = enrol(config, "export", "ann")

    held = json.loads(exported.stdout)
    assert (held["templates"], held["templates_without_key"]) == ([], 1)
    assert "1 templates of ann cannot be opened" in exported.stderr
