"""The publisher's process from its start to its end: its line to the supervisor and its log.

``bondwatch publisher`` calls ``main``; the supervisor starts that. What a publisher does is in
``vision.outputs``.
"""

from __future__ import annotations

import threading

from vision.kept_config import KeptConfig
from vision.logs import configure_logs, logger
from vision.outputs.broker_access import BrokerAccessError
from vision.outputs.journal_errors import JournalError
from vision.outputs.nudge import PublisherRunningError
from vision.outputs.publishing import run_publisher
from vision.parent_link import ParentLink

_log = logger(__name__)


def main(config: KeptConfig) -> int:
    """Publish until the supervisor ends it. Returns the exit status: 1 where it cannot begin."""
    settings = config.read()
    configure_logs(settings.logs, "publisher")
    stop = threading.Event()

    def news() -> None:
        if link.stopping:
            stop.set()

    with ParentLink.over_stdio(on_news=news) as link:
        at_work = _FirstTurn(link)
        try:
            run_publisher(settings, stop, _note, at_work.turned)
        except (JournalError, BrokerAccessError, PublisherRunningError) as error:
            _log.error("publisher_cannot_go_on", why=str(error))
            return 1
    return 0


class _FirstTurn:
    """Says ready with the first turn of the loop, and beats in every one."""

    def __init__(self, link: ParentLink) -> None:
        self._link = link
        self._said = False

    def turned(self) -> None:
        if not self._said:
            self._said = True
            self._link.ready()
        self._link.beat()


def _note(event: str, **facts: object) -> None:
    """The publisher's log: its events and their facts."""
    _log.info(event, **facts)
