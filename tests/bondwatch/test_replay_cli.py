"""`bondwatch replay`: JSON lines on standard output, and one line where that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bondwatch.cli import run
from enrolment.register import Register
from models.errors import WeightMissingError
from tests.clips import make_clip
from tests.vision import sight

CONFIG = """
site: {id: hall, time_zone: UTC}
data_dir: data
models: {pack: embedded}
groups: [cast]
zones: [{id: stage, name: Stage, permits: [{groups: [cast]}]}]
cameras:
  - id: one
    url: rtsp://camera.invalid/1
    views: [{zone: stage, counts: true, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]}]
"""
SECOND = """
  - id: two
    url: rtsp://camera.invalid/2
    views: [{zone: stage, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]}]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A site with one camera and an empty register."""
    try:
        sight.load()
    except WeightMissingError as error:
        pytest.skip(str(error))
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    Register.open(tmp_path / "data" / "register.db").close()
    return path


def refused(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit status of a replay that fails, and its one line; nothing is on standard output."""
    status = run(["replay", *words])
    said = capfd.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    return status, line


def test_decisions_come_as_json_lines(
    capfd: pytest.CaptureFixture[str], config: Path, test_data: Path
) -> None:
    """The stage, looked at once a second: somebody is in the zone, and every line can be read."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    config.write_text(CONFIG.replace("id: one", "id: one\n    analyses_per_s: 2"))
    words = [str(clip), "--config", str(config), "--start", "2026-01-01T12:00:00"]

    assert run(["replay", *words]) == 0
    first = capfd.readouterr().out
    assert run(["replay", *words]) == 0

    assert capfd.readouterr().out == first
    lines = [json.loads(line) for line in first.splitlines()]
    assert {line["type"] for line in lines} <= {"alarm", "passage", "occupancy"}
    assert lines[0]["at"]["wall_utc"] >= sight.NOW_UTC
    assert {line["camera_id"] for line in lines} == {"one"}


def test_nothing_is_left_behind(capfd: pytest.CaptureFixture[str], config: Path) -> None:
    """No journal is made."""
    assert run(["replay", str(make_clip(seconds=0.5)), "--config", str(config)]) == 0
    assert not (config.parent / "data" / "journal.db").exists()
    capfd.readouterr()


def test_a_camera_must_be_chosen_where_there_are_several(
    capfd: pytest.CaptureFixture[str], config: Path
) -> None:
    """Their views differ; the line names them."""
    config.write_text(CONFIG + SECOND)

    status, line = refused(capfd, "clip.mp4", "--config", str(config))

    assert status == 2
    assert line.endswith("give --camera, one of: one, two")


def test_an_unknown_camera_is_named(capfd: pytest.CaptureFixture[str], config: Path) -> None:
    """And so are the known ones."""
    status, line = refused(capfd, "clip.mp4", "--config", str(config), "--camera", "three")

    assert (status, line) == (
        2,
        "bondwatch: no camera three in the configuration; give --camera, one of: one",
    )


def test_a_missing_file_is_one_line(capfd: pytest.CaptureFixture[str], config: Path) -> None:
    """The name, and what to do."""
    status, line = refused(capfd, "nosuch.mp4", "--config", str(config))

    assert status == 1
    assert line.startswith("bondwatch: nosuch.mp4: No such file")


def test_a_file_that_is_no_video_is_one_line(
    capfd: pytest.CaptureFixture[str], config: Path
) -> None:
    """It says which file, and what would be right."""
    status, line = refused(capfd, str(config), "--config", str(config))

    assert status == 1
    assert str(config) in line
    assert line.endswith("give a video file that plays")


def test_without_a_register_it_says_what_is_missing(
    capfd: pytest.CaptureFixture[str], config: Path
) -> None:
    """A replay without anybody to compare with would say nothing true."""
    for file in (config.parent / "data").iterdir():
        file.unlink()

    status, line = refused(capfd, str(make_clip()), "--config", str(config))

    assert status == 1
    assert "register.db does not exist" in line


def test_missing_weights_are_exit_status_three(
    capfd: pytest.CaptureFixture[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scripts can tell what is missing from what is wrong."""
    monkeypatch.setenv("BONDWATCH_MODELS", str(config.parent))
    config.write_text(CONFIG.replace("pack: embedded", "pack: embedded, detector: yolox_nano_coco"))

    status, line = refused(capfd, str(make_clip()), "--config", str(config))

    assert status == 3
    assert "yolox_nano_coco" in line
