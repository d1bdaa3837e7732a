"""What a subscriber must have heard by the end of the demo, and what it must not have heard.

Pure: messages in, sentences about what is missing or wrong out. Names and numbers come from the
clip's script, so the demo cannot expect anything that the clip does not show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, Protocol

from bondwatch.demo.script import SCRIPT, Walk

STRANGER: Final = "a stranger"
_ABOUT_PEOPLE: Final = frozenset(
    {"unregistered_person", "unverified_person", "unauthorised_person"}
)

Message = dict[str, Any]


class Expectations(Protocol):
    """What a run is judged by."""

    def add(self, topic: str, message: Message) -> None:
        """Take in one message; ``topic`` is below the site's root."""

    def missing(self) -> list[str]:
        """What has not been heard yet, one sentence each."""

    def wrong(self) -> list[str]:
        """What should not have been heard, one sentence each."""


class ClipExpectations:
    """For the demo clip: staff pass as registered, strangers raise alarms, in this order."""

    def __init__(self, script: Sequence[Walk] = SCRIPT) -> None:
        self._names = {w.actor.key: str(w.actor.name) for w in script if w.actor.enrolled}
        self._cycle = [self._names.get(walk.actor.key, STRANGER) for walk in script]
        self._raised: dict[str, Message] = {}
        self._left: set[str] = set()
        self._entries: dict[str, Message] = {}

    def add(self, topic: str, message: Message) -> None:
        """See `Expectations.add`."""
        if topic == "alarm" and message["kind"] in _ABOUT_PEOPLE:
            self._raised.setdefault(message["alarm_id"], message)
            if message["direction"] == "exit":
                self._left.add(message["alarm_id"])
        if topic == "passage" and message["direction"] != "exit":
            self._entries[message["passage_id"]] = message

    def missing(self) -> list[str]:
        """See `Expectations.missing`."""
        return list(self._missing())

    def _missing(self) -> Iterator[str]:
        seen = [_who(message, self._names) for message in self._entries.values()]
        for name in self._names.values():
            if name not in seen:
                yield f"no passage of {name} as a registered person"
        strangers = self._cycle.count(STRANGER)
        alarms = [a for a, message in self._raised.items() if _is_stranger(message)]
        if len(alarms) < strangers:
            yield f"{len(alarms)} alarms unregistered_person on entering instead of {strangers}"
        left = len(self._left.intersection(alarms))
        if left < strangers:
            yield f"{left} alarms unregistered_person told of leaving instead of {strangers}"

    def wrong(self) -> list[str]:
        """See `Expectations.wrong`."""
        return list(self._wrong())

    def _wrong(self) -> Iterator[str]:
        for message in self._raised.values():
            if not _is_stranger(message):
                yield f"an alarm {message['kind']} ({message['reason']}), which nobody called for"
        ordered = sorted(self._entries.values(), key=lambda message: message["times"]["wall"])
        # A track that was cut makes one person enter twice in a row; that is no confusion.
        seen = [who for who, _ in groupby(_who(message, self._names) for message in ordered)]
        if not any(self._follows(seen, start) for start in range(len(self._cycle))):
            yield f"people entered as {', '.join(seen)}, not in the order of the clip"

    def _follows(self, seen: list[str], start: int) -> bool:
        """Whether people came in the script's order, round and round from some point."""
        length = len(self._cycle)
        return all(who == self._cycle[(start + n) % length] for n, who in enumerate(seen))


class CameraExpectations:
    """For a real camera, of which nobody knows what it shows: it is online and messages flow."""

    def __init__(self) -> None:
        self._online = False
        self._messages = 0
        self._why: str | None = None

    def add(self, topic: str, message: Message) -> None:
        """See `Expectations.add`."""
        self._messages += 1
        if topic.startswith("camera/"):
            self._online = self._online or message["online"]
            self._why = message["why"]

    def missing(self) -> list[str]:
        """See `Expectations.missing`."""
        if self._online:
            return []
        heard = f"{self._messages} messages" if self._messages else "no message at all"
        return [f"the camera never came online ({self._why or 'no reason told'}; {heard})"]

    def wrong(self) -> list[str]:
        """See `Expectations.wrong`."""
        return []


def _who(message: Message, names: dict[str, str]) -> str:
    """What a passage says of the person."""
    identity = message["identity"] or {"state": message["object"]}
    if identity["state"] == "unregistered":
        return STRANGER
    return names.get(identity.get("staff_id") or "", str(identity["state"]))


def _is_stranger(alarm: Message) -> bool:
    identity = alarm["identity"] or {}
    return alarm["kind"] == "unregistered_person" and identity.get("state") == "unregistered"
