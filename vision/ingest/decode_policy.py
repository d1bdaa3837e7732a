"""How much of a stream is decoded: one small interface, three ways. Pure.

A policy sees packets, not pictures, so changing it costs nothing. Who changes to a policy that
decodes more waits for the next key frame, since decoding cannot start anywhere else.
"""

from __future__ import annotations

from typing import Protocol

from vision.ingest.packets import EncodedPacket
from vision.settings import DecodePolicy


class DecodeRule(Protocol):
    """Says which packets the decoder is fed.

    ``drains``: each picture is pulled out at once, because the packets that would push it out
    are never fed.
    """

    drains: bool

    def wants(self, packet: EncodedPacket) -> bool: ...


class Everything:
    """Each packet; the decoder keeps its references."""

    drains = False

    def wants(self, packet: EncodedPacket) -> bool:  # noqa: ARG002 -- the interface's shape
        return True


class KeyFramesOnly:
    """Pictures that depend on no other."""

    drains = True

    def wants(self, packet: EncodedPacket) -> bool:
        return packet.is_key


class PacketsOnly:
    """No picture at all: the stream is kept, not looked at."""

    drains = False

    def wants(self, packet: EncodedPacket) -> bool:  # noqa: ARG002 -- the interface's shape
        return False


_RULES: dict[DecodePolicy, DecodeRule] = {
    DecodePolicy.EVERYTHING: Everything(),
    DecodePolicy.KEY_FRAMES: KeyFramesOnly(),
    DecodePolicy.PACKETS: PacketsOnly(),
}


def rule_for(policy: DecodePolicy) -> DecodeRule:
    """The rule behind a configured policy."""
    return _RULES[policy]
