"""Child processes are ended by their id, and one that ends by itself is named."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from bondwatch.demo.children import Child, free_port, listens
from bondwatch.failures import CommandError

SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


def test_a_child_is_gone_when_the_block_ends(tmp_path: Path) -> None:
    """Leaving the block ends the process."""
    before = set(psutil.Process().children())
    with Child("sleeper", [sys.executable, "-c", SLEEPER], tmp_path / "log", talks=True) as child:
        assert child.first_line() == b"ready\n"
        (process,) = set(psutil.Process().children()) - before

    assert not process.is_running()


def test_a_child_that_will_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM is a request; after a while the process is ended without asking."""
    monkeypatch.setattr("bondwatch.demo.children._END_WITHIN_S", 0.2)
    before = set(psutil.Process().children())
    with Child("stubborn", [sys.executable, "-c", STUBBORN], tmp_path / "log", talks=True) as child:
        child.first_line()
        (process,) = set(psutil.Process().children()) - before

    assert not process.is_running()


def test_a_child_that_ends_is_named_with_its_last_words(tmp_path: Path) -> None:
    """Whoever waits for a child hears that it ended, how, and what it said last."""
    command = [sys.executable, "-c", "raise SystemExit('no room')"]
    with (
        Child("the broker", command, tmp_path / "log") as child,
        pytest.raises(CommandError, match=r"the broker ended with status 1, .* no room"),
    ):
        child.wait_until(lambda: False, 30)


def test_a_free_port_is_not_listened_on() -> None:
    """A port that is handed out is nobody's yet."""
    assert not listens(free_port())
