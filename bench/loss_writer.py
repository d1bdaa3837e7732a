"""The scripted worker of ``bench/loss.py``: commits alarms until so many are in the journal.

``python -m bench.loss_writer DATA_DIR ALARMS PAUSE_S SAID``. Each alarm is raised, updated
once, and cleared ten alarms later. May be killed and started again at any moment. What a
commit has returned is appended to the file SAID, so that the journal can be held against it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from vision.core.values import AlarmDecision, AlarmKind, Change, Instant
from vision.outputs.journal import Journal
from vision.outputs.journal_values import CommitContext
from vision.outputs.nudge import Nudge
from vision.settings import ModelSettings, MqttSettings, Settings

CONTEXT = CommitContext(site="hall", models={"detector": "scripted"}, register_version=1)
OPEN_AT_ONCE = 10


def decision(number: int, change: Change) -> AlarmDecision:
    """The alarm of that number."""
    return AlarmDecision(
        incident=f"scripted/{number}",
        change=change,
        kind=AlarmKind.UNREGISTERED_PERSON,
        camera_id="cam1",
        at=Instant(float(number), time.time()),
        reason="scripted",
        zone_id="dock",
        track_id=number,
    )


def script(number: int) -> list[AlarmDecision]:
    """What the worker decides in its step of that number."""
    decisions = [decision(number, Change.RAISED)]
    if number >= 1:
        decisions.append(decision(number - 1, Change.UPDATED))
    if number >= OPEN_AT_ONCE:
        decisions.append(decision(number - OPEN_AT_ONCE, Change.CLEARED))
    return decisions


def done(journal: Journal) -> int:
    """How many steps were committed by those who were killed."""
    newest = journal.list_alarms(open_only=True, limit=1000)
    return max((int(found.incident.split("/")[1]) + 1 for found in newest), default=0)


def write(data_dir: Path, alarms: int, pause_s: float, said: Path) -> None:
    """Go on where the last one was killed."""
    journal = Journal.open(data_dir / "journal.db")
    nudge = Nudge(_run_dir(data_dir))
    with said.open("a", buffering=1) as lines:
        for number in range(done(journal), alarms):
            for one in journal.commit(script(number), CONTEXT):
                lines.write(f"{one.alarm_id} {one.revision}\n")
            nudge.wake()
            time.sleep(pause_s)
    nudge.close()
    journal.close()


def _run_dir(data_dir: Path) -> Path:
    models = ModelSettings("detector", "face_detector", "embedder")
    return Settings("hall", "UTC", data_dir, MqttSettings(), models, (), ()).run_dir


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
