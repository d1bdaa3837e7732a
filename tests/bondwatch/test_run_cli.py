"""How the daemon is started, and what it must never load."""

import json
import subprocess
import sys
from pathlib import Path

from bondwatch.run_cli import commands

NATIVE = ("av", "cv2", "numpy", "onnxruntime", "PIL", "shapely")
PATIENCE_S = 60.0


def test_the_supervisor_loads_no_native_library():
    """What a hostile stream can crash is not in the process that must outlive it."""
    script = "import sys, json, bondwatch.cli, bondwatch.run_cli; print(json.dumps([*sys.modules]))"

    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)

    assert set(json.loads(done.stdout)).isdisjoint(NATIVE)


def test_children_are_the_same_program():
    """Children run under the same interpreter, with the configuration that was taken up."""
    start = (sys.executable, "-m", "bondwatch")
    options = ("--config", "/etc/site.yaml", "--kept", "/var/run/config.yaml")

    found = commands(Path("/etc/site.yaml"), Path("/var/run/config.yaml"))

    assert found.worker == (*start, "worker", *options)
    assert found.publisher == (*start, "publisher", *options)


def test_a_wrong_configuration_starts_nothing(tmp_path):
    """Every mistake is one line, the status is 2, and no directory was made."""
    (tmp_path / "config.yaml").write_text("data_dir: data\ncolour: red\n")

    done = subprocess.run(
        [sys.executable, "-m", "bondwatch", "run", "--config", tmp_path / "config.yaml"],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert done.returncode == 2
    assert f"{tmp_path}/config.yaml:2:colour: " in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_data_dir_that_cannot_be_made_is_named(tmp_path):
    """The path and the remedy are told in one line, and the status is 1."""
    (tmp_path / "data").write_text("in the way")
    text = (Path(__file__).parents[2] / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(text.replace("data_dir: var", "data_dir: data"))

    done = subprocess.run(
        [sys.executable, "-m", "bondwatch", "run", "--config", tmp_path / "config.yaml"],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert done.returncode == 1
    assert f"{tmp_path}/data cannot be used: " in done.stderr
    assert "set data_dir to" in done.stderr
