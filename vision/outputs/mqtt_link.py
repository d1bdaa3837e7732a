"""The connection to the broker: paho-mqtt wrapped into a socket to wait for and events.

Knows topics, packet ids and reason codes, but no alarm and no journal. Runs in its caller's
thread: no thread of paho's is started. Whatever was under way when the connection went is
forgotten here; the journal has it, and it goes out again as a new message.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

KEEPALIVE_S = 5
CONNECT_TIMEOUT_S = 1.5
SESSION_EXPIRY_S = 7 * 24 * 3600
MAX_INCOMING_BYTES = 64 * 1024
MAX_UNACKNOWLEDGED = 20

LEAVE_TRIES = 5
LEAVE_WAIT_S = 0.1

NO_SUBSCRIBERS = 0x10
REFUSED = 0x80
_TOPIC_INVALID = 0x90
_TOO_LARGE = 0x95
_PACKET_HEAD_BYTES = 32
_OBJECTIONS = frozenset({0x81, 0x82, 0x87, 0x90, 0x94, 0x95, 0x97, 0x99, 0x9A, 0x9B})
"""Reasons of a DISCONNECT by which a broker objects to what it was sent."""


@dataclass(frozen=True, slots=True)
class Connected:
    """``session_present``: the broker remembers us; where not, it may have lost everything."""

    session_present: bool


@dataclass(frozen=True, slots=True)
class Disconnected:
    """``objected``: the reason code by which the broker threw us out because of a message."""

    reason: str
    was_connected: bool = False
    objected: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The broker's answer to a message: success, no matching subscribers, or a refusal."""

    mid: int
    code: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message for us, to be acknowledged by ``mid`` where ``qos`` is not 0."""

    mid: int
    qos: int
    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True)
class Deaf:
    """The broker does not let us hear acknowledgements."""

    reason: str


Event = Connected | Deaf | Disconnected | Answered | Incoming


@dataclass(frozen=True, slots=True)
class Message:
    """Something to publish; ``topic`` in full."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Where the broker is and who we are; ``password`` never appears in a representation."""

    host: str
    port: int
    client_id: str
    will: Message
    acks_topic: str
    tls: ssl.SSLContext | None = None
    credentials: Callable[[], tuple[str, str | None] | None] = lambda: None


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho annotates it not


class Wait(Protocol):
    """How long to wait before the next attempt to connect."""

    def next_s(self) -> float: ...

    def reset(self) -> None: ...


class MqttLink:
    """A client with a fixed id and a lasting session that connects again by itself."""

    def __init__(self, options: LinkOptions, backoff: Wait, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._backoff = backoff
        self._monotonic = monotonic
        self._events: deque[Event] = deque()
        self._connect_at_s = float("-inf")
        self._trying = False
        self._max_packet_bytes: int | None = None
        self._refused_here = 0
        self.connected = False
        self._client = self._made_client()

    def _made_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._options.client_id,
            protocol=MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        will = self._options.will
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        if self._options.tls is not None:
            client.tls_set_context(self._options.tls)
        return client

    def wait(self, wait_s: float, other: socket.socket) -> None:
        """Sleep until the broker or ``other`` has something to say, at most ``wait_s``."""
        self._connect_if_due()
        ours = self._client.socket()
        if ours is None:
            select.select([other], [], [], wait_s)
            return
        if isinstance(ours, ssl.SSLSocket) and ours.pending():
            wait_s = 0.0
        writers = [ours] if self._client.want_write() else []
        readable, writable, _ = select.select([ours, other], writers, [], wait_s)
        if ours in readable or wait_s == 0.0:
            self._client.loop_read()
        if ours in writable:
            self._client.loop_write()
        self._client.loop_misc()
        self._notice_loss("connection lost")

    def events(self) -> list[Event]:
        """What has happened since the last call, in order."""
        happened = list(self._events)
        self._events.clear()
        return happened

    def publish(self, message: Message) -> int | None:
        """Send a message; its packet id, or None where there is no connection."""
        if not self.connected:
            return None
        if self._is_too_large(message):
            return self._refuse_here(_TOO_LARGE)
        properties = _properties(PacketTypes.PUBLISH)
        if message.expiry_s is not None:
            properties.MessageExpiryInterval = message.expiry_s
        try:
            info = self._client.publish(
                message.topic, message.payload, message.qos, message.retain, properties
            )
        except ValueError:
            return self._refuse_here(_TOPIC_INVALID)
        self._notice_loss("connection lost")
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def _refuse_here(self, code: int) -> int:
        self._refused_here -= 1
        self._events.append(Answered(self._refused_here, code))
        return self._refused_here

    def _is_too_large(self, message: Message) -> bool:
        # Sent all the same, it would cost the connection, and every other message with it.
        size_bytes = len(message.topic.encode()) + len(message.payload.encode())
        return (
            self._max_packet_bytes is not None
            and size_bytes + _PACKET_HEAD_BYTES > self._max_packet_bytes
        )

    def acknowledge(self, incoming: Incoming) -> None:
        """Tell the broker that a message for us is in safe keeping."""
        if incoming.qos:
            self._client.ack(incoming.mid, incoming.qos)
            self._notice_loss("connection lost")

    def disconnect(self) -> None:
        """Leave in good order: the broker keeps the last will to itself."""
        if self._client.socket() is not None:
            self._client.disconnect()
            for _ in range(LEAVE_TRIES):
                ours = self._client.socket()
                if ours is None or not self._client.want_write():
                    break
                select.select([], [ours], [], LEAVE_WAIT_S)
                self._client.loop_write()
        self.connected = False

    def _connect_if_due(self) -> None:
        if self._client.socket() is not None or self._monotonic() < self._connect_at_s:
            return
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = MAX_UNACKNOWLEDGED
        properties.MaximumPacketSize = MAX_INCOMING_BYTES
        self._trying = True
        # Dropped before connecting: paho would send again by itself what the journal sends.
        self._client.drop_out_messages()
        try:
            self._present_credentials()
            self._client.connect(
                self._options.host,
                self._options.port,
                keepalive=KEEPALIVE_S,
                clean_start=False,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            self._notice_loss(f"cannot connect: {error}")

    def _present_credentials(self) -> None:
        # Read anew for each attempt, so that a changed secret file needs no restart.
        credentials = self._options.credentials()
        if credentials is not None:
            self._client.username_pw_set(*credentials)

    def _notice_loss(self, reason: str, objected: int | None = None) -> None:
        if not self._trying or self._client.socket() is not None:
            return
        self._trying = False
        self._connect_at_s = self._monotonic() + self._backoff.next_s()
        self._events.append(Disconnected(reason, self.connected, objected))
        self.connected = False

    def _on_connect(
        self, client: Client, _data: Any, flags: Any, code: ReasonCode, properties: Any
    ) -> None:
        if code.is_failure:
            self._events.append(Disconnected(f"the broker refuses us: {code}"))
            return
        self.connected = True
        self._max_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        self._backoff.reset()
        options = SubscribeOptions(
            qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND
        )
        client.subscribe(self._options.acks_topic, options=options)
        self._events.append(Connected(bool(flags.session_present)))

    def _on_disconnect(
        self, _client: Client, _data: Any, flags: Any, code: ReasonCode, _properties: Any
    ) -> None:
        by_broker = flags.is_disconnect_packet_from_server
        objected = code.value if by_broker and code.value in _OBJECTIONS else None
        self._notice_loss(str(code), objected)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, code: ReasonCode, _properties: Any
    ) -> None:
        self._events.append(Answered(mid, code.value))

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Any
    ) -> None:
        if any(code.is_failure for code in codes):
            self._events.append(Deaf(str(codes[0])))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._events.append(
            Incoming(message.mid, message.qos, topic, bytes(message.payload), message.retain)
        )
