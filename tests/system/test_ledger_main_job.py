"""The main job for an auditor: an alarm, checkpoints heard outside, ledger and bundle verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bondwatch import cli
from tests.system.console import Console
from tests.system.site import eventually, listening, site

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]


def test_an_alarm_is_in_a_ledger_and_a_bundle_that_an_auditor_can_verify(
    tmp_path: Path, test_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Key and checkpoints come from elsewhere, and with them both prove themselves."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    with site(tmp_path, clip) as place, listening(place) as console:
        place.settings["ledger"] = {"checkpoint_s": 1}
        place.write_config()
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        place.start()
        alarm = console.wait_for(lambda: _strangers(console))[0]
        entered = eventually(lambda: _lines(place.command("ledger", "show", "-n", "1000")))
        key = json.loads(place.command("ledger", "keys", "--json"))["key"]
        console.wait_for(lambda: _size(console.of("ledger/checkpoint")) >= len(entered))
        heard = tmp_path / "heard.jsonl"
        heard.write_text(json.dumps(console.of("ledger/checkpoint")[-1]))
        assert place.stop() == 0

        told = place.command("ledger", "verify", "--key", key, "--checkpoint", str(heard))

        heard.write_text("\n".join(map(json.dumps, console.of("ledger/checkpoint"))))
        bundle = tmp_path / "bundle.zip"
        told_of_it = place.command(
            "evidence", "export", alarm["alarm_id"], "--to", str(bundle), "--json"
        )
        exported = json.loads(told_of_it)
        verified = ["verify", str(bundle), "--key", key, "--checkpoint", str(heard)]
        assert cli.run(verified) == 0, capsys.readouterr().out
        assert {one["kind"] for one in exported["evidence"]} >= {"clip", "timeline", "snapshot"}

        alarms = {f"{alarm['alarm_id']}/{alarm['revision']}" for alarm in console.of("alarm")}
        shown = place.command("ledger", "show", "-n", "1000")
    assert told.startswith("intact: bondwatch/")
    assert alarms <= {line.split()[-1] for line in shown.splitlines()}


def _strangers(console: Console) -> list[dict[str, Any]]:
    return [one for one in console.of("alarm") if one["kind"] == "unregistered_person"]


def _lines(shown: str) -> list[str]:
    """The entries, once there is an alarm among them."""
    lines = shown.splitlines()
    return lines if any(" alarm_revision " in line for line in lines) else []


def _size(heard: list[dict[str, int]]) -> int:
    return heard[-1]["size"] if heard else 0
