"""Evidence of the main job: a stranger before a camera, and what an auditor finds of it later."""

from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

from tests.system.console import Console
from tests.system.faulty_site import pid_of, wait_ready
from tests.system.site import Site, eventually, listening, site
from tests.vision.evidence.packets import frames_in
from vision.outputs.journal import Journal

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture
def stage(test_data: Path) -> Path:
    """The clip of a man on a stage, with cuts to others."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    return clip


def strangers(console: Console) -> list[dict[str, Any]]:
    """The alarms about people who are not on the register."""
    return [a for a in console.of("alarm") if a["kind"] == "unregistered_person"]


def in_the_index(place: Site, alarm_id: str) -> dict[str, Any]:
    """The alarm's files as the journal knows them, by name."""
    with closing(Journal.open(place.folder / "data" / "journal.db")) as journal:
        return {one.name: one for one in journal.evidence_of(alarm_id)[0]}


def test_a_stranger(tmp_path: Path, stage: Path, test_data: Path) -> None:
    """Clip, timeline, snapshot and face lie where the alarm's message says, and are indexed."""
    with site(tmp_path, stage) as place, listening(place) as console:
        place.settings["evidence"] = {"pre_roll_s": 5, "post_roll_s": 2}
        place.write_config()
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        place.start()
        alarm = console.wait_for(lambda: strangers(console))[0]
        data_dir = place.folder / "data"
        snapshot = data_dir / alarm["snapshot"]
        folder = snapshot.parent
        growing = folder / "cam1.1.part.mp4"
        eventually(lambda: snapshot.exists() and growing.exists() and frames_in(growing) > 30)
        assert place.stop() == 0

        files = in_the_index(place, alarm["alarm_id"])
        assert {"cam1.1.mp4", "cam1.1.jsonl", "cam1.jpg", "cam1.face.jpg"} <= set(files)
        assert {path.name for path in folder.iterdir()} == set(files)
        clip = files["cam1.1.mp4"]
        assert frames_in(folder / clip.name) > 60
        assert clip.begin_at < clip.end_at - 2

        picture, face = (cv2.imread(str(folder / name)) for name in ("cam1.jpg", "cam1.face.jpg"))
        with av.open(str(folder / clip.name)) as video:
            context = video.streams.video[0].codec_context
            assert picture.shape[:2] == (context.height, context.width)
        assert min(face.shape[:2]) > 40

        lines = [json.loads(line) for line in (folder / "cam1.1.jsonl").open()]
        kinds = {line["type"] for line in lines}
        assert {"head", "versions", "frame", "alarm", "part", "part_end", "end"} <= kinds
        assert lines[0]["alarm_id"] == alarm["alarm_id"]
        (versions, *_) = [line for line in lines if line["type"] == "versions"]
        assert versions["models"] == alarm["models"]
        assert versions["register_version"] == alarm["register_version"]
        looks = [look for line in lines if line["type"] == "frame" for look in line["looks"]]
        assert {look["best"]["staff_id"] for look in looks} == {"joe-biden"}
        assert all(0 <= side <= 1 for look in looks for side in look["face"])
        assert "embedding" not in (folder / "cam1.1.jsonl").read_text()


def test_a_worker_killed_in_the_middle(tmp_path: Path, stage: Path, test_data: Path) -> None:
    """The clip so far is made whole by the next worker; the alarm goes on in another part."""
    with site(tmp_path, stage) as place, listening(place) as console:
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        place.start()
        wait_ready(place)
        alarm = console.wait_for(lambda: strangers(console))[0]
        folder = (place.folder / "data" / alarm["snapshot"]).parent
        growing = folder / "cam1.1.part.mp4"
        eventually(lambda: growing.exists() and frames_in(growing) > 30)

        os.kill(pid_of(place, "w1"), signal.SIGKILL)

        eventually((folder / "cam1.1.mp4").exists)
        eventually(lambda: in_the_index(place, alarm["alarm_id"]).get("cam1.1.mp4"))
        assert in_the_index(place, alarm["alarm_id"])["cam1.1.mp4"].ended_by == "crashed"
        assert frames_in(folder / "cam1.1.mp4") > 30
        eventually(lambda: list(folder.glob("cam1.2.*mp4")))
        assert place.stop() == 0
        assert frames_in(folder / "cam1.2.mp4") > 0
