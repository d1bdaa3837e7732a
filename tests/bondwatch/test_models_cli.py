"""`bondwatch models`: what there is, whether it is right, and where it comes from."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from bondwatch.cli import run
from models import store
from models.licences import FILE_NAME, account
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


def test_pulling_what_has_no_address_says_what_to_do(
    capfd: pytest.CaptureFixture[str], alone: Path
) -> None:
    """It can only be carried in."""
    assert run(["models", "pull", "yolox_nano_coco", "--into", str(alone)]) == 1
    assert "yolox_nano_coco" in capfd.readouterr().err


def test_a_research_pack_needs_a_word(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without it nothing is fetched, and nothing is recorded."""
    asked = ["models", "pull", "insightface/buffalo_l", "--into", str(tmp_path)]

    assert run(asked) == 1

    assert "--accept-licence" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_accepted_licence_is_recorded(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, weights: Path
) -> None:
    """With the date, the account and the licence; without acceptance the file is withheld."""
    source = weights / "research-only"
    if not source.is_dir():
        pytest.skip(f"{source} is missing")
    asked = ["models", "import", str(source), "--into", str(tmp_path)]

    assert run(asked) == 1
    assert "import again with --accept-licence" in capfd.readouterr().out
    assert list(tmp_path.iterdir()) == []

    assert run([*asked, "--accept-licence"]) == 0
    (line,) = (tmp_path / FILE_NAME).read_text().splitlines()
    noted = json.loads(line)
    assert datetime.fromisoformat(noted["accepted_at"]).tzinfo is not None
    assert noted["account"] == account()
    assert "mobilefacenet_128" in noted["licences"]


def test_importing_nothing_known_says_so(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Exit status 1, for the operator expected something."""
    (tmp_path / "readme.txt").write_text("no weights")

    assert run(["models", "import", str(tmp_path), "--into", str(tmp_path / "into")]) == 1
    assert "models list" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("warehouse_yolox", "# warehouse_yolox_nano.onnx"),
        ("mobilefacenet_128", "Research only"),
        ("insightface/buffalo_l", "needs --accept-licence"),
    ],
)
def test_cards(capfd: pytest.CaptureFixture[str], name: str, word: str) -> None:
    """A card where there is one, else what the manifest says; of packs, of all their entries."""
    assert run(["models", "card", name]) == 0
    assert word in capfd.readouterr().out
