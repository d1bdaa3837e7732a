"""The best looks of a recording, sorted by the way the person happened to look.

Pure as ``enrolment.guided``: nobody can be asked to turn, so every look is taken as it comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from enrolment.guided import DEFAULT_RULES, GuideRules, Pose, Seen, pose_of

Kept = TypeVar("Kept")

_EACH = 3
_APART_S = 0.5


@dataclass
class BestLooks(Generic[Kept]):
    """At most three looks of each pose, at least half a second apart: neighbours are alike."""

    rules: GuideRules = DEFAULT_RULES
    looks: dict[Pose, list[tuple[float, float, Kept]]] = field(default_factory=dict)
    level: float | None = None

    def wants(self, at_s: float, seen: Seen) -> Pose | None:
        """The pose for which a look is better than what is there; None where it is not."""
        pose = pose_of(seen, self.level, self.rules)
        if pose is None:
            return None
        held = self.looks.get(pose, [])
        near = [quality for at, quality, _ in held if abs(at - at_s) < _APART_S]
        if near:
            return pose if seen.quality > max(near) else None
        return pose if len(held) < _EACH or seen.quality > held[-1][1] else None

    def keep(self, at_s: float, pose: Pose, seen: Seen, kept: Kept) -> None:
        """Take a look that was wanted, in the place of a worse one."""
        held = [one for one in self.looks.get(pose, []) if abs(one[0] - at_s) >= _APART_S]
        held.append((at_s, seen.quality, kept))
        self.looks[pose] = sorted(held, key=lambda one: -one[1])[:_EACH]
        if pose is Pose.AHEAD and self.looks[pose][0][0] == at_s:
            self.level = seen.pitch

    def all(self) -> list[tuple[Pose, Kept]]:
        """Every look that was kept, best first within its pose."""
        return [(pose, kept) for pose, held in self.looks.items() for _, _, kept in held]
