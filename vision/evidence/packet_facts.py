"""What a clip's plan must know of each packet, found by comparing it with the one before. Pure."""

from __future__ import annotations

from vision.evidence.annexb import CODECS, has_lengths, parameter_sets
from vision.evidence.clip_plan import PacketFacts, PartEnd
from vision.ingest.packets import EncodedPacket

JUMP_S = 0.5
"""A camera's own time that moves against the stream's by more than this has jumped."""

WALL_JUMP_S = 1.0
"""The same for the wall clock: a part is laid on it by the part's beginning alone."""


class FactsReader:
    """Reads one camera's packets in their order, for one clip."""

    def __init__(self) -> None:
        self._before: EncodedPacket | None = None
        self._pts_base_s: float | None = None
        self._wall_base_s = 0.0
        self._sets = b""

    def read(self, packet: EncodedPacket, *, missed: bool = False) -> PacketFacts:
        """The facts about the next packet; ``missed``: others before it never came here."""
        broken = self._break(packet)
        if missed and self._before is not None:
            broken = PartEnd.MISSED
        self._before = packet
        return PacketFacts(packet.at.stream_s, packet.is_key, broken)

    def _break(self, packet: EncodedPacket) -> PartEnd | None:
        before = self._before
        # Each connection describes its stream anew, in an object of its own.
        new_session = before is not None and before.format is not packet.format
        if new_session:
            # Its camera's clock may begin anywhere, and its first packet may not say where.
            self._pts_base_s = None
        jumped, changed = self._follow_clocks(packet), self._follow_sets(packet)
        if before is None:
            return None
        if new_session:
            return PartEnd.CAMERA_LOST
        if jumped:
            return PartEnd.TIME_JUMP
        return PartEnd.NEW_PICTURE if changed else None

    def _follow_clocks(self, packet: EncodedPacket) -> bool:
        """Whether the camera's clock or the wall clock jumped just before this packet."""
        wall_base_s = packet.at.wall_utc - packet.at.stream_s
        jumped = abs(wall_base_s - self._wall_base_s) > WALL_JUMP_S
        self._wall_base_s = wall_base_s
        if packet.pts is None:
            return jumped
        base_s = packet.at.stream_s - float(packet.pts * packet.format.time_base)
        if self._pts_base_s is not None:
            jumped = jumped or abs(base_s - self._pts_base_s) > JUMP_S
        self._pts_base_s = base_s
        return jumped

    def _follow_sets(self, packet: EncodedPacket) -> bool:
        """Whether a key frame brought other parameter sets than those in use."""
        codec = packet.format.codec
        if not packet.is_key or codec not in CODECS or has_lengths(packet.format):
            return False
        sets = parameter_sets(codec, packet.data)
        changed = bool(sets) and bool(self._sets) and sets != self._sets
        self._sets = sets or self._sets
        return changed
