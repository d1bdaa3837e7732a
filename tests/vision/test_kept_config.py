"""The configuration that children go by: what was taken up, not what lies there now."""

from pathlib import Path

import pytest

from vision.config_reader import ConfigError
from vision.kept_config import KeptConfig

DEFAULT = (Path(__file__).parents[2] / "config.yaml").read_text()


def site(folder):
    """A configuration in a folder of its own, beside a run directory."""
    (folder / "run").mkdir()
    (folder / "config.yaml").write_text(DEFAULT)
    return KeptConfig(folder / "config.yaml", folder / "run" / "config.yaml")


def test_children_read_what_was_kept(tmp_path):
    """What is done to the file afterwards does not reach them; its folder still counts."""
    config = site(tmp_path)
    config.keep()

    config.path.write_text("half a configur")

    assert config.read().data_dir == tmp_path / "var"


def test_what_was_read_anew_is_kept_once_accepted(tmp_path):
    """A new configuration reaches children from its acceptance on, as it was when read."""
    config = site(tmp_path)
    config.keep()
    config.path.write_text(DEFAULT.replace("example-site", "other-site"))
    new = config.read_anew()
    config.path.write_text("half a configur")

    assert config.read().site_id == "example-site"
    config.accept()
    assert config.read() == new
    assert new.site_id == "other-site"


def test_mistakes_are_told_of_the_file_itself(tmp_path):
    """Whoever reads of a mistake finds it in the file that he edits; nothing else changes."""
    config = site(tmp_path)
    config.keep()
    config.path.write_text(DEFAULT + "colour: red\n")

    with pytest.raises(ConfigError, match=str(config.path)):
        config.read_anew()
    assert config.read().site_id == "example-site"


def test_where_nothing_can_be_kept_the_file_serves(tmp_path):
    """Without a run directory to write into, children read the file, old copies or not."""
    config = site(tmp_path)
    config.keep()
    config.kept.unlink()
    (tmp_path / "run").rmdir()

    config.keep()

    assert config.read().site_id == "example-site"
    assert config.read_anew().site_id == "example-site"


def test_its_text_is_what_the_daemon_goes_by(tmp_path):
    """The copy where there is one, the file where there is none, nothing where neither is."""
    config = site(tmp_path)
    config.path.write_text("one")
    assert config.text() == "one"
    config.keep()
    config.path.write_text("two")

    assert config.text() == "one"
    config.kept.unlink()
    config.path.unlink()
    assert config.text() is None
