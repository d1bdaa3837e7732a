"""The front door: what it says, what it loads, and its exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bondwatch.cli import COMMANDS, run
from bondwatch.failures import CommandError, Status, told
from models.errors import ModelError, WeightMissingError

ROOT = Path(__file__).resolve().parents[2]
TWELVE = ROOT / "tests/vision/twelve_mistakes.yaml"


def bondwatch(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bondwatch", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_tells_twelve_mistakes_in_twelve_lines(capfd):
    """Exit status 2, one line a mistake, and nothing else."""
    status = run(["check", "--config", str(TWELVE)])

    said = capfd.readouterr()
    assert status == 2
    assert len(said.out.splitlines()) == 12
    assert all(line.startswith(f"{TWELVE}:") for line in said.out.splitlines())
    assert said.err == ""


def test_check_of_a_right_configuration_ends_in_zero(capfd):
    """The default configuration has no mistakes."""
    status = run(["check", "--config", str(ROOT / "config.yaml")])

    assert status == 0
    assert "no mistakes" in capfd.readouterr().out


def test_check_starts_nothing(tmp_path):
    """Not even the data directory is made."""
    config = tmp_path / "config.yaml"
    config.write_text((ROOT / "config.yaml").read_text())

    assert run(["check", "--config", str(config)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_check_tells_when_evidence_could_not_be_sealed(tmp_path, capfd):
    """Exit status 3 and the command that helps; then there are no mistakes, and nothing is made."""
    config = tmp_path / "config.yaml"
    config.write_text(
        (ROOT / "config.yaml").read_text().replace("# encrypt: true", "encrypt: true")
    )

    assert run(["check", "--config", str(config)]) == 3
    assert "evidence.encrypt: there is no site key at" in capfd.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]

    assert run(["keys", "init", "--config", str(config)]) == 0
    assert run(["check", "--config", str(config)]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chekc"], "No such command 'chekc'"),
        (["check", "--confg", "x"], "No such option: --confg"),
        (["enrol", "add"], "Missing argument 'NAME'"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_two(capfd, words, said):
    """What is wrong, and where help is."""
    status = run(words)

    error = capfd.readouterr().err
    assert status == 2
    assert error.startswith(f"bondwatch: {said}")
    assert error.endswith("; see --help\n")
    assert len(error.splitlines()) == 1


def test_no_command_shows_the_help_and_ends_in_two(capfd):
    """Whoever types nothing sees what there is."""
    status = run([])

    assert status == 2
    assert "check" in capfd.readouterr().out


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["check"]])
def test_the_door_opens_without_native_libraries(words):
    """Help, version and check work where OpenCV, PyAV or ONNX Runtime cannot even be loaded."""
    code = (
        "import sys\n"
        "for name in ('cv2', 'av', 'onnxruntime', 'insightface'): sys.modules[name] = None\n"
        "from bondwatch.cli import main; main(sys.argv[1:])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_of_the_table_is_there(command):
    """A name in the help leads to a command, and its help can be read."""
    assert command.load() is not None


def test_python_m_bondwatch_is_the_same_door():
    """Children are started this way; exit statuses come through."""
    done = bondwatch("check", "--config", str(TWELVE))

    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (2, 12, "")


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (CommandError("no broker", "start it"), 1, "no broker; start it"),
        (CommandError("no weights", "set X", Status.MISSING), 3, "no weights; set X"),
        (WeightMissingError("a: in none of b; do c"), 3, "a: in none of b; do c"),
        (ModelError("a: refused"), 1, "a: refused"),
        (
            FileNotFoundError(2, "No such file or directory", "x.mp4"), 1,
            "x.mp4: No such file or directory; see that it exists and that this user may use it",
        ),
        (FileExistsError(17, "Exists", "a.json"), 1, "a.json: Exists; choose another name"),
        (OSError(28, "No space left", "a.tar"), 1, "a.tar: No space left; free some space"),
        (
            ValueError("rtsp://u:p@h/\nfailed"), 1,
            "unexpected ValueError: rtsp://[redacted]@h/ failed;"
            " run it with BONDWATCH_TRACEBACK=1 and report what it says",
        ),
    ],
)  # fmt: skip
def test_failures_are_one_line_with_a_remedy(capfd, error, status, line):
    """What, then what to do, then the status that scripts look at; never a secret."""
    assert told(error) == status
    assert capfd.readouterr().err == f"bondwatch: {line}\n"
