"""Sends one mount to one client: paced in real time, with the mount's faults applied.

Knows timelines and RTP, not RTSP: the connection gives it a function that takes framed bytes.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator

from bondwatch.rtsp_server.mounts import Due, Faults, Mount, Timeline
from bondwatch.rtsp_server.rtp import RtpSender, interleaved

_REPORT_EVERY_S = 5.0
_RTP_HEADER_BYTES = 12


class Player:
    """Runs in the connection's sender thread until ``stopping`` is set or sending fails."""

    def __init__(
        self, mount: Mount, epoch_s: float, channels: tuple[int, int], send: Callable[[bytes], None]
    ) -> None:
        self._mount = mount
        self._epoch_s = epoch_s
        self._channels = channels
        self._send = send
        self._offset = secrets.randbits(32)
        self._reported_s = float("-inf")
        self.stopping = threading.Event()

    def run(self) -> None:
        """Play until stopped; raises OSError where the client is gone."""
        timeline = self._mount.timeline(self._epoch_s)
        sender = RtpSender(timeline.clip.codec, ssrc=secrets.randbits(32))
        while not self.stopping.is_set():
            sender.codec = timeline.clip.codec
            timeline = self._play_until_switched(timeline, sender)

    def _play_until_switched(self, timeline: Timeline, sender: RtpSender) -> Timeline:
        units: Iterator[Due] = timeline.units_from(time.monotonic())
        for due in units:
            faults = self._wait_until_due(due.due_s)
            current = self._mount.timeline(self._epoch_s)
            if self.stopping.is_set() or current is not timeline:
                return current
            if not faults.frozen:
                self._send_unit(due, sender, faults)
        return timeline

    def _wait_until_due(self, due_s: float) -> Faults:
        """Sleep in short steps, so that a lag switched on meanwhile counts at once."""
        while True:
            faults = self._mount.faults
            left_s = due_s + faults.lag_s - time.monotonic()
            if left_s <= 0 or self.stopping.wait(min(left_s, 0.1)):
                return faults

    def _send_unit(self, due: Due, sender: RtpSender, faults: Faults) -> None:
        stamp = due.timestamp + self._offset
        rtp_channel, rtcp_channel = self._channels
        packets = sender.packets(due.unit, stamp)
        hurt = [damaged(packet, faults, self._mount.rng) for packet in packets]
        self._send(b"".join(interleaved(rtp_channel, p) for p in hurt if p is not None))
        if due.due_s - self._reported_s >= _REPORT_EVERY_S:
            self._reported_s = due.due_s
            taken_at = time.time() - (time.monotonic() - due.due_s)
            self._send(interleaved(rtcp_channel, sender.sender_report(taken_at, stamp)))


def damaged(packet: bytes, faults: Faults, rng: random.Random) -> bytes | None:
    """The packet as the faults leave it: None where it is lost, bytes changed where garbled."""
    if faults.lost and rng.random() < faults.lost:
        return None
    if not faults.garbled:
        return packet
    body = bytearray(packet)
    for at in range(_RTP_HEADER_BYTES, len(body)):
        if rng.random() < faults.garbled:
            body[at] = rng.randrange(256)
    return bytes(body)
