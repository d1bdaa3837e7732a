"""`bondwatch evidence recheck`, on a real clip, with real models and a real register."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bondwatch.cli import run
from enrolment.key_rotation import init_keys
from enrolment.people import Person, Template
from enrolment.register import Register
from models.errors import WeightMissingError
from models.loading import ModelSet
from tests.vision import sight
from tests.vision.bundles.timelines import line
from tests.vision.bundles.two_people import filmed
from tests.vision.outputs.decisions import CONTEXT, alarm, open_journal
from tests.vision.outputs.evidence import ALARM_ID, NOON, evidence_file, gap
from vision.config_reader import read_settings
from vision.core.values import AlarmKind

CONFIG = """
site: {id: hall, time_zone: UTC}
data_dir: data
models: {pack: embedded}
groups: [cast]
zones:
  - id: dock
    name: Dock
    verify_within_s: 5
    permits: [{groups: [cast], hours: {thu: ["11:00-13:00"]}}]
cameras:
  - id: cam1
    url: rtsp://camera.invalid/1
    views: [{zone: dock, counts: true, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]}]
"""
OBAMA = "barack-obama-2.jpg"


class Site:
    """Evidence of a stranger who stood beside somebody enrolled, on Thursday at noon."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.data = folder / "data"
        self.evidence = self.data / evidence_file().folder
        self.evidence.mkdir(parents=True)
        self.alarm_id = ALARM_ID
        self.config.write_text(CONFIG)
        self.place = read_settings(self.config).register_place

    def index(self, *entries: Any) -> None:
        """Tell the journal of them."""
        with closing(open_journal(self.data)) as journal:
            journal.index_evidence(entries)

    def index_files(self) -> None:
        """Tell the journal of all that is whole."""
        for path in self.evidence.iterdir():
            kind = {".mp4": "clip", ".jsonl": "timeline"}[path.suffix]
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            size_bytes = len(content)
            facts = {"name": path.name, "kind": kind, "sha256": digest, "size_bytes": size_bytes}
            file = evidence_file(**facts)
            self.index(replace(file, alarm_id=self.alarm_id))

    def enrol(self, staff_id: str, template: Template) -> None:
        """Put somebody of the cast into the register."""
        with Register.open(self.place) as register:
            register.add_person(Person(staff_id, staff_id, frozenset({"cast"})), [template])

    def recheck(self, *words: str) -> int:
        """The exit status."""
        return run(["evidence", "recheck", self.alarm_id[:6], "--config", str(self.config), *words])


@pytest.fixture(scope="module")
def models(weights: Path) -> ModelSet:
    """The models of a worker, loaded once."""
    del weights
    try:
        return sight.load()
    except WeightMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def film(
    models: ModelSet, test_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[bytes, str]:
    """The clip, and its timeline as it was written then."""
    people, folder = test_data / "people", tmp_path_factory.mktemp("film")
    if not people.is_dir():
        pytest.skip(f"{people} is missing")
    register = sight.view_of(models, {"obama": people / OBAMA})
    made = filmed(models, register, people, folder)
    return made.clip.read_bytes(), made.timeline


@pytest.fixture(scope="module")
def colleague(models: ModelSet, test_data: Path) -> Template:
    """The face of somebody enrolled."""
    return sight.template_of(models, test_data / "people" / OBAMA)


@pytest.fixture
def site(tmp_path: Path, film: tuple[bytes, str], colleague: Template) -> Site:
    """The register is as it was."""
    made = Site(tmp_path)
    (made.evidence / "cam1.1.mp4").write_bytes(film[0])
    (made.evidence / "cam1.1.jsonl").write_text(film[1])
    assert made.place.keys is not None
    init_keys(made.place.keys)
    made.enrol("obama", colleague)
    return made


def told(site: Site, capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit status, and what it said."""
    status = site.recheck(*words)
    return status, capfd.readouterr().out


def test_the_same_would_be_decided(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """Hours count as they were at noon on that day; what could not be judged is told."""
    (site.evidence / "cam1.2.mp4").write_bytes(b"no video")
    with (site.evidence / "cam1.1.jsonl").open("a") as file:
        file.write(line("left_out", frames=3))
    site.index_files()
    site.index(gap(from_at=NOON + 10.0, to_at=NOON + 12.0))
    (site.evidence / "cam1.3.part.mp4").write_bytes(b"growing")
    with (site.evidence / "cam1.1.mp4").open("ab") as clip:
        clip.write(b"\0\0\0\x08free")

    status, said = told(site, capfd)

    assert status == 0
    assert said.startswith(f"alarm {ALARM_ID}\n")
    assert "cam1.1.mp4: 12 frames judged, until 2026-01-01 12:00:02.2" in said
    assert "cam1.1.mp4 is not as it was recorded" in said
    assert "cam1.2.mp4: 0 frames judged" in said
    assert "it cannot be read on from there (garbage)" in said
    assert "3 frames are left out of the timeline" in said
    assert "missing, so not judged: cam1 2026-01-01 12:00:10.000 to" in said
    assert "still growing, so not judged: cam1.3.part.mp4" in said
    assert "  configuration: configuration: then c0ffee, today " in said
    assert "! " not in said
    assert said.endswith("today it would be decided as it was\n")


def test_the_stranger_was_enrolled_since(
    site: Site, capfd: pytest.CaptureFixture[str], models: ModelSet, test_data: Path
) -> None:
    """No alarm today, since he is known: told to programs, and by the exit status."""
    site.index_files()
    site.enrol("joe", sight.template_of(models, test_data / "people" / "joe-biden.jpg"))

    status, said = told(site, capfd, "--json")

    facts = json.loads(said)
    (camera,) = facts["cameras"]
    grave = [one for one in camera["differences"] if one["grave"]]
    assert (status, facts["differs"], camera["camera"]) == (1, True, "cam1")
    assert [(one["what"], one["then"], one["now"]) for one in grave] == [
        ("alarm_absent", "unregistered_person", None),
        ("identity", "unregistered", "registered joe"),
    ]
    assert camera["parts"]["cam1.1.mp4"]["frames"] == 12


def test_somebody_was_erased_since(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """The colleague is nobody today; it is said why."""
    with closing(open_journal(site.data)) as journal:
        journal.commit([alarm(kind=AlarmKind.CAMERA_LAGGING)], CONTEXT)
        (record,) = journal.open_alarms()
    site.alarm_id = record.alarm_id
    site.index_files()
    with closing(Register.open(site.place)) as register:
        register.remove("obama")

    status, said = told(site, capfd)

    assert status == 1
    assert said.startswith(f"alarm {record.alarm_id}: camera_lagging, raised 2026-01-01 12:00:00")
    assert "pictures do not decide an alarm about the camera itself" in said
    assert "  person: obama: then recognised, today erased\n" in said
    assert said.endswith("today it would be decided differently\n")


def test_what_cannot_be_compared(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each with its remedy, before a model is loaded."""
    site = Site(tmp_path)
    clip = evidence_file()
    timeline = evidence_file(name="cam1.1.jsonl", kind="timeline")
    (site.evidence / "cam1.1.jsonl").write_text("no json\n")
    other = replace(clip, camera_id="yard", name="yard.1.mp4")
    refused = []

    for entry in (gap(), clip, timeline, other):
        site.index(entry)
        assert site.recheck() == 1
        refused.append(capfd.readouterr().err)

    assert "no part of the clip of" in refused[0]
    assert "no timeline of camera cam1 to compare with; 'bondwatch replay'" in refused[1]
    assert "line 1 of a timeline is no JSON; 'bondwatch evidence show'" in refused[2]
    assert "camera yard is not in the configuration any more; give one with it" in refused[3]
