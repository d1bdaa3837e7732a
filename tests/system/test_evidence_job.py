"""Evidence of the main job: a stranger before a camera, and what an auditor finds of it later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

from enrolment.places import KeyPlace
from tests.system.console import Console
from tests.system.faulty_site import pid_of, wait_ready, wait_told
from tests.system.site import ROOT, Site, eventually, listening, site
from tests.vision.evidence.evidence_site import keys_in, plain
from tests.vision.evidence.packets import frames_in
from vision.evidence.reading import key_of
from vision.outputs.journal import Journal

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


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


def judged_again(place: Site, alarm_id: str) -> None:
    """All of the clip can be, by what judged then; a daemon short of time may have seen less."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bondwatch", "evidence", "recheck", alarm_id, "--json"),
            *("--config", str(place.config)),
        ],
        cwd=ROOT,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    (camera,) = json.loads(done.stdout)["cameras"]
    (part,) = camera["parts"].values()
    assert part["frames"] > 10
    assert part["fault"] is None
    assert camera["changed"] == []
    differs = {one["what"] for one in camera["differences"]}
    assert not differs & {"model", "threshold", "zone", "register", "configuration", "person"}


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

        judged_again(place, alarm["alarm_id"])


def test_a_worker_killed_in_the_middle(tmp_path: Path, stage: Path, test_data: Path) -> None:
    """The clip so far is made whole by the next worker; the alarm goes on in another part.

    On a site that seals its evidence, and whose key is missing at first: alarms do not wait for it.
    """
    with site(tmp_path, stage) as place, listening(place) as console:
        place.settings["evidence"] = {"encrypt": True}
        place.write_config()
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        keys = keys_in(place.folder / "keys")
        hidden = keys.key.file.rename(place.folder / "hidden")
        place.start()
        wait_ready(place)
        degraded = wait_told(console, kind="system_degraded", reason="keys_missing")
        wait_told(console, kind="unverified_person")
        assert not list(place.folder.glob("data/evidence/*/*/*"))
        hidden.rename(keys.key.file)
        wait_told(console, alarm_id=degraded["alarm_id"], change="cleared")
        alarm = console.wait_for(lambda: strangers(console))[0]
        folder = (place.folder / "data" / alarm["snapshot"]).parent
        growing = folder / "cam1.1.part.mp4"
        eventually(lambda: growing.exists() and shown(growing, keys) > 30)

        os.kill(pid_of(place, "w1"), signal.SIGKILL)

        eventually((folder / "cam1.1.mp4").exists)
        eventually(lambda: in_the_index(place, alarm["alarm_id"]).get("cam1.1.mp4"))
        assert in_the_index(place, alarm["alarm_id"])["cam1.1.mp4"].ended_by == "crashed"
        assert shown(folder / "cam1.1.mp4", keys) > 30
        eventually(lambda: list(folder.glob("cam1.2.*mp4")))
        assert place.stop() == 0
        assert shown(folder / "cam1.2.mp4", keys) > 0
        assert None not in {key_of(path) for path in folder.iterdir()}
        place.command("evidence", "show", alarm["alarm_id"])
        picture = tmp_path / "seen.jpg"
        place.command("evidence", "open", alarm["alarm_id"], "cam1.jpg", "--to", str(picture))
        assert cv2.imread(str(picture)) is not None


def shown(path: Path, keys: KeyPlace) -> int:
    """How many pictures of a sealed clip can be decoded; 0 while there is no whole fragment."""
    content = plain(path, keys)
    return frames_in(content) if b"mdat" in content else 0
