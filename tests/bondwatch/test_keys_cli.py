"""`bondwatch keys`: what it says, what it exits with, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bondwatch.failures import CommandError
from bondwatch.keys_cli import keys_app
from tests.bondwatch.test_alarms_cli import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A site without keys."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def keys(config: Path, *words: object) -> Result:
    """Run one command."""
    return CliRunner().invoke(keys_app, [*map(str, words), "--config", str(config)])


def test_keys_are_made_beside_the_configuration(config: Path) -> None:
    """Then they can be looked at; nothing of the key itself is said."""
    made = keys(config, "init")
    said = keys(config, "status", "--json")

    key = config.parent / "keys" / "site.key"
    assert made.exit_code == said.exit_code == 0, made.output
    found = json.loads(said.stdout)
    assert (found["source"], found["data_keys"], found["rotating"]) == (f"file {key}", 0, False)
    assert (
        key.read_text().split()[2] not in made.output + said.output + keys(config, "status").output
    )


def test_without_keys_the_way_to_them_is_told(config: Path) -> None:
    """One line with the command."""
    result = keys(config, "status")

    assert isinstance(result.exception, CommandError)
    assert "run 'bondwatch keys init'" in str(result.exception)


def test_the_data_folder_is_refused_by_name(config: Path) -> None:
    """A key there would be in every backup of the data."""
    config.write_text(CONFIG + "\nregister: {key: {file: data/site.key}}\n")

    result = keys(config, "init")

    assert isinstance(result.exception, CommandError)
    assert "data/site.key lies in the data folder" in str(result.exception)


def test_the_service_managers_credential_is_taken(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where systemd brings a key and nothing else is configured, that is the key."""
    credential = tmp_path / "credentials" / "bondwatch-site-key"
    credential.parent.mkdir()
    credential.write_text(keys(config, "init", "--stdout").stdout)
    credential.chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credential.parent))

    assert keys(config, "init").exit_code == 0
    assert json.loads(keys(config, "status", "--json").stdout)["source"] == f"file {credential}"


def test_keys_are_rotated_and_carried(config: Path, tmp_path: Path) -> None:
    """Another key after a rotation; a backup brings it to a place that has none."""
    keys(config, "init")
    before = json.loads(keys(config, "status", "--json").stdout)["current_key_id"]
    assert keys(config, "rotate").exit_code == 0
    assert keys(config, "backup", tmp_path / "keys.json").exit_code == 0
    for file in (tmp_path / "keys").iterdir():
        file.unlink()

    assert keys(config, "restore", tmp_path / "keys.json").exit_code == 0

    after = json.loads(keys(config, "status", "--json").stdout)["current_key_id"]
    assert after != before
