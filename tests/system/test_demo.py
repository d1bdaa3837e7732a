"""`bondwatch demo` as it is typed: real server, broker, daemon and subscriber."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from bondwatch.cli import run
from bondwatch.demo import site
from bondwatch.demo.broker import find_mosquitto
from bondwatch.demo.clip import make_clip
from bondwatch.failures import CommandError
from models import store
from tests.contract import validate
from vision.outputs.topics import root

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
BESIDE = ("BONDWATCH_MODELS", "BONDWATCH_TEST_DATA")
COMMAND = (sys.executable, "-m", "bondwatch", "demo", "--json")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Nothing lies beside the checkout; scratch files go where the test can see that none is left.

    What set-up brings is not excused: without it the demo fails, and so do its tests.
    """
    for name in BESIDE:
        monkeypatch.delenv(name, raising=False)
    try:
        find_mosquitto()
    except CommandError as error:
        pytest.skip(f"the demo cannot run here: {error}")
    make_clip()
    return {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}


def test_every_stranger_is_told_of_and_nobody_else(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A clone alone: exit status 0; one alarm a stranger, none about staff; nothing left."""
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    for message in messages:
        validate(message["topic"], json.dumps(message["payload"]) if message["payload"] else "")
    raised = [m for m in _on("alarm", messages) if m["change"] == "raised"]
    people = [alarm for alarm in raised if alarm["identity"]]  # a slow start is an alarm, too
    assert [alarm["kind"] for alarm in people] == ["unregistered_person"] * 2
    entries = [m["identity"] for m in _on("passage", messages) if m["direction"] == "entry"]
    assert [identity["staff_id"] for identity in entries if identity["staff_id"]] == [
        "alma-reyes",
        "jonas-brandt",
    ]
    assert "not how accurate" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_nothing_behind(environment: dict[str, str], tmp_path: Path) -> None:
    """Interrupted, the demo ends every process and removes every file, with status 130."""
    with subprocess.Popen(
        COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()  # the first message: everything runs
        children = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()

    assert demo.returncode == 130
    assert len(children) >= 3
    assert [child for child in children if child.is_running()] == []
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_heard_is_named(environment: dict[str, str]) -> None:
    """Cut short, the demo fails and says what is missing."""
    command = [*COMMAND, "--for", "1"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "NOT as expected: no passage of Alma Reyes" in done.stderr


def test_what_set_up_did_not_bring_is_named(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No embedder: exit status 3, and the command that makes it; nothing is started."""
    monkeypatch.setenv("TMPDIR", environment["TMPDIR"])
    monkeypatch.setattr(store, "cache_directory", lambda: tmp_path / "no-cache")

    assert run(["demo", "--json"]) == 3

    assert "python -m models.fetch_dlib" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def _on(topic: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = root(site.SITE) + topic
    return [message["payload"] for message in messages if message["topic"] == wanted]
