"""An MQTT subscriber like any console: what it receives is what the demo goes by."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from bondwatch.failures import CommandError

_SUBSCRIBED_WITHIN_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Received:
    """One message. ``payload``: the JSON in it; None where a retained topic was emptied."""

    topic: str
    payload: dict[str, Any] | None
    received_at: str

    def as_json(self) -> str:
        """One line for programs."""
        return json.dumps(
            {"topic": self.topic, "payload": self.payload, "received_at": self.received_at},
            ensure_ascii=False,
        )


Inbox = queue.SimpleQueue[Received]


@contextmanager
def subscriber(port: int, topics: str) -> Iterator[Inbox]:
    """Subscribe at a broker of this machine; yields once the broker has confirmed it."""
    inbox: Inbox = queue.SimpleQueue()
    confirmed: queue.SimpleQueue[None] = queue.SimpleQueue()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_subscribe = lambda *_: confirmed.put(None)
    client.on_message = lambda _client, _data, message: inbox.put(received(message))
    client.connect("127.0.0.1", port)
    client.subscribe(topics, qos=1)  # sent behind the connection's own packet
    client.loop_start()
    try:
        try:
            confirmed.get(timeout=_SUBSCRIBED_WITHIN_S)
        except queue.Empty:
            raise CommandError(
                "the broker did not confirm the subscription", "try once more"
            ) from None
        yield inbox
        client.disconnect()
    finally:
        client.loop_stop()


def received(message: MQTTMessage) -> Received:
    """A message as it came, with the moment."""
    payload = json.loads(message.payload) if message.payload else None
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Received(message.topic, payload, now)
