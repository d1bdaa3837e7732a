"""What the supervisor and its children say to each other over stdin and stdout.

One JSON object a line, UTF-8, at most ``MAX_LINE_BYTES``. Both directions are written and read
here, and nothing else is: no process is started (``vision.supervision``), no camera is known.
Standard library only.

===================  =============================================  ============================
supervisor -> child  ``{"type": "assign", "cameras": ["a", "b"]}``  first, and after each reload
..                   ``{"type": "stop"}``                           end in an orderly way
..                   end of file                                    the supervisor is gone: end
child -> supervisor  ``{"type": "ready"}``                          models loaded, at work
..                   ``{"type": "beat"}``                           every second, main loop only
..                   ``{"type": "degraded", "what": "models",       raised; with ``"reason":
                     "reason": "wrong_digest"}``                    null`` it is well again
===================  =============================================  ============================

A line that is none of these is counted and ignored: a native library may print.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MAX_LINE_BYTES = 1024 * 1024
"""A longer line is garbage: it is dropped up to its end, without being kept."""

BEAT_EVERY_S = 1.0

_MAX_REASON = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class Assign:
    """The cameras that the child owns from now on; it reads the configuration anew itself."""

    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """End in an orderly way, within seconds."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The child is at work; from now on a missing beat means that it hangs."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The child's main loop turns."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """Something does not work, ``reason`` a stable code; None once it works again.

    ``what`` names the part in lower case (``models``, ``register``); the alarm's incident is
    ``system_degraded/part/<what>``, one for all children that report it.
    """

    what: str
    reason: str | None


Order = Assign | Stop
Report = Ready | Beat | Degraded


def encode(message: Order | Report) -> bytes:
    """The message as one line, newline included."""
    return json.dumps(_fields(message), separators=(",", ":")).encode() + b"\n"


def _fields(message: Order | Report) -> dict[str, object]:
    match message:
        case Assign(cameras):
            return {"type": "assign", "cameras": list(cameras)}
        case Stop():
            return {"type": "stop"}
        case Ready():
            return {"type": "ready"}
        case Beat():
            return {"type": "beat"}
        case Degraded(what, reason):
            return {"type": "degraded", "what": what, "reason": reason and reason[:_MAX_REASON]}


def parse_order(line: bytes) -> Order | None:
    """What a line on the child's stdin says; None where it is no order."""
    fields = _object(line)
    cameras = fields.get("cameras")
    if fields.get("type") == "stop":
        return Stop()
    if fields.get("type") == "assign" and isinstance(cameras, list):
        return Assign(tuple(str(camera) for camera in cameras))
    return None


def parse_report(line: bytes) -> Report | None:
    """What a line on the child's stdout says; None where it is garbage."""
    fields = _object(line)
    match fields.get("type"):
        case "ready":
            return Ready()
        case "beat":
            return Beat()
        case "degraded":
            return _degraded(fields.get("what"), fields.get("reason"))
    return None


def _degraded(what: object, reason: object) -> Degraded | None:
    if not isinstance(what, str) or not _NAME.fullmatch(what):
        return None
    if reason is None:
        return Degraded(what, None)
    return Degraded(what, reason[:_MAX_REASON]) if isinstance(reason, str) and reason else None


def _object(line: bytes) -> dict[str, Any]:
    """The line's JSON object; empty where it holds none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


class Lines:
    """Cuts a byte stream into lines; memory stays bounded whatever arrives.

    ``overlong`` counts lines dropped for their length.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._rest = b""
        self._skipping = False
        self.overlong = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes, without their newlines; empty ones are left out."""
        *complete, self._rest = (self._rest + data).split(b"\n")
        lines = []
        for line in complete:
            if self._skipping or len(line) > self._max_bytes:
                self.overlong += 1
                self._skipping = False
            elif line:
                lines.append(line)
        if len(self._rest) > self._max_bytes:
            self._skipping = True
        if self._skipping:
            self._rest = b""
        return lines
