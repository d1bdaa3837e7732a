"""Guided enrolment: which way somebody should look next, and which looks to keep.

Pure: what a frame showed and when goes in, what to say and what to keep comes out. No clock, no
pixels, no words; those are the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from enrolment.refusals import Refusal


class Pose(StrEnum):
    """Which way to look, by the person's own left and right."""

    AHEAD = "ahead"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"


class Prompt(StrEnum):
    """What to tell the person; the sentences are in ``enrolment.hints``."""

    LOOK_AHEAD = "look_ahead"
    LOOK_LEFT = "look_left"
    LOOK_RIGHT = "look_right"
    LOOK_UP = "look_up"
    HOLD = "hold"
    COME_INTO_VIEW = "come_into_view"
    ONE_PERSON_ONLY = "one_person_only"
    COME_CLOSER = "come_closer"
    HOLD_STILL = "hold_still"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    TURN_BACK = "turn_back"
    UNCOVER = "uncover"
    DONE = "done"
    GIVEN_UP = "given_up"


ORDER = (Pose.AHEAD, Pose.LEFT, Pose.RIGHT, Pose.UP)

_LOOK = {
    Pose.AHEAD: Prompt.LOOK_AHEAD,
    Pose.LEFT: Prompt.LOOK_LEFT,
    Pose.RIGHT: Prompt.LOOK_RIGHT,
    Pose.UP: Prompt.LOOK_UP,
}
_REMEDY = {
    Refusal.NO_FACE: Prompt.COME_INTO_VIEW,
    Refusal.DEGENERATE_LANDMARKS: Prompt.COME_INTO_VIEW,
    Refusal.SEVERAL_FACES: Prompt.ONE_PERSON_ONLY,
    Refusal.TOO_SMALL: Prompt.COME_CLOSER,
    Refusal.BLURRED: Prompt.HOLD_STILL,
    Refusal.DARK: Prompt.MORE_LIGHT,
    Refusal.OVEREXPOSED: Prompt.LESS_LIGHT,
    Refusal.TURNED_AWAY: Prompt.TURN_BACK,
    Refusal.COVERED: Prompt.UNCOVER,
}

_COMPLAINTS = frozenset(_REMEDY.values())
_COMPLAIN_AFTER_S = 0.8


@dataclass(frozen=True, slots=True)
class Seen:
    """A face that the gate lets through; ``yaw`` and ``pitch`` are those of `models.quality`."""

    yaw: float
    pitch: float
    quality: float


@dataclass(frozen=True, slots=True)
class GuideRules:
    """When a look counts as one of the poses.

    ``up_pitch`` is counted from how the same person looked ahead, for faces differ.
    ``hold_s``: how long looks of one pose are collected for the best of them; ``give_up_s``: how
    long is waited for a pose. Without a look ahead nobody is enrolled, the others may be missing.
    """

    ahead_yaw: float = 0.15
    ahead_pitch: float = 0.35
    turned_yaw: float = 0.2
    up_pitch: float = 0.15
    hold_s: float = 0.7
    give_up_s: float = 20.0


DEFAULT_RULES = GuideRules()


@dataclass(frozen=True, slots=True)
class Guidance:
    """What follows from one frame. ``keep``: this look is the best of that pose so far."""

    prompt: Prompt
    keep: Pose | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """Keeps prompts from flickering: a complaint is said only once it has lasted a moment."""

    said: Prompt | None = None
    heard: Prompt | None = None
    since_s: float = 0.0

    def hear(self, at_s: float, prompt: Prompt) -> tuple[Patience, bool]:
        """Take in a frame's prompt; true where it should be said now."""
        since_s = self.since_s if prompt is self.heard else at_s
        lasted = prompt not in _COMPLAINTS or at_s - since_s >= _COMPLAIN_AFTER_S
        say = lasted and prompt is not self.said
        return Patience(prompt if say else self.said, prompt, since_s), say


@dataclass(frozen=True, slots=True)
class Guide:
    """Where a guided enrolment stands; ``advance`` gives the next one.

    ``place`` counts the poses of ``ORDER`` that are behind us. ``level``: the pitch of the best
    look ahead. ``best``: the quality of the best look of the present pose. ``begun_at_s`` and
    ``matched_at_s``: when the pose was first asked for, and first seen; stream time.
    """

    place: int = 0
    level: float | None = None
    best: float = 0.0
    begun_at_s: float | None = None
    matched_at_s: float | None = None
    given_up: bool = False

    @property
    def finished(self) -> bool:
        return self.given_up or self.place == len(ORDER)

    def advance(
        self, at_s: float, seen: Seen | Refusal, rules: GuideRules = DEFAULT_RULES
    ) -> tuple[Guide, Guidance]:
        """Take in one frame; ``at_s``: stream time. A finished guide stays as it is."""
        if self.finished:
            return self, Guidance(Prompt.GIVEN_UP if self.given_up else Prompt.DONE)
        begun = self if self.begun_at_s is not None else replace(self, begun_at_s=at_s)
        taken, keep = _take(begun, at_s, seen, rules)
        after = _move_on(taken, at_s, rules)
        return after, Guidance(_prompt(after, seen), keep)


def _take(
    guide: Guide, at_s: float, seen: Seen | Refusal, rules: GuideRules
) -> tuple[Guide, Pose | None]:
    pose = ORDER[guide.place]
    if isinstance(seen, Refusal) or pose_of(seen, guide.level, rules) is not pose:
        return guide, None
    since = at_s if guide.matched_at_s is None else guide.matched_at_s
    matched = replace(guide, matched_at_s=since)
    if seen.quality <= guide.best:
        return matched, None
    level = seen.pitch if pose is Pose.AHEAD else guide.level
    return replace(matched, best=seen.quality, level=level), pose


def _move_on(guide: Guide, at_s: float, rules: GuideRules) -> Guide:
    """To the next pose once this one was held, or when it does not come."""
    matched_at_s, begun_at_s = guide.matched_at_s, guide.begun_at_s
    if matched_at_s is not None and at_s - matched_at_s >= rules.hold_s:
        return Guide(guide.place + 1, guide.level, begun_at_s=at_s)
    if matched_at_s is None and begun_at_s is not None and at_s - begun_at_s > rules.give_up_s:
        if ORDER[guide.place] is Pose.AHEAD:
            return replace(guide, given_up=True)
        return Guide(guide.place + 1, guide.level, begun_at_s=at_s)
    return guide


def _prompt(guide: Guide, seen: Seen | Refusal) -> Prompt:
    if guide.finished:
        return Prompt.GIVEN_UP if guide.given_up else Prompt.DONE
    if isinstance(seen, Refusal):
        return _REMEDY.get(seen, Prompt.COME_INTO_VIEW)
    return _LOOK[ORDER[guide.place]] if guide.matched_at_s is None else Prompt.HOLD


def pose_of(seen: Seen, level: float | None, rules: GuideRules = DEFAULT_RULES) -> Pose | None:
    """Which pose a look is, if any; ``level``: the person's pitch when looking ahead, if known.

    The camera sees the person unmirrored: who looks to the own left shows the nose further to
    the picture's right.
    """
    if seen.yaw >= rules.turned_yaw:
        return Pose.LEFT
    if seen.yaw <= -rules.turned_yaw:
        return Pose.RIGHT
    if abs(seen.yaw) > rules.ahead_yaw:
        return None
    if level is not None and seen.pitch - level >= rules.up_pitch:
        return Pose.UP
    return Pose.AHEAD if abs(seen.pitch) <= rules.ahead_pitch else None
