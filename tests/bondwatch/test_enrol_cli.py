"""`bondwatch enrol`: real photos in, plain words and exit codes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bondwatch.enrol_cli import enrol_app
from enrolment.key_rotation import init_keys
from enrolment.people import Person, Template
from enrolment.register import Register
from models.errors import WeightMissingError
from models.manifest import EMBEDDED, read_manifest
from models.store import standard_store
from vision.config_reader import read_settings

CONFIG = """
site: {id: dock-7, time_zone: Europe/Berlin}
data_dir: data
mqtt: {host: 127.0.0.1}
models: {pack: embedded}
groups: [contractors, staff]
register: {two_person_rule: false, keep_photos: true}
zones:
  - id: bay
    name: Bay
    permits: [{groups: [contractors, staff]}]
cameras:
  - id: gate
    url: rtsp://camera.invalid/stream
    views: [{zone: bay, counts: true, polygon: [[0, 0], [1, 0], [1, 1]]}]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write a configuration with two groups; its data directory does not exist yet."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    keys = read_settings(path).register_place.keys
    assert keys
    init_keys(keys)
    return path


@pytest.fixture
def register_path(config: Path) -> Path:
    """Name the register that the configuration leads to."""
    return config.parent / "data" / "register.db"


@pytest.fixture
def ann(register_path: Path) -> None:
    """Have one person enrolled, without a photo."""
    with Register.open(register_path) as register:
        register.add_person(Person("ann", "Ann [red]王[/red]", frozenset({"staff"})))


@pytest.fixture
def portraits() -> Path:
    """Find the portraits, and the weights that go with them."""
    data = os.environ.get("BONDWATCH_TEST_DATA")
    if not data or not Path(data, "people").is_dir():
        pytest.skip("BONDWATCH_TEST_DATA names no directory with people/ in it")
    for name in read_manifest().pack(EMBEDDED).entries:
        try:
            standard_store().find(read_manifest().entry(name))
        except WeightMissingError as missing:
            pytest.skip(f"{missing}")
    return Path(data, "people")


def enrol(config: Path, *words: object, answer: str | None = None) -> Result:
    """Run one enrolment command."""
    wide = {"COLUMNS": "300", "TERMINAL_WIDTH": "300", "NO_COLOR": "1"}
    command = [*(str(word) for word in words), "--config", str(config)]
    return CliRunner().invoke(enrol_app, command, input=answer, env=wide)


def listed(config: Path) -> list[dict[str, object]]:
    """List everybody as programs see them."""
    return json.loads(enrol(config, "list", "--json").stdout)


class TestAdd:
    """Enrolling from photos."""

    def test_somebody_is_enrolled_and_listed(self, config: Path, portraits: Path) -> None:
        """Two good photos, a group and a last day make a person with two templates."""
        result = enrol(
            config,
            *("add", "Barack Obama", "--group", "staff", "--valid-to", "2126-03-01"),
            *("--photo", portraits / "barack-obama.jpg", portraits / "barack-obama-2.jpg"),
        )

        assert result.exit_code == 0, result.output
        assert "enrolled as barack-obama, from 2 photos" in result.stdout
        (person,) = listed(config)
        assert person["groups"] == ["staff"]
        assert person["valid_to"] == "2126-03-01T23:00:00+00:00"
        assert (person["templates"], person["foreign_templates"]) == (2, 0)

    def test_a_corrupt_photo_is_named_and_the_others_go_on(
        self, config: Path, portraits: Path, tmp_path: Path
    ) -> None:
        """The good photo enrols; the bad one is told with its reason."""
        bad = tmp_path / "holiday.jpg"
        bad.write_text("no picture")

        result = enrol(
            config,
            *("add", "王秀英", "--group", "contractors", "--id", "W-1"),
            *("--photo", bad, "--photo", portraits / "alex-lacamoire.png"),
        )

        assert result.exit_code == 0, result.output
        assert "holiday.jpg: refused, not_a_photo" in result.stderr
        assert "王秀英 is enrolled as W-1, from 1 photo" in result.stdout

    def test_nobody_is_enrolled_from_refused_photos(self, config: Path, portraits: Path) -> None:
        """Two people in the photo: the reason in plain words, exit 1, the register empty."""
        result = enrol(
            config, "add", "Both", "--group", "staff", "--photo", portraits / "two-people.jpg"
        )

        assert result.exit_code == 1
        assert "several_faces (2 faces). More than one face was found." in result.stderr
        assert "Nobody was enrolled." in result.stderr
        assert listed(config) == []

    def test_one_face_under_two_names_is_refused(self, config: Path, portraits: Path) -> None:
        """The second enrolment says whom the face belongs to; a human may overrule."""
        photo = ("--group", "staff", "--photo", portraits / "joe-biden.jpg")
        enrol(config, "add", "Joe Biden", *photo)

        refused = enrol(config, "add", "Robin Ware", *photo)
        overruled = enrol(config, "add", "Robin Ware", *photo, "--not-same-as", "joe-biden")

        assert refused.exit_code == 1
        assert "already_enrolled_as (joe-biden, similarity 1.000)" in refused.stderr
        assert overruled.exit_code == 0, overruled.output
        assert [person["staff_id"] for person in listed(config)] == ["joe-biden", "robin-ware"]

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            (("--group", "thieves"), "unknown group thieves; known groups: contractors, staff"),
            (("--group", "staff", "--id", "../x"), "staff id '../x'"),
            (("--group", "staff", "--valid-to", "soon"), "'soon' is no date"),
            (
                ("--group", "staff", "--valid-from", "2026-03-02", "--valid-to", "2026-03-01"),
                "ends before it begins",
            ),
            ((), "Missing option"),
        ],
    )
    def test_what_is_typed_wrongly_is_a_usage_error(
        self, config: Path, options: tuple[str, ...], told: str
    ) -> None:
        """Exit 2 and the remedy, before any photo is looked at."""
        result = enrol(config, "add", "Ann", "--photo", "none.jpg", *options)

        assert result.exit_code == 2
        assert told in result.stderr

    def test_a_name_without_quotes_is_a_usage_error(self, config: Path) -> None:
        """`add Ann Smith` does not enrol somebody called Ann."""
        result = enrol(config, "add", "Ann", "Smith", "--group", "staff", "--photo", "a.jpg")

        assert result.exit_code == 2
        assert "Smith" in result.stderr

    @pytest.mark.usefixtures("ann")
    def test_a_taken_id_is_refused(self, config: Path) -> None:
        """Exit 1: another person has it."""
        result = enrol(config, "add", "Anna", "--id", "ann", "--group", "staff", "--photo", "a.jpg")

        assert result.exit_code == 1
        assert "ann is taken" in result.stderr


@pytest.mark.usefixtures("ann")
def test_faces_that_nobody_new_is_compared_with_are_told(config: Path) -> None:
    """After a change of embedder one face could be enrolled twice, or somebody banned again."""
    face = np.eye(1, 128, dtype=np.float32)[0]
    with Register.open(read_settings(config).register_place) as register:
        register.add_templates("ann", [Template(face, "another-embedder")])

    result = enrol(config, "add", "Bob", "--badge", "7", "--group", "staff")

    assert result.exit_code == 0
    assert "Of 1 enrolled (ann)" in result.stderr
    assert "re-embed" in result.stderr


@pytest.mark.parametrize(("people", "warned"), [(89_999, False), (90_000, True)])
def test_from_90000_people_on_there_is_a_warning(
    config: Path, monkeypatch: pytest.MonkeyPatch, *, people: int, warned: bool
) -> None:
    """In China 100,000 faces are filed with the authorities, so it is said before."""
    monkeypatch.setattr(Register, "count", lambda _: people)

    result = enrol(config, "add", "Bob", "--badge", "7", "--group", "staff")

    assert result.exit_code == 0, result.output
    assert ("90000 people are enrolled" in result.stderr) is warned


@pytest.mark.usefixtures("ann")
class TestKeeping:
    """What is done with people who are enrolled."""

    def test_the_table_shows_names_as_they_are(self, config: Path) -> None:
        """A name is no markup, whatever it holds."""
        result = enrol(config, "list")

        assert result.exit_code == 0
        assert "Ann [red]王[/red]" in result.stdout

    def test_one_person_is_shown(self, config: Path) -> None:
        """As lines for people, as JSON for programs."""
        shown = enrol(config, "show", "ann")
        as_json = json.loads(enrol(config, "show", "ann", "--json").stdout)

        assert "Groups:       staff" in shown.stdout
        assert (as_json["staff_id"], as_json["state"]) == ("ann", "active")

    def test_suspending_and_resuming(self, config: Path) -> None:
        """Both say whom they concern and take effect at once."""
        suspended = enrol(config, "suspend", "ann")
        between = listed(config)[0]["state"]
        resumed = enrol(config, "resume", "ann")

        assert (suspended.exit_code, resumed.exit_code) == (0, 0)
        assert "(ann) is suspended." in suspended.stdout
        assert (between, listed(config)[0]["state"]) == ("suspended", "active")

    def test_removing_asks_first(self, config: Path) -> None:
        """No is no; yes erases."""
        kept = enrol(config, "remove", "ann", answer="n\n")
        left = listed(config)
        erased = enrol(config, "remove", "ann", answer="y\n")

        assert (kept.exit_code, len(left)) == (1, 1)
        assert (erased.exit_code, listed(config)) == (0, [])

    def test_removing_without_asking(self, config: Path) -> None:
        """Scripts say --yes."""
        assert enrol(config, "remove", "ann", "--yes").exit_code == 0
        assert listed(config) == []

    @pytest.mark.parametrize("command", ["show", "suspend", "resume", "remove"])
    def test_nobody_is_named(self, config: Path, command: str) -> None:
        """An unknown id is exit 1 and says which."""
        result = enrol(config, command, "bob")

        assert result.exit_code == 1
        assert "nobody has the staff id bob" in result.stderr


def test_a_missing_register_is_told(config: Path, register_path: Path) -> None:
    """Listing makes no register: a wrong path must not look like an empty one."""
    result = enrol(config, "list")

    assert result.exit_code == 1
    assert "register.db does not exist" in result.stderr
    assert not register_path.exists()


def test_a_broken_configuration_is_a_usage_error(config: Path) -> None:
    """Every mistake of the file is told, exit 2."""
    config.write_text(CONFIG + "\nnonsense: 1\n")

    result = enrol(config, "list")

    assert result.exit_code == 2
    assert "nonsense" in result.stderr


def test_the_command_line_loads_no_native_library() -> None:
    """The supervisor shares this module, and a native crash must not take it along."""
    code = (
        "import sys, bondwatch.enrol_cli; print(sorted({'cv2', 'numpy', 'PIL'} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )

    assert printed.stdout.strip() == "[]"
