"""What the messages so far add up to: the state that the terminal shows. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

Message = dict[str, Any]

_PASSAGES_KEPT: Final = 9
_WORDS: Final = {"entry": "in", "exit": "out", "inside": "inside"}


@dataclass(slots=True)
class Board:
    """Latest states, last passages and all alarms. ``names``: by staff id."""

    names: Mapping[str, str]
    daemon: str = "starting"
    cameras: dict[str, Message] = field(default_factory=dict)
    zones: dict[str, Message] = field(default_factory=dict)
    passages: deque[Message] = field(default_factory=lambda: deque(maxlen=_PASSAGES_KEPT))
    alarms: dict[str, Message] = field(default_factory=dict)
    messages: int = 0

    def add(self, topic: str, message: Message) -> None:
        """Take in one message; ``topic`` is below the site's root."""
        self.messages += 1
        room = topic.partition("/")[0]
        if topic == "status":
            self.daemon = message["status"]
        elif topic == "alarm":
            self.alarms[message["alarm_id"]] = message
        elif topic == "passage":
            self.passages.append(message)
        elif room == "camera":
            self.cameras[message["camera"]] = message
        elif room == "zone":
            self.zones[message["zone"]] = message

    def who(self, message: Message) -> str:
        """The person of a passage or an alarm, as people would say it."""
        identity = message["identity"]
        if identity is None:
            return message.get("object") or "-"
        if identity["staff_id"]:
            return self.names.get(identity["staff_id"], identity["staff_id"])
        return "not on the register" if identity["state"] == "unregistered" else "unknown"


def verdict_of(message: Message) -> str:
    """The identity of a passage and what it was decided by."""
    identity = message["identity"]
    if identity is None:
        return "-"
    return f"{identity['state']}{_evidence(identity)}"


def _evidence(identity: Message) -> str:
    if identity["similarity"] is None:
        return ""
    figures = f"similarity {identity['similarity']:.2f}, {identity['looks']} looks"
    return f" ({figures}, {identity['face_px'] or 0:.0f} px)"


def way_of(message: Message) -> str:
    """The direction of a passage or an alarm in a short word."""
    return _WORDS.get(message["direction"], "-")


def time_of(message: Message) -> str:
    """The moment of a passage or an alarm on this machine's clock, ``HH:MM:SS``."""
    moment = datetime.fromisoformat(message["times"]["wall"])
    return moment.astimezone().strftime("%H:%M:%S")


def line_about(topic: str, message: Message, board: Board) -> str | None:
    """One plain line for a message; None for what is not worth one."""
    if topic == "alarm":
        change = f"{message['change']} ({message['reason']})"
        return f"{time_of(message)}  ALARM    {message['kind']} {change}, {message['priority']}"
    if topic == "passage":
        who, verdict = board.who(message), verdict_of(message)
        return f"{time_of(message)}  passage  {way_of(message)}: {who}, {verdict}"
    if topic.startswith("camera/"):
        state = "online" if message["online"] else f"offline: {message['why']}"
        return f"          camera   {message['camera']} {state}"
    if topic == "status":
        return f"          daemon   {message['status']}"
    return None
