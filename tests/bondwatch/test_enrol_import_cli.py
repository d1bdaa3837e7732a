"""`bondwatch enrol import`: a table and photos in, a result for each row and an exit code out."""

from __future__ import annotations

import csv
import getpass
import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bondwatch.enrol_cli import enrol_app
from enrolment.key_rotation import init_keys
from enrolment.register import Register
from models.errors import WeightMissingError
from models.manifest import EMBEDDED, read_manifest
from models.store import standard_store
from tests.enrolment.registers import environment
from tests.vision.waiting import eventually
from vision.config_reader import read_settings

CONFIG = """
site: {id: dock-7, time_zone: Europe/Berlin}
data_dir: data
mqtt: {host: 127.0.0.1}
models: {pack: embedded}
groups: [contractors, staff]
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
def portraits(test_data: Path) -> Path:
    """Find the portraits, and the weights that go with them."""
    for name in read_manifest().pack(EMBEDDED).entries:
        try:
            standard_store().find(read_manifest().entry(name))
        except WeightMissingError as missing:
            pytest.skip(f"{missing}")
    return test_data / "people"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write a configuration with two groups."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    keys = read_settings(path).register_place.keys
    assert keys
    init_keys(keys)
    return path


def run_import(config: Path, *words: object) -> Result:
    """Run the command, in one process, at a wide terminal."""
    command = ["import", *(str(word) for word in words), "--config", str(config), "--jobs", "1"]
    return CliRunner().invoke(enrol_app, command, env={"COLUMNS": "300", "NO_COLOR": "1"})


def test_a_zip_with_table_and_photos_is_imported(
    config: Path, tmp_path: Path, portraits: Path
) -> None:
    """GBK text, a good row and a bad one: one person enters, the report says why not the other."""
    bundle, report = tmp_path / "people.zip", tmp_path / "report.csv"
    table = "工号,姓名,组,有效期至\nW-1,王秀英,staff,2126/3/1\nW-2,无照片,staff,\n"
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("people.csv", table.encode("gbk"))
        file.write(portraits / "alex-lacamoire.png", "photos/W-1.png")

    result = run_import(config, bundle, "--report", report, "--language", "zh")

    assert result.exit_code == 1, result.output
    assert "gb18030" in result.stdout
    assert "新增 1 人" in result.stdout
    assert "3: W-2 无照片: refused, no_photo" in result.stderr
    with report.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["staff_id"], row["result"]) for row in rows] == [
        ("W-1", "added"),
        ("W-2", "refused"),
    ]
    with Register.open_for_reading(tmp_path / "data" / "register.db") as register:
        assert [person.name for person in register.people()] == ["王秀英"]
        (entry,) = register.history("W-1")
    assert (entry.by, entry.why) == (getpass.getuser(), "import of people.zip")


def test_an_import_that_is_killed_is_finished_by_the_next(config: Path, tmp_path: Path) -> None:
    """A real process, killed in the middle: whole rows are in, the second run adds the others."""
    table, total = tmp_path / "people.csv", 300
    rows = "".join(f"w-{i},P,{i},staff\n" for i in range(total))
    table.write_text(f"staff_id,name,badge,groups\n{rows}")
    words = [sys.executable, "-m", "bondwatch", "enrol", "import", table, "--config", config]
    path = tmp_path / "data" / "register.db"
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment())
    eventually(lambda: path.exists() and people_in(path), within_s=90)
    first.kill()
    first.wait()
    entered = people_in(path)

    second = subprocess.run([*words, "--json"], capture_output=True, env=environment(), check=True)

    assert entered < total  # it was killed in the middle, or this says nothing
    counts = json.loads(second.stdout)["summary"]
    assert counts == {
        "added": total - entered,
        "updated": 0,
        "unchanged": entered,
        "refused": 0,
    }
    with Register.open_for_reading(path) as register:
        assert register.count() == register.version == total


def people_in(path: Path) -> int:
    """How many people are in the register."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM people").fetchone()[0])


def test_a_dry_run_in_json_enrols_nobody(config: Path, tmp_path: Path, portraits: Path) -> None:
    """Programs get the same results, and the register stays empty."""
    table = tmp_path / "people.csv"
    table.write_text("id,name\nalex-lacamoire,Alex Lacamoire\n")

    result = run_import(config, table, portraits, "--group", "staff", "--dry-run", "--json")

    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["summary"] == {"added": 1, "updated": 0, "unchanged": 0, "refused": 0}
    with Register.open_for_reading(tmp_path / "data" / "register.db") as register:
        assert register.people() == ()


@pytest.mark.parametrize(
    ("table", "words", "why"),
    [
        ("name\nAnn\n", (), "no column staff_id"),
        ("id,name\na,Ann\n", ("--group", "pirates"), "unknown group pirates"),
    ],
)
def test_what_cannot_be_used_at_all_is_a_usage_error(
    table: str, words: tuple[str, ...], why: str, config: Path, tmp_path: Path
) -> None:
    """Exit status 2, one sentence, and no register made."""
    path = tmp_path / "people.csv"
    path.write_text(table)

    result = run_import(config, path, *words)

    assert result.exit_code == 2
    assert why in result.output
    assert not (tmp_path / "data").exists()
