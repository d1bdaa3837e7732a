"""`bondwatch live`, where there is nothing to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from bondwatch.cli import run
from tests.bondwatch.test_alarms_cli import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A site whose daemon does not run."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["cam1"], "give --jpeg FILE", 2),
        (["ghost", "--jpeg", "x.jpg"], "use one of: ", 2),
        (["cam1", "--jpeg", "x.jpg"], "run 'bondwatch run' first", 1),
        (["cam1", "--to", "x.mp4"], "run 'bondwatch run' first", 1),
    ],
)
def test_what_cannot_be_done_is_one_line(
    config: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
    status: int,
) -> None:
    """With the remedy, and the status that scripts look at; no file is touched."""
    monkeypatch.chdir(config.parent)
    assert run(["live", *arguments, "--config", str(config)]) == status
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert [path.name for path in config.parent.iterdir()] == [config.name]
