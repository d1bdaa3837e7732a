"""`bondwatch evaluate`: found beside the product, and plain about what it cannot measure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import pytest

from bondwatch import evaluate_cli
from bondwatch.cli import run


def test_without_a_checkout_it_says_so(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 3, and where it can be run."""
    monkeypatch.setattr(evaluate_cli, "_PLACE", "nosuch.evaluation.command")

    assert run(["evaluate", "faces", "."]) == 3
    assert "run it from a checkout" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("what", "remedy"), [("faces", "Name_0001.jpg"), ("detector", "images/*.jpg")]
)
def test_a_directory_that_will_not_do(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, what: str, remedy: str
) -> None:
    """One line, with what would."""
    assert run(["evaluate", what, str(tmp_path)]) == 1

    (line,) = capfd.readouterr().err.splitlines()
    assert remedy in line


def test_the_detectors_figures_are_written(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, test_data: Path
) -> None:
    """As a table, as JSON and as a picture."""
    source = test_data / "forklift" / "val"
    if not source.is_dir():
        pytest.skip(f"{source} is missing")
    few = tmp_path / "few"
    for part in ("images", "labels"):
        (few / part).mkdir(parents=True)
    for path in sorted((source / "images").glob("*.jpg"))[:6]:
        shutil.copyfile(path, few / "images" / path.name)
        shutil.copyfile(source / "labels" / f"{path.stem}.txt", few / "labels" / f"{path.stem}.txt")

    assert run(["evaluate", "detector", str(few), "--into", str(tmp_path)]) == 0

    assert "AP50:95" in capfd.readouterr().out
    found = json.loads((tmp_path / "detector.json").read_text())
    assert found["pictures"] == 6
    assert all(0 <= kind["ap50_95"] <= kind["ap50"] <= 1 for kind in found["kinds"])
    assert cv2.imread(str(tmp_path / "detector-pr.png")) is not None
