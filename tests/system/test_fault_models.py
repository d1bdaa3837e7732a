"""Models and a register that are no good: said by name, and nobody is trusted for it.

Row of the table of faults: "model file wrong or embedder of another ``embedding_id``" is refused
by name and becomes ``system_degraded``; people become ``unverified_person``. And an empty
register is one ``system_degraded``, not an alarm for everybody who walks by.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from enrolment.people import Person, Template
from enrolment.register import Register
from models.loading import ModelLoader
from models.store import WEIGHTS_DIRECTORY, standard_store
from tests.system.console import Console
from tests.system.faulty_site import faulty_site, log_lines, told, wait_ready, wait_told
from tests.system.site import Site, eventually, listening
from vision.config_reader import read_settings

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

CHOSEN, BROKEN = "yunet_2023mar", "face_detection_yunet_2023mar.onnx"
MANY = 6
PEOPLE = {"unverified_person", "unregistered_person", "unauthorised_person"}


@pytest.fixture
def stage(test_data: Path) -> Path:
    """A clip with a man on a stage, with cuts to several others."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    return clip


@pytest.fixture
def watching(tmp_path: Path, stage: Path) -> Iterator[tuple[Site, Console]]:
    """A site with the stage, and its console; the daemon is not started yet."""
    with ExitStack() as stack:
        place = stack.enter_context(faulty_site(tmp_path, {"hall": stage}, analyses_per_s=3))
        place.settings["zones"][0]["verify_within_s"] = 1
        place.write_config()
        (tmp_path / "data").mkdir()
        yield place, stack.enter_context(listening(place))


def with_another_network(folder: Path) -> Path:
    """A model directory in which the chosen face detector's file holds another face detector."""
    folder.mkdir()
    (folder / BROKEN).write_bytes((WEIGHTS_DIRECTORY / "face_yunet_cctv.onnx").read_bytes())
    return folder


def enrolled_with_another_embedder(place: Site) -> None:
    """Somebody in the register whom no embedder of this site can recognise."""
    face = np.zeros(128, np.float32)
    face[0] = 1.0
    place.make_keys()
    with Register.open(read_settings(place.config).register_place) as register:
        register.add_person(Person("old-hand", "Old Hand", groups=frozenset({"cast"})))
        register.add_templates("old-hand", [Template(face, "another-embedder")])


def enrolled_much_alike(place: Site) -> None:
    """A dozen people whom this site's embedder can hardly tell apart."""
    embedder = ModelLoader(standard_store(None)).embedder("dlib_resnet_v1")
    dice = np.random.default_rng(1)
    place.make_keys()
    with Register.open(read_settings(place.config).register_place) as register:
        for number in range(12):
            face = np.ones(128) + dice.normal(0, 0.1, 128)
            row = (face / np.linalg.norm(face)).astype(np.float32)
            staff_id = f"p{number}"
            register.add_person(Person(staff_id, staff_id, groups=frozenset({"cast"})))
            register.add_templates(staff_id, [Template(row, embedder.embedding_id)])


def alarms_about_people(console: Console) -> list[dict[str, Any]]:
    """The revisions of alarms about people, as they came."""
    return [alarm for alarm in told(console) if alarm["kind"] in PEOPLE]


def most_at_once(alarms: list[dict[str, Any]]) -> int:
    """How many of the alarms were open at the same time."""
    most, standing = 0, set()
    for alarm in alarms:
        change = standing.discard if alarm["state"] == "cleared" else standing.add
        change(alarm["alarm_id"])
        most = max(most, len(standing))
    return most


def test_wrong_weights(watching: tuple[Site, Console], tmp_path: Path) -> None:
    """Weights with a wrong digest are refused by name; people are then not verified, and told."""
    place, console = watching
    place.settings["models"]["face_detector"] = CHOSEN
    place.write_config()
    place.environment["BONDWATCH_MODELS"] = str(with_another_network(tmp_path / "models"))
    enrolled_with_another_embedder(place)
    place.start()

    refused = eventually(lambda: log_lines(place, "model_refused"))
    degraded = wait_told(console, reason=f"weight_wrong:{CHOSEN}")
    foreign = wait_told(console, reason="enrolled_with_another_embedder")
    (said, *_) = eventually(lambda: log_lines(place, "templates_of_another_embedder"))
    person = console.wait_for(lambda: alarms_about_people(console))[0]

    assert BROKEN in refused[0]["why"]
    assert (said["templates"], said["embedder"]) == (1, "dlib_resnet_v1")
    assert degraded["kind"] == foreign["kind"] == "system_degraded"
    assert (person["kind"], person["change"]) == ("unverified_person", "raised")
    assert person["identity"]["state"] == "undetermined"
    assert place.stop() == 0
    assert most_at_once(alarms_about_people(console)) == 1


def test_people_more_alike_than_measured(watching: tuple[Site, Console]) -> None:
    """Thresholds that do not hold for the enrolled are told, until the site sets its own."""
    place, console = watching
    enrolled_much_alike(place)
    place.start()

    degraded = wait_told(console, reason="register_more_alike_than_measured")
    (said, *_) = eventually(lambda: log_lines(place, "thresholds_doubtful"))
    place.settings["identity"] = {"accept": 0.99}
    place.write_config()
    assert place.daemon is not None
    place.daemon.send_signal(signal.SIGHUP)
    cleared = console.wait_for(
        lambda: [a for a in told(console) if a["alarm_id"] == degraded["alarm_id"]][1:]
    )[-1]

    assert degraded["kind"] == "system_degraded"
    assert said["people"] == 12
    assert "bondwatch evaluate thresholds" in said["remedy"]
    assert cleared["change"] == "cleared"
    assert place.stop() == 0


def test_empty_register(watching: tuple[Site, Console]) -> None:
    """With nobody enrolled there is one ``system_degraded``, and one alarm a zone and camera."""
    place, console = watching
    Register.open(place.folder / "data" / "register.db").close()
    place.start()
    wait_ready(place)

    wait_told(console, kind="system_degraded", reason="empty")
    console.wait_for(lambda: alarms_about_people(console))
    console.wait_for(lambda: len({p["track"] for p in console.of("passage")}) >= MANY)
    assert place.stop() == 0

    people = alarms_about_people(console)
    assert {alarm["kind"] for alarm in people} == {"unverified_person"}
    assert most_at_once(people) == 1
    assert len(told(console, kind="system_degraded", reason="empty")) == 1
