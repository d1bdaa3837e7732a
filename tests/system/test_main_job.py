"""The main job, end to end: a camera with a password in, alarms at a console out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.system.console import Console
from tests.system.site import listening, site

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

STAR = "lin-manuel-miranda"


@pytest.fixture
def stage(test_data: Path) -> Path:
    """The clip of a man on a stage, with cuts to others."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    return clip


def identities(console: Console, name: str) -> list[dict[str, Any]]:
    """Every identity told on a topic, as it came."""
    return [message["identity"] for message in console.of(name) if message["identity"]]


def faces_of_the_star(console: Console) -> list[dict[str, Any]]:
    """What was said of faces as large as his; the audience's are smaller."""
    said = identities(console, "passage") + identities(console, "alarm")
    return [identity for identity in said if (identity["face_px"] or 0) > 65]


def test_somebody_on_the_register(tmp_path: Path, stage: Path, test_data: Path) -> None:
    """An enrolled man is recognised, named in the access log, and no stranger to anybody."""
    with site(tmp_path, stage) as place, listening(place) as console:
        place.enrol("Lin-Manuel Miranda", test_data / "people" / "lin-manuel-miranda.png")
        place.start()
        console.wait_for(
            lambda: [i for i in faces_of_the_star(console) if i["state"] == "registered"]
        )
        assert place.stop() == 0

        said = faces_of_the_star(console)
        assert {identity["staff_id"] for identity in said if identity["staff_id"]} == {STAR}
        assert "unregistered" not in {identity["state"] for identity in said}


def test_somebody_who_is_not(tmp_path: Path, stage: Path, test_data: Path) -> None:
    """With only others enrolled the same man is an alarm that says on what evidence."""
    with site(tmp_path, stage) as place, listening(place) as console:
        for name in ("joe-biden", "barack-obama"):
            place.enrol(name, test_data / "people" / f"{name}.jpg")
        place.start()
        alarm = console.wait_for(lambda: strangers(console))[0]
        assert place.stop() == 0

        assert (alarm["zone"], alarm["camera"], alarm["priority"]) == ("stage", "cam1", "critical")
        evidence = alarm["identity"]
        assert evidence["looks"] >= 3
        assert evidence["similarity"] < evidence["reject"]
        assert set(alarm["models"]) == {"warehouse_yolox", "yunet_cctv", "dlib_resnet_v1"}
        assert alarm["register_version"] == 2
        assert alarm["durable"] is True
        assert [s["status"] for s in console.of("status")][-1] == "offline"


def strangers(console: Console) -> list[dict[str, Any]]:
    """The alarms about people who are not on the register."""
    return [a for a in console.of("alarm") if a["kind"] == "unregistered_person"]


def test_left_open_and_taken_up_again(tmp_path: Path, stage: Path, test_data: Path) -> None:
    """An alarm that is open when the daemon ends goes on under its id when it starts again."""
    with site(tmp_path, stage) as place, listening(place) as console:
        place.enrol("Joe Biden", test_data / "people" / "joe-biden.jpg")
        place.start()
        first = console.wait_for(lambda: strangers(console))[0]
        place.stop()
        place.start()

        def goes_on() -> list[dict[str, Any]]:
            same = [a for a in console.of("alarm") if a["alarm_id"] == first["alarm_id"]]
            return [a for a in same if a["reason"] in {"seen_again", "lost_from_sight"}]

        console.wait_for(goes_on)
