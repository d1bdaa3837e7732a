"""The demo's configuration is one that the daemon takes."""

from __future__ import annotations

from pathlib import Path

from bondwatch.demo import site
from bondwatch.demo.scenery import ZONE
from bondwatch.demo.source import USER_VARIABLE, Source
from vision.config_reader import read_settings


def test_it_is_read_without_a_mistake(tmp_path: Path) -> None:
    """The written file is a whole configuration: camera with login, zone, broker, models."""
    path = tmp_path / "config.yaml"

    site.write_configuration(path, Source("rtsp://127.0.0.1:1/gate", ZONE, has_login=True), 18830)

    settings = read_settings(path)
    (camera,) = settings.cameras
    assert (settings.site_id, settings.mqtt.port) == (site.SITE, 18830)
    assert camera.username is not None
    assert camera.username.env == USER_VARIABLE
    assert camera.views[0].polygon == ZONE
    assert settings.data_dir == site.data_directory(path)


def test_a_file_may_be_the_source(tmp_path: Path) -> None:
    """A file's path is written out whole: the configuration lies elsewhere."""
    path = tmp_path / "config.yaml"

    site.write_configuration(path, Source("clip.mp4", ZONE, has_login=False), 18830)

    assert Path(read_settings(path).cameras[0].detect_url).is_absolute()
