"""`bondwatch enrol capture`: a real clip through the real RTSP server, and the clip itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bondwatch.enrol_cli import enrol_app
from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer
from enrolment.key_rotation import init_keys
from enrolment.people import PersonState
from enrolment.photos import decode_photo
from enrolment.register import Register
from models.errors import WeightMissingError
from models.manifest import EMBEDDED, read_manifest
from models.store import standard_store
from vision.config_reader import read_settings

CONFIG = """
site: {{id: dock-7, time_zone: Europe/Berlin}}
data_dir: data
mqtt: {{host: 127.0.0.1}}
models: {{pack: embedded}}
groups: [staff]
register: {{keep_photos: true}}
zones:
  - id: bay
    name: Bay
    permits: [{{groups: [staff]}}]
cameras:
  - id: gate
    url: {url}
    username: {{env: CAPTURE_USER}}
    password: {{env: CAPTURE_PASSWORD}}
    views: [{{zone: bay, counts: true, polygon: [[0, 0], [1, 0], [1, 1]]}}]
"""
PASSWORD = "a camera's secret"  # noqa: S105 - of a camera that lives as long as its test


@pytest.fixture
def clip(test_data: Path) -> Path:
    """Find the clip of somebody on a stage, and the weights that go with it."""
    for name in read_manifest().pack(EMBEDDED).entries:
        try:
            standard_store().find(read_manifest().entry(name))
        except WeightMissingError as missing:
            pytest.skip(f"{missing}")
    return test_data / "media" / "stage-two-people.mp4"


def capture(folder: Path, url: str, *words: str) -> Result:
    """Run the command on a site of one camera."""
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(url=url))
    keys = read_settings(config).register_place.keys
    assert keys
    init_keys(keys)
    environment = {"CAPTURE_USER": "guard", "CAPTURE_PASSWORD": PASSWORD, "COLUMNS": "200"}
    command = ["capture", "Lin-Manuel Miranda", "--group", "staff", *words]
    return CliRunner().invoke(
        enrol_app, [*command, "--config", str(config)], env=environment, catch_exceptions=False
    )


def held(folder: Path) -> tuple[int, list[bytes]]:
    """How many templates the one person has, and the pictures that are kept."""
    place = read_settings(folder / "config.yaml").register_place
    with Register.open_for_reading(place) as register:
        (person,) = register.people()
        assert person.state is PersonState.AWAITING_APPROVAL
        templates, photos = register.biometrics("lin-manuel-miranda")
    return len(templates), list(photos)


def test_a_live_camera_enrols_who_stands_before_it(tmp_path: Path, clip: Path) -> None:
    """The best looks are taken out of the stream and kept; the prompts are in Chinese."""
    mount = Mount("cam1", load_clip(clip))
    with RtspServer([mount], credentials=Credentials("guard", PASSWORD)) as server:
        result = capture(tmp_path, server.url("cam1"), "--camera", "gate", "--language", "zh")

    assert result.exit_code == 0, result.output
    assert "请" in result.output
    assert PASSWORD not in result.output
    templates, photos = held(tmp_path)
    assert templates >= 1
    assert len(photos) == templates
    assert all(decode_photo(photo).size for photo in photos)


def test_a_recording_enrols_whom_it_mostly_shows(tmp_path: Path, clip: Path) -> None:
    """Looks at other people between the cuts are refused, not enrolled with the person."""
    result = capture(tmp_path, "rtsp://camera.invalid/", "--clip", str(clip))

    assert result.exit_code == 0, result.output
    assert held(tmp_path)[0] >= 2
