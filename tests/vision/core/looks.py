"""Literals for looks and policies, so that each test shows only what it is about."""

from vision.core.policy import IdentityPolicy
from vision.core.values import Candidate, FaceMeasures, Instant, Look

POLICY = IdentityPolicy(accept=0.94, reject=0.92, margin=0.01, reverify_s=100.0, look_spacing_s=0.3)
GOOD_FACE = FaceMeasures(size_px=80, sharpness=100, yaw=0.1, brightness=120, score=0.9)


def at(stream_s: float) -> Instant:
    """A moment; the wall clock is a fixed day plus the stream's time."""
    return Instant(stream_s, 1_800_000_000 + stream_s)


def look(
    stream_s: float,
    staff_id: str | None = "ann",
    similarity: float = 0.95,
    rival: float | None = 0.5,
    face: FaceMeasures = GOOD_FACE,
) -> Look:
    """A look at track 1."""
    best = Candidate(staff_id, similarity) if staff_id else None
    runner_up = Candidate("zoe", rival) if rival is not None else None
    return Look(1, at(stream_s), face, best, runner_up)
