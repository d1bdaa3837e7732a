"""The lock, the dependencies and the list of Debian packages: what set-up relies on."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from console.replay_page import SCRIPTS

ROOT = Path(__file__).resolve().parents[1]
LOCK_TEXT = (ROOT / "uv.lock").read_text(encoding="utf-8")
LOCK = tomllib.loads(LOCK_TEXT)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYPI = {"registry": "https://pypi.org/simple"}
OURSELVES = {"editable": "."}


def requirements(written: list[str]) -> set[tuple[str, str]]:
    """Requirements as (name, specifier without spaces)."""
    split = (re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(.*)", one) for one in written)
    return {
        (re.sub(r"[._-]+", "-", found[1].lower()), found[2].replace(" ", ""))
        for found in split
        if found
    }


def locked(listed: list[dict[str, str]]) -> set[tuple[str, str]]:
    """The same of what the lock says the project wanted when it was made."""
    return {(one["name"], one.get("specifier", "")) for one in listed}


def test_every_locked_package_comes_from_pypi():
    """A lock made beside a local index would name packages that nobody else can get."""
    sources = [package["source"] for package in LOCK["package"]]

    assert [one for one in sources if one not in (PYPI, OURSELVES)] == []


def test_the_lock_names_no_local_path_and_no_local_build():
    """Nothing but https addresses of PyPI's own files; no ``+cpu``; every file with its hash."""
    urls = re.findall(r'(?:url|path) = "([^"]*)"', LOCK_TEXT)

    assert urls
    assert [url for url in urls if not url.startswith("https://files.pythonhosted.org/")] == []
    assert "file:" not in LOCK_TEXT
    assert "+cpu" not in LOCK_TEXT
    assert LOCK_TEXT.count('hash = "sha256:') == len(urls)


def test_the_lock_was_made_from_this_project_file():
    """A change of pyproject.toml asks for ``make lock``."""
    (ourselves,) = [package for package in LOCK["package"] if package["source"] == OURSELVES]
    metadata = ourselves["metadata"]

    project = PROJECT["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]

    assert locked(metadata["requires-dist"]) == requirements([*project["dependencies"], *extras])
    for group, wanted in PROJECT["dependency-groups"].items():
        assert locked(metadata["requires-dev"][group]) == requirements(wanted)


def test_dependencies_have_upper_bounds():
    """A new major of a library is taken on purpose; tzdata is data and has none."""
    written = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]

    assert [one for one in written if "<" not in one and not one.startswith("tzdata")] == []


def test_opencv_is_there_once():
    """The headless twin owns the same ``cv2``: one overwrites the other."""
    locked_names = {package["name"] for package in LOCK["package"]}
    installed = {dist.metadata["Name"].lower() for dist in distributions()}

    for names in (locked_names, installed):
        assert {name for name in names if name.startswith("opencv-")} == {"opencv-python"}


@pytest.mark.parametrize("script", [*sorted(ROOT.glob("setup/*.sh")), ROOT / "tests/run.sh"])
def test_scripts_are_plain_shell(script):
    """They parse, can be run, and stop at the first unnoticed failure or unset name."""
    subprocess.run(["sh", "-n", script], check=True)

    assert script.stat().st_mode & 0o111
    assert re.search(r"^set -e?u$", script.read_text(), re.MULTILINE)


def test_each_debian_package_says_what_it_is_for():
    """Whoever must install by hand learns what does not work without."""
    lines = (ROOT / "setup/debian-packages.txt").read_text().splitlines()
    entries = [line for line in lines if not line.startswith("#")]

    assert [e for e in entries if not re.fullmatch(r"[a-z0-9.+-]+ +(\w+, )*\w+: .+", e)] == []
    assert any(entry.startswith("mosquitto ") for entry in entries)


def test_continuous_integration_runs_the_documented_command():
    """`make test` is what the README says and what is run."""
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == "exec make test"
    assert "make test" in (ROOT / "README.md").read_text()


def test_the_wheel_carries_what_pages_are_made_of(tmp_path):
    """Styles, scripts and words of the replay page are installed with the modules."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])

    names = set(zipfile.ZipFile(wheel).namelist())
    needed = {f"console/replay/{name}" for name in (*SCRIPTS, "page.html", "page.css")}
    assert needed | {"console/words.json"} <= names
