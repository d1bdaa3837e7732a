"""A broker, and the journal of a site that publishes to it."""

from __future__ import annotations

import pytest

from tests.system.broker import Broker
from tests.system.publishers import settings
from vision.outputs.journal import Journal


@pytest.fixture
def broker(tmp_path):
    """A broker that is not running yet."""
    broker = Broker.make(tmp_path / "broker")
    yield broker
    broker.kill()


@pytest.fixture
def site(tmp_path, broker):
    """The settings of a site."""
    return settings(tmp_path / "data", broker.port)


@pytest.fixture
def journal(site):
    """The site's journal, as a worker has it open."""
    journal = Journal.open(site.journal_path)
    yield journal
    journal.close()
