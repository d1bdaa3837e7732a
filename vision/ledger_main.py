"""The ledger's process from its start to its end: its line to the supervisor and its log.

``bondwatch ledger-writer`` calls ``main``; the supervisor starts that. What it does is in
``vision.ledger``.
"""

from __future__ import annotations

import threading

from vision.kept_config import KeptConfig
from vision.ledger.register_outbox import RegisterOutbox
from vision.ledger.running import LedgerKeeping
from vision.ledger.sources import RegisterSource
from vision.logs import configure_logs, logger
from vision.parent_link import ParentLink

_log = logger(__name__)


def main(config: KeptConfig) -> int:
    """Keep the ledger until the supervisor ends it. Returns the exit status."""
    settings = config.read()
    configure_logs(settings.logs, "ledger")
    stop = threading.Event()

    def news() -> None:
        if link.stopping:
            stop.set()

    with (
        RegisterOutbox(settings.register_place) as outbox,
        ParentLink.over_stdio(on_news=news) as link,
    ):
        more = (RegisterSource(outbox),)
        LedgerKeeping(settings, config, _Line(link), _note, more, outbox).run(stop)
    return 0


class _Line:
    """Says ready with the first turn of the loop, beats in every one, and tells what fails."""

    def __init__(self, link: ParentLink) -> None:
        self._link = link
        self._said = False

    def turned(self) -> None:
        if not self._said:
            self._said = True
            self._link.ready()
        self._link.beat()

    def failing(self, what: str, reason: str | None) -> None:
        self._link.degraded(what, reason)


def _note(event: str, **facts: object) -> None:
    """The ledger's log: its events and their facts."""
    _log.error(event, **facts)
