"""The section ``ledger`` of the configuration: its defaults, and what it must not say."""

from pathlib import Path

import pytest

from vision.config_reader import ConfigError, read_settings

ROOT = Path(__file__).parents[2]
SMALL = """\
site: {id: plant-7, time_zone: Europe/Berlin}
models: {pack: embedded}
groups: [staff]
zones: [{id: bonded, permits: [{groups: [staff]}]}]
cameras:
  - id: gate
    url: clips/gate.mp4
    views: [{zone: bonded, counts: true, polygon: [[0, 0], [1, 0], [1, 1]]}]
"""


@pytest.fixture
def path(tmp_path):
    """Where the configuration lies; its data directory is ``var`` beside it."""
    return tmp_path / "config.yaml"


def test_the_default_configuration_states_the_true_defaults(path):
    """A value that config.yaml gives is the default."""
    path.write_text(SMALL)

    assert read_settings(ROOT / "config.yaml").ledger == read_settings(path).ledger


def test_the_key_lies_beside_the_data(path):
    """A copy of the data directory holds no key, whatever the directory is called."""
    path.write_text(SMALL)

    settings = read_settings(path)

    assert settings.ledger_key_path == path.parent / "var-keys" / "ledger.key"
    assert not settings.ledger_key_path.is_relative_to(settings.data_dir)


def test_what_is_given_counts(path, tmp_path):
    """Relative paths are relative to the configuration."""
    path.write_text(f"{SMALL}ledger: {{key_file: k, copy_to: /audit, checkpoint_s: 5}}\n")

    settings = read_settings(path)

    assert settings.ledger_key_path == tmp_path / "k"
    assert (settings.ledger.copy_to, settings.ledger.checkpoint_s) == (Path("/audit"), 5)


@pytest.mark.parametrize("key", ["key_file", "copy_to"])
def test_neither_key_nor_second_place_lie_in_the_data(path, key):
    """They would be lost, copied or changed together with the ledger."""
    path.write_text(f"{SMALL}ledger: {{{key}: var/there}}\n")

    with pytest.raises(ConfigError, match=rf"ledger\.{key}: lies in data_dir"):
        read_settings(path)


def test_a_checkpoint_is_due_within_a_minute(path):
    """Longer would be a longer time in which entries can be cut off unnoticed."""
    path.write_text(f"{SMALL}ledger: {{checkpoint_s: 61}}\n")

    with pytest.raises(ConfigError, match=r"ledger\.checkpoint_s: 61 is out of range"):
        read_settings(path)


def test_time_stamps_are_asked_for_where_the_site_says_so(path, tmp_path):
    """By default nothing leaves the site."""
    path.write_text(SMALL)
    assert read_settings(path).ledger.timestamp_url is None
    given = "timestamp_url: 'https://tsa.example.com/tsr', timestamp_ca_file: tsa.pem"
    path.write_text(f"{SMALL}ledger: {{{given}, timestamp_every_s: 60}}\n")

    ledger = read_settings(path).ledger

    assert ledger.timestamp_url == "https://tsa.example.com/tsr"
    assert ledger.timestamp_ca_file == tmp_path / "tsa.pem"
    assert ledger.timestamp_every_s == 60


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("timestamp_url: 'ftp://tsa.example.com/'", "is no URL of a web service"),
        ("timestamp_url: tsa.example.com", "is no URL of a web service"),
        ("timestamp_url: 'http://'", "is no URL of a web service"),
        ("timestamp_url: 'https://me:secret@tsa.example.com/'", "without them"),
        ("timestamp_ca_file: tsa.pem", "stands without timestamp_url"),
        ("timestamp_every_s: 59", "59 is out of range"),
    ],
)
def test_what_cannot_be_asked_is_told(path, written, told):
    """And credentials are not quoted."""
    path.write_text(f"{SMALL}ledger: {{{written}}}\n")

    with pytest.raises(ConfigError, match=told) as refused:
        read_settings(path)

    assert "secret" not in str(refused.value)
