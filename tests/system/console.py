"""A console as any integrator would write it: it hears everything and may acknowledge.

Every message that it hears is held against the contract.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.contract import validate

DEADLINE_S = 60.0


@dataclass(frozen=True)
class Heard:
    """One message; ``message`` is None for an emptied topic, ``name`` below the site's root."""

    name: str
    payload: bytes
    retain: bool
    message: dict[str, Any] | None


class Console:
    """An MQTT 5 client with a lasting session of its own."""

    def __init__(self, port: int, site: str = "hall", name: str = "console") -> None:
        self.root = f"bondwatch/v1/{site}/"
        self.heard: list[Heard] = []
        self.problems: list[str] = []
        self.subscribed = threading.Event()
        self._port = port
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5, clean_session=None
        )
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self._on_message
        self.client.reconnect_delay_set(min_delay=0.1, max_delay=0.2)

    def __enter__(self) -> Console:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self.client.connect("127.0.0.1", self._port, 5, clean_start=False, properties=properties)
        self.client.loop_start()
        assert self.subscribed.wait(DEADLINE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        assert self.problems == []

    def of(self, name: str) -> list[dict[str, Any]]:
        """The messages heard on a topic, as they came."""
        return [h.message for h in list(self.heard) if h.name == name and h.message is not None]

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        """Poll until the condition holds; its value is returned."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            value = condition()
            if value:
                return value
            topics = [heard.name for heard in self.heard]
            assert time.monotonic() < deadline, f"heard only {topics}; {self.problems}"
            time.sleep(0.01)

    def acknowledge(self, alarm_id: str, payload: bytes | None = None, **more: Any) -> None:
        """Acknowledge an alarm as Tom, or send whatever ``payload`` is."""
        if payload is None:
            payload = json.dumps({"version": 1, "operator": "Tom", "note": "seen"} | more).encode()
        self.client.publish(f"{self.root}alarm/{alarm_id}/ack", payload, qos=1)

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe(self.root + "#", qos=1)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        name = message.topic.removeprefix(self.root)
        if name.endswith("/ack"):
            return  # what other consoles send is not ours to judge
        try:
            read = validate(message.topic, message.payload)
        except (AssertionError, ValueError) as problem:
            self.problems.append(str(problem))
            return
        self.heard.append(Heard(name, bytes(message.payload), message.retain, read))
