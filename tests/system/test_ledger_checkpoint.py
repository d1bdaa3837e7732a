"""A checkpoint on its way from the journal to a real broker."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.system.broker import Broker
from tests.system.console import Console
from tests.system.publishers import running, settings
from vision.outputs import messages, topics
from vision.outputs.journal import Journal
from vision.outputs.journal_values import LedgerMark, StateRow

pytestmark = pytest.mark.system


def test_a_checkpoint_of_the_ledger_is_retained(tmp_path):
    """Who listens later hears the newest one, and it is what the contract says."""
    broker = Broker.make(tmp_path / "broker").start()
    site = settings(tmp_path / "data", broker.port)
    payload = messages.ledger_checkpoint("hall\n1\nAAAA\n\n— hall AAAA\n", 1, "hall", 1.7e9)
    row = StateRow(topics.LEDGER_CHECKPOINT, payload, 3600)
    try:
        with closing(Journal.open(site.journal_path)) as journal, running(site):
            journal.put_ledger_mark(LedgerMark("hall", 1, {}), row)
            with Console(broker.port) as early:
                early.wait_for(lambda: early.of("ledger/checkpoint"))
            with Console(broker.port) as late:
                heard = late.wait_for(lambda: late.of("ledger/checkpoint"))
    finally:
        broker.kill()

    assert heard[0]["size"] == 1
