"""Reads timelines: JSON lines, version 1 of the schema in ``docs/evidence.md``. Pure.

A camera may have several of one alarm, for each worker that wrote begins its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vision.bundles.seen import (
    SeenAlarm,
    SeenFrame,
    SeenIdentity,
    SeenLook,
    SeenPassage,
    SeenTrack,
    Timeline,
    TrackKey,
)
from vision.core.values import Box, ObjectKind
from vision.evidence.timeline import VERSION

Facts = Mapping[str, Any]


class TimelineError(Exception):
    """A timeline cannot be read: which line, and what is wrong with it."""


def read_timelines(texts: Iterable[str]) -> Timeline:
    """What the timelines of one camera say, the oldest first.

    A last line that was torn off says nothing. Raises TimelineError.
    """
    reading = _Reading()
    for text in texts:
        reading.begin()
        for number, facts in enumerate(lines_of(text), 1):
            try:
                reading.take(facts)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise TimelineError(f"line {number} of a timeline says nothing known") from error
    return reading.timeline()


def lines_of(text: str) -> list[dict[str, Any]]:
    """The objects of a timeline, one a line. Raises TimelineError."""
    whole, _, _ = text.rpartition("\n")
    found = []
    for number, line in enumerate(whole.split("\n") if whole else (), 1):
        try:
            facts = json.loads(line)
        except ValueError as error:
            raise TimelineError(f"line {number} of a timeline is no JSON") from error
        if not isinstance(facts, dict):
            raise TimelineError(f"line {number} of a timeline is no object")
        found.append(facts)
    return found


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self._life = 0
        self._is_fresh = True
        self._judged_by: Facts | None = None
        self._camera = self._incident = ""
        self._frames: list[SeenFrame] = []
        self._alarms: list[SeenAlarm] = []
        self._passages: list[SeenPassage] = []
        self._versions: list[Facts] = []
        self._parts: dict[str, float] = {}
        self._left_out = 0
        self._takers: dict[str, Callable[[Facts], None]] = {
            "head": self._head,
            "versions": self._version,
            "frame": self._frame,
            "alarm": self._alarm,
            "passage": self._passage,
            "part": self._part,
            "left_out": self._leave_out,
        }

    def begin(self) -> None:
        """Another file begins, with a scene of its own."""
        self._life += 1
        self._judged_by = None
        self._is_fresh = True

    def take(self, facts: Facts) -> None:
        """One line; kinds of lines that came later say nothing here."""
        taker = self._takers.get(str(facts["type"]))
        if taker is not None:
            taker(facts)
        self._is_fresh = False

    def timeline(self) -> Timeline:
        times = [frame.at for frame in self._frames]
        return Timeline(
            camera_id=self._camera,
            incident=self._incident,
            frames=tuple(self._frames),
            alarms=tuple(self._alarms),
            passages=tuple(self._passages),
            versions=tuple(self._versions),
            parts=self._parts,
            left_out=self._left_out,
            in_order=times == sorted(times),
        )

    def _head(self, facts: Facts) -> None:
        if facts["version"] != VERSION:
            raise TimelineError(f"a timeline of version {facts['version']}; this reads {VERSION}")
        if not self._is_fresh:  # files may have been joined
            self.begin()
        self._camera, self._incident = str(facts["camera"]), str(facts["incident"])

    def _version(self, facts: Facts) -> None:
        """A scene of other places or rules is another one, and counts its tracks anew."""
        shape = {
            "configuration": facts["configuration"],
            "views": [(zone["zone"], zone["polygon"]) for zone in facts.get("zones", ())],
            "thresholds": facts.get("thresholds"),
        }
        if self._judged_by is not None and shape != self._judged_by:
            self._life += 1
        self._judged_by = shape
        self._versions.append(facts)

    def _frame(self, facts: Facts) -> None:
        tracks = tuple(self._track(one) for one in facts["tracks"])
        looks = tuple(self._look(one) for one in facts["looks"])
        self._frames.append(SeenFrame(float(facts["wall_utc"]), tracks, looks))

    def _track(self, facts: Facts) -> SeenTrack:
        return SeenTrack(
            self._key_of(facts["track"]),
            ObjectKind(facts["object"]),
            _box(facts["box"]),
            _identity(facts["identity"]),
            facts["verdict"],
            tuple(facts["zones"]),
        )

    def _look(self, facts: Facts) -> SeenLook:
        face, best = facts["face"], facts["best"]
        return SeenLook(
            self._key_of(facts["track"]),
            None if face is None else _box(face),
            None if best is None else best["similarity"],
        )

    def _alarm(self, facts: Facts) -> None:
        self._alarms.append(
            SeenAlarm(
                float(facts["wall_utc"]),
                facts["incident"],
                facts["change"],
                facts["kind"],
                facts["reason"],
                facts["zone"],
                self._optional_key(facts["track"]),
                _identity(facts["identity"]),
            )
        )

    def _passage(self, facts: Facts) -> None:
        self._passages.append(
            SeenPassage(
                float(facts["wall_utc"]),
                facts["object"],
                facts["zone"],
                facts["direction"],
                self._optional_key(facts["track"]),
                _identity(facts["identity"]),
            )
        )

    def _part(self, facts: Facts) -> None:
        self._parts[str(facts["file"])] = float(facts["wall_utc"])

    def _leave_out(self, facts: Facts) -> None:
        self._left_out += int(facts["frames"])

    def _key_of(self, number: int) -> TrackKey:
        return TrackKey(self._life, int(number))

    def _optional_key(self, number: int | None) -> TrackKey | None:
        return None if number is None else self._key_of(number)


def _identity(facts: Facts | None) -> SeenIdentity | None:
    if facts is None:
        return None
    vouched = facts["vouched_by"] is not None
    return SeenIdentity(str(facts["state"]), facts["staff_id"], facts["similarity"], vouched)


def _box(sides: Iterable[float]) -> Box:
    return Box(*map(float, sides))
