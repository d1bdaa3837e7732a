"""`bondwatch models`: what there is, whether it is right, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bondwatch.cli import run
from models import store
from models.manifest import read_manifest

YUNET = "yunet_2023mar"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder with weights, empty; the cache is beside it."""
    monkeypatch.delenv(store.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(store, "cache_directory", lambda: tmp_path / "no-cache")
    folder = tmp_path / "weights"
    folder.mkdir()
    return folder


def states(capfd: pytest.CaptureFixture[str], folder: Path) -> dict[str, str]:
    """Name to state, as ``models list --json`` tells it."""
    assert run(["models", "list", "--json", "--directory", str(folder)]) == 0
    return {row["name"]: row["state"] for row in json.loads(capfd.readouterr().out)}


def test_the_list_has_every_entry(capfd: pytest.CaptureFixture[str], alone: Path) -> None:
    """Also those whose file is not here; those that the project ships always are."""
    entries = read_manifest().entries
    shipped = {n for n, e in entries.items() if (store.WEIGHTS_DIRECTORY / e.file).is_file()}

    expected = {name: "right" if name in shipped else "not here" for name in entries}

    assert states(capfd, alone) == expected


def test_the_list_tells_right_from_wrong(
    capfd: pytest.CaptureFixture[str], alone: Path, weights: Path
) -> None:
    """By digest, not by name."""
    right, wrong = (read_manifest().entry(name) for name in (YUNET, "yolox_nano_coco"))
    (alone / right.file).write_bytes((weights / right.file).read_bytes())
    (alone / wrong.file).write_bytes(b"another network")

    said = states(capfd, alone)

    assert (said[right.name], said[wrong.name]) == ("right", "WRONG")


def test_the_table_is_for_people(capfd: pytest.CaptureFixture[str], alone: Path) -> None:
    """Names and licences can be read."""
    assert run(["models", "list", "--directory", str(alone)]) == 0

    said = capfd.readouterr().out
    assert "Licence" in said
    assert "yunet" in said


def test_verify_of_nothing_is_no_failure(capfd: pytest.CaptureFixture[str], alone: Path) -> None:
    """What is not here is not wrong."""
    assert run(["models", "verify", "--directory", str(alone)]) == 0
    assert f"{YUNET}: not here" in capfd.readouterr().out


def test_verify_names_the_wrong_file(capfd: pytest.CaptureFixture[str], alone: Path) -> None:
    """Exit status 1, and the remedy."""
    (alone / read_manifest().entry(YUNET).file).write_bytes(b"another network")

    assert run(["models", "verify", "--directory", str(alone)]) == 1

    (line,) = [line for line in capfd.readouterr().out.splitlines() if "WRONG" in line]
    assert line.startswith(f"{YUNET}: WRONG; ")
    assert f"bondwatch models pull {YUNET}" in line


def test_pulling_an_unknown_name_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    """One line that names it."""
    assert run(["models", "pull", "nosuch"]) == 1
    assert "nosuch" in capfd.readouterr().err


def test_pulling_what_has_no_address_says_what_to_do(capfd: pytest.CaptureFixture[str]) -> None:
    """It can only be carried in."""
    assert run(["models", "pull", "yolox_nano_coco"]) == 1
    assert "yolox_nano_coco" in capfd.readouterr().err
