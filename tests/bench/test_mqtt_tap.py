"""Reading along between the daemon and the broker."""

from __future__ import annotations

from bench.mqtt_tap import Packet, Packets, Published, acknowledged, published

TOPIC = b"bondwatch/v1/bench/alarm"
PAYLOAD = b"x" * 200
BODY = len(TOPIC).to_bytes(2) + TOPIC + (513).to_bytes(2) + b"\x00" + PAYLOAD
PUBLISH = bytes([0x32, 0x80 | len(BODY) % 128, len(BODY) // 128]) + BODY
PUBACK = bytes([0x40, 3]) + (513).to_bytes(2) + b"\x10"


def test_packets_are_cut_wherever_the_network_cut_them():
    """One byte at a time gives the same packets as all at once."""
    at_once, one_by_one = Packets(), Packets()
    stream = PUBLISH + PUBACK

    slow = [packet for byte in stream for packet in one_by_one.feed(bytes([byte]))]

    assert list(at_once.feed(stream)) == slow
    assert [packet.kind for packet in slow] == [3, 4]


def test_a_publish_tells_its_identifier_topic_and_payload():
    """The properties between them are passed over."""
    with_property = BODY[: 2 + len(TOPIC) + 2] + b"\x05\x02\x00\x00\x00\x09" + PAYLOAD

    for body in (BODY, with_property):
        told = published(Packet(3, 0b0010, body))

        assert told == Published(513, TOPIC.decode(), PAYLOAD)


def test_a_publish_of_qos_0_is_never_acknowledged_and_so_not_noted():
    """It has no identifier."""
    assert published(Packet(3, 0, BODY)) is None


def test_a_puback_tells_which_message_was_taken():
    """Other packets acknowledge nothing here."""
    assert acknowledged(next(Packets().feed(PUBACK))) == 513
    assert acknowledged(Packet(13, 0, b"")) is None
