"""A stage for scenarios: actors walk before a camera, and the scene's decisions are noted.

The zone ``store`` is the right half of the picture. An actor has a path (stream seconds to
the x of the feet, None while out of sight) and a face; the stage answers the looks that the
scene asks for as a camera and a gallery would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from vision.core.policy import IdentityPolicy, Permit, ScenePolicy, ZonePolicy, ZoneView
from vision.core.scene import Scene
from vision.core.values import (
    AlarmDecision,
    Box,
    Candidate,
    Decision,
    Detection,
    FaceMeasures,
    Instant,
    Look,
    LookWanted,
    ObjectKind,
    Occupancy,
    PassageDecision,
    StaffFacts,
    Step,
)

NOON = 1_800_000_000.0
ZONE = ZonePolicy("store", (Permit(frozenset({"customs"})),), verify_within_s=10.0)
VIEW = ZoneView("store", ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)), counts=True)
POLICY = ScenePolicy(
    "gate", (ZONE,), (VIEW,), IdentityPolicy(accept=0.94, reject=0.92, margin=0.01, reverify_s=60)
)
STAFF = {
    "ann": StaffFacts("ann", frozenset({"customs"})),
    "bob": StaffFacts("bob", frozenset({"customs"})),
    "eve": StaffFacts("eve", frozenset({"canteen"})),
}
GOOD_FACE = FaceMeasures(size_px=80, sharpness=100, yaw=0.1, brightness=120, score=0.9)

STRANGER = "a stranger"
"""A face that resembles nobody on the register."""

Path = Callable[[float], float | None]


def walk(start_x: float, end_x: float, start_s: float, end_s: float, leave_s: float = 1e9) -> Path:
    """Stand at ``start_x``, walk to ``end_x`` between two times, stand there until leaving."""

    def path(t: float) -> float | None:
        if t < 0 or t >= leave_s:
            return None
        part = min(1.0, max(0.0, (t - start_s) / (end_s - start_s)))
        return start_x + part * (end_x - start_x)

    return path


@dataclass
class Actor:
    """Somebody, or a forklift, on the stage; ``face`` None is turned away from the camera."""

    path: Path
    face: str | None = None
    kind: ObjectKind = ObjectKind.PERSON
    row: float = 0.8

    def detection(self, t: float) -> Detection | None:
        x = self.path(t)
        if x is None:
            return None
        return Detection(self.kind, Box(x - 0.05, self.row - 0.4, x + 0.05, self.row), 0.9)


Line = tuple[object, ...]


@dataclass
class Stage:
    """Plays a scene and keeps its decisions, one short tuple each.

    Alarms: ``(second, change, kind, reason, direction, staff id)``; passages: ``(second,
    'passage', direction, state, staff id)``.
    """

    policy: ScenePolicy = POLICY
    staff: dict[str, StaffFacts] = field(default_factory=lambda: dict(STAFF))
    scene: Scene = field(init=False)
    t: float = 0.0
    alarms: list[Line] = field(default_factory=list)
    passages: list[Line] = field(default_factory=list)
    occupancies: list[Occupancy] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scene = Scene(self.policy, self.staff, "e1")

    def at(self) -> Instant:
        return Instant(self.t, NOON + self.t)

    def play(self, until_s: float, *actors: Actor, fps: float = 5.0) -> Stage:
        """Let the actors act until a time, at a frame rate."""
        while self.t < until_s:
            seen = [(a, d) for a in actors if (d := a.detection(self.t)) is not None]
            step = self.note(self.scene.observe([d for _, d in seen], self.at()))
            looks = [k for w in step.looks_wanted for k in self._look(w, seen)]
            self.note(self.scene.identify(looks, self.at()))
            self.t = round(self.t + 1 / fps, 6)
        return self

    def tick(self, until_s: float, every_s: float = 0.5) -> Stage:
        """Let time pass without frames."""
        while self.t < until_s:
            self.note(self.scene.tick(self.at()))
            self.t = round(self.t + every_s, 6)
        return self

    def note(self, step: Step) -> Step:
        """Write down what a call has decided."""
        self.steps.append(step)
        self.decisions.extend(step.decisions)
        for decision in step.decisions:
            match decision:
                case AlarmDecision():
                    self.alarms.append(_alarm_line(decision))
                case PassageDecision():
                    self.passages.append(_passage_line(decision))
                case Occupancy():
                    self.occupancies.append(decision)
        return step

    def _look(self, wanted: LookWanted, seen: Iterable[tuple[Actor, Detection]]) -> Iterable[Look]:
        middle = wanted.person.foot
        actor, _ = min(seen, key=lambda s: abs(s[1].box.foot[0] - middle[0]))
        if actor.face is None:
            return
        known = actor.face in self.staff
        best = Candidate(actor.face if known else "ann", 0.96 if known else 0.5)
        yield Look(wanted.track_id, self.at(), GOOD_FACE, best, Candidate("zoe", 0.4))

    def swap(self, staff: dict[str, StaffFacts], *, can_identify: bool = True) -> None:
        """Change the register."""
        self.staff = staff
        self.note(self.scene.swap(staff, can_identify=can_identify, at=self.at()))

    def adopt(self, **zone: object) -> None:
        """Change the zone's rules."""
        changed = replace(self.policy.zones[0], **zone)  # type: ignore[arg-type]  # test literals
        self.policy = replace(self.policy, zones=(changed,))
        self.note(self.scene.adopt(self.policy, self.at()))


def _alarm_line(d: AlarmDecision) -> Line:
    who = d.evidence.staff_id if d.evidence else None
    return (round(d.at.stream_s, 1), str(d.change), str(d.kind), d.reason, str(d.direction), who)


def _passage_line(d: PassageDecision) -> Line:
    state = str(d.evidence.state) if d.evidence else str(d.kind)
    who = d.evidence.staff_id if d.evidence else None
    return (round(d.at.stream_s, 1), str(d.direction), state, who)


def policy_with(**changes: object) -> ScenePolicy:
    """The stage's policy with another rule in its zone."""
    zone = replace(ZONE, **changes)  # type: ignore[arg-type]  # literals of one test
    return replace(POLICY, zones=(zone,))
