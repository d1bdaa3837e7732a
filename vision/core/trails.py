"""The unfinished side of a track: what the tracker keeps and changes from frame to frame.

The one mutable thing of tracking lives here and never leaves it; what others get to see is
the frozen ``vision.core.tracking.Track``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vision.core import motion
from vision.core.motion import Motion
from vision.core.values import Box, Detection, Instant, ObjectKind


@dataclass(slots=True)
class Trail:
    """One object, perhaps not yet confirmed; most fields are those of ``Track``.

    ``box_before``: where it was, or was expected, one frame ago.
    """

    track_id: int
    kind: ObjectKind
    motion: Motion
    box: Box
    score: float
    born: Instant
    last_seen: Instant
    origin: Box
    box_before: Box
    confirmed: bool = False
    coasting: bool = False
    doubtful: bool = False
    crossed: set[int] = field(default_factory=set)

    @classmethod
    def begin(cls, track_id: int, found: Detection, at: Instant, aspect: float) -> Trail:
        """The trail of an object seen for the first time."""
        return cls(
            track_id=track_id,
            kind=found.kind,
            motion=motion.start(found.box, aspect),
            box=found.box,
            score=found.score,
            born=at,
            last_seen=at,
            origin=found.box,
            box_before=found.box,
        )

    def unseen_s(self, at: Instant) -> float:
        return at.stream_s - self.last_seen.stream_s

    def move(self, elapsed_s: float, at: Instant, aspect: float) -> None:
        """Expect it where its motion carries it; until it is found there it is coasting."""
        self.box_before = self.box
        self.motion = motion.predict(self.motion, elapsed_s, self.unseen_s(at))
        self.box = motion.box_of(self.motion, aspect)
        self.doubtful = False
        self.crossed = set()

    def find(self, found: Detection, at: Instant, aspect: float) -> None:
        """Take in the detection that continues it."""
        self.motion = motion.correct(self.motion, found.box, aspect)
        self.box = motion.box_of(self.motion, aspect)
        self.score, self.last_seen, self.coasting = found.score, at, False

    @property
    def swept(self) -> Box:
        """All it may have covered since the frame before: people pass each other in between."""
        then, now = self.box_before, self.box
        return Box(
            min(then.left, now.left),
            min(then.top, now.top),
            max(then.right, now.right),
            max(then.bottom, now.bottom),
        )

    def cross(self, other: Trail) -> None:
        """Note on both that one may have been taken for the other."""
        self.crossed.add(other.track_id)
        other.crossed.add(self.track_id)
