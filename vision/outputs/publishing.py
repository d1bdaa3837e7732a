"""Putting a publisher together from the settings, and running it until it is told to stop."""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing

from vision.ingest.backoff import Backoff
from vision.outputs import broker_access, messages, stand_in, topics
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.outputs.mqtt_link import LinkOptions, Message, MqttLink
from vision.outputs.nudge import NudgeListener
from vision.outputs.ordered_lane import RefusalPolicy
from vision.outputs.publisher import Log, Publisher, PublisherParts
from vision.settings import MqttSettings, Settings

JOURNAL_BUSY_S = 0.25
"""The publisher has other work to do while somebody else writes."""

CONNECT_FIRST_S = 0.25
CONNECT_CAP_S = 5.0
LEAVE_WITHIN_S = 1.0
REFUSALS = RefusalPolicy()


def _nothing() -> None:
    """Nobody wants to know that the loop turns."""


def run_publisher(
    settings: Settings,
    stop: threading.Event,
    log: Log,
    on_turn: Callable[[], None] = _nothing,
    refusals: RefusalPolicy = REFUSALS,
) -> None:
    """Publish until ``stop`` is set, then say ``offline`` and return within 2 s.

    ``on_turn`` is called several times a second while the loop turns. Raises BrokerAccessError
    or PublisherRunningError where the publisher cannot begin its work, and JournalReplacedError
    where its journal is taken away. Neither a broker that cannot be reached nor a journal that
    cannot be opened is such a reason.
    """
    tls = broker_access.tls_context(settings.mqtt.tls)
    broker_access.credentials(settings.mqtt)

    def refused(error: JournalError) -> None:
        log("journal_cannot_be_opened", why=str(error))

    with closing(NudgeListener(settings.run_dir)) as nudges:
        while not stop.is_set():
            path = settings.journal_path
            with stand_in.opened(path, JOURNAL_BUSY_S, time.monotonic, refused) as found:
                _keep_to_the_site(found.journal, settings, log)
                backoff = Backoff(random.Random(), first_s=CONNECT_FIRST_S, cap_s=CONNECT_CAP_S)  # noqa: S311 -- spreads attempts, guards nothing
                parts = PublisherParts(
                    site=settings.site_id,
                    heartbeat_s=settings.mqtt.heartbeat_s,
                    journal=found.journal,
                    link=MqttLink(
                        link_options(settings.site_id, settings.mqtt, tls), backoff, time.monotonic
                    ),
                    nudges=nudges,
                    clock=time.time,
                    monotonic=time.monotonic,
                    log=log,
                    refusals=refusals,
                )
                _publish(Publisher(parts), found, stop, on_turn)


def _publish(
    publisher: Publisher, found: stand_in.Opened, stop: threading.Event, on_turn: Callable[[], None]
) -> None:
    """Publish until told to stop, or until a stand-in is needed no more."""
    while not stop.is_set() and not found.has_served():
        found.journal.demand_in_place()
        publisher.turn()
        on_turn()
    publisher.leave(LEAVE_WITHIN_S)


def _keep_to_the_site(journal: Journal, settings: Settings, log: Log) -> None:
    cameras = [camera.camera_id for camera in settings.cameras]
    try:
        journal.keep_only(cameras, [zone.zone_id for zone in settings.zones])
    except JournalError as error:
        # what is left over disturbs less than a publisher that does not start
        log("journal_fails", why=str(error))


def link_options(site: str, mqtt: MqttSettings, tls: ssl.SSLContext | None) -> LinkOptions:
    """The connection that the settings describe; one client id for a site, always the same."""
    root = topics.root(site)
    return LinkOptions(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id or f"bondwatch-{site}",
        will=Message(root + topics.STATUS, messages.status(site, online=False), retain=True),
        acks_topic=root + topics.ACKS,
        tls=tls,
        credentials=lambda: broker_access.credentials(mqtt),
    )
