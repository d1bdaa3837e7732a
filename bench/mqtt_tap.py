"""Stands between the daemon and the broker and notes when the broker takes each alarm.

A relay for MQTT over TCP that reads along: PUBLISH packets on the way there, PUBACK packets on
the way back. Bytes go through unchanged and at once. What the broker said, and when, is thus
known without asking the daemon.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

_PUBLISH: Final = 3
_PUBACK: Final = 4
_QOS: Final = 0b0110
_CONTINUES: Final = 0x80
_CHUNK_BYTES: Final = 65536


@dataclass(frozen=True, slots=True)
class Packet:
    """One MQTT control packet: type and flags of its first byte, and what follows its length."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """A PUBLISH of QoS 1: its packet identifier, topic, and payload."""

    packet_id: int
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """An alarm message that the broker has acknowledged, and the POSIX time when that came."""

    message: dict[str, Any]
    at: float


class Packets:
    """Cuts a byte stream into packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are complete with these bytes."""
        self._rest += data
        while (found := _cut(self._rest)) is not None:
            packet, self._rest = found
            yield packet


def _cut(data: bytes) -> tuple[Packet, bytes] | None:
    """The first packet and what follows it; None where it is not all there."""
    found = _varint(data, 1)
    if found is None:
        return None
    length, start = found
    if len(data) < start + length:
        return None
    packet = Packet(data[0] >> 4, data[0] & 0x0F, data[start : start + length])
    return packet, data[start + length :]


def _varint(data: bytes, at: int) -> tuple[int, int] | None:
    """A variable byte integer, and where what follows it begins; None where it is cut off."""
    value = shift = 0
    for index in range(at, len(data)):
        value |= (data[index] & ~_CONTINUES) << shift
        if not data[index] & _CONTINUES:
            return value, index + 1
        shift += 7
    return None


def published(packet: Packet) -> Published | None:
    """What a packet publishes; None for one of QoS 0 or of another type."""
    if packet.kind != _PUBLISH or not packet.flags & _QOS:
        return None
    body = packet.body
    topic_end = 2 + int.from_bytes(body[:2])
    packet_id = int.from_bytes(body[topic_end : topic_end + 2])
    properties = _varint(body, topic_end + 2)
    if properties is None:
        return None
    length, start = properties
    return Published(packet_id, body[2:topic_end].decode(), body[start + length :])


def acknowledged(packet: Packet) -> int | None:
    """The packet identifier that a packet acknowledges; None for another type."""
    return int.from_bytes(packet.body[:2]) if packet.kind == _PUBACK else None


class MqttTap:
    """The relay; ``with`` starts and ends it. ``topic``: of the messages to note."""

    def __init__(self, broker_port: int, topic: str) -> None:
        self._broker = ("127.0.0.1", broker_port)
        self._topic = topic
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="mqtt-tap")]
        self._taken: list[Taken] = []
        self._under_way: dict[int, bytes] = {}
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What the broker has acknowledged so far, in that order."""
        with self._lock:
            return tuple(self._taken)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):  # closed by the other side already
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in (self._listener, *self._sockets):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed
            broker = socket.create_connection(self._broker)
            for one in (client, broker):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets += [client, broker]
            for source, target, note in (
                (client, broker, self._sent),
                (broker, client, self._back),
            ):
                thread = threading.Thread(target=_carry, args=(source, target, note))
                self._threads.append(thread)
                thread.start()

    def _sent(self, packet: Packet) -> None:
        message = published(packet)
        if message is not None and message.topic == self._topic:
            with self._lock:
                self._under_way[message.packet_id] = message.payload

    def _back(self, packet: Packet) -> None:
        packet_id, now_at = acknowledged(packet), time.time()
        if packet_id is None:
            return
        with self._lock:
            payload = self._under_way.pop(packet_id, None)
            if payload is not None:
                self._taken.append(Taken(json.loads(payload), now_at))


def _carry(source: socket.socket, target: socket.socket, note: Callable[[Packet], None]) -> None:
    """Pass bytes on until either side ends; what is passed on is then looked at."""
    packets = Packets()
    with contextlib.suppress(OSError):  # either side may go at any moment; then so do we
        while data := source.recv(_CHUNK_BYTES):
            # Noted first on the way there, so that no answer can come before it is known.
            for packet in packets.feed(data):
                note(packet)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
