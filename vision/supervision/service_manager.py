"""Tells systemd how the daemon does, over the datagram socket it names. No dependency.

Without ``NOTIFY_SOCKET`` nothing is sent. See sd_notify(3) for the words.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

import structlog

_log = structlog.get_logger("supervisor")


class ServiceManager:
    """The daemon's line to systemd. Sending never waits and never raises."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract namespace.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._watchdog_s = _watchdog_s(environment)
        self._fed_s = float("-inf")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if address else None
        if self._socket is not None:
            self._socket.settimeout(0)

    def ready(self) -> None:
        self._send("READY=1")

    def reloading(self) -> None:
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def loop_turns(self, now_s: float) -> None:
        """Feed the watchdog, at half its interval; call it from the loop and nowhere else."""
        if self._watchdog_s is not None and now_s - self._fed_s >= self._watchdog_s / 2:
            self._fed_s = now_s
            self._send("WATCHDOG=1")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: str) -> None:
        """Send lines of NAME=value."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError as error:
            # systemd acts on what it misses; the daemon goes on.
            _log.warning("service_manager_not_told", what=text, why=error.strerror)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """The watchdog's interval, where systemd watches this very process."""
    interval = environment.get("WATCHDOG_USEC", "")
    pid = environment.get("WATCHDOG_PID", str(os.getpid()))
    if not interval.isdigit() or int(interval) == 0 or pid != str(os.getpid()):
        return None
    return int(interval) / 1e6
