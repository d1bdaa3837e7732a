"""The main job for an auditor: an alarm, a checkpoint heard outside, a verified ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.site import eventually, listening, site

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


def test_an_alarm_is_in_a_ledger_that_an_auditor_can_verify(
    tmp_path: Path, test_data: Path
) -> None:
    """Key and checkpoint come from elsewhere, and with them the ledger proves itself."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    with site(tmp_path, clip) as place, listening(place) as console:
        place.settings["ledger"] = {"checkpoint_s": 1}
        place.write_config()
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        place.start()
        console.wait_for(lambda: console.of("alarm"))
        entered = eventually(lambda: _lines(place.command("ledger", "show", "-n", "1000")))
        key = json.loads(place.command("ledger", "keys", "--json"))["key"]
        console.wait_for(lambda: _size(console.of("ledger/checkpoint")) >= len(entered))
        heard = tmp_path / "heard.jsonl"
        heard.write_text(json.dumps(console.of("ledger/checkpoint")[-1]))
        assert place.stop() == 0

        told = place.command("ledger", "verify", "--key", key, "--checkpoint", str(heard))

        alarms = {f"{alarm['alarm_id']}/{alarm['revision']}" for alarm in console.of("alarm")}
        shown = place.command("ledger", "show", "-n", "1000")
    assert told.startswith("intact: bondwatch/")
    assert alarms <= {line.split()[-1] for line in shown.splitlines()}


def _lines(shown: str) -> list[str]:
    """The entries, once there is an alarm among them."""
    lines = shown.splitlines()
    return lines if any(" alarm_revision " in line for line in lines) else []


def _size(heard: list[dict[str, int]]) -> int:
    return heard[-1]["size"] if heard else 0
