"""What the site wants, as the core needs to know it: zones, who may be there, how to decide.

Frozen values only. They come from ``config.yaml`` by way of ``vision.settings``; schedules
arrive already expanded into UTC intervals, so nothing here knows a time zone.
"""

from __future__ import annotations

from dataclasses import dataclass

Interval = tuple[float, float]
"""A half-open span ``[start, end)`` of POSIX seconds, UTC."""

ALWAYS: tuple[Interval, ...] = ((float("-inf"), float("inf")),)


def covers(intervals: tuple[Interval, ...], wall_utc: float) -> bool:
    """Whether some interval holds the moment."""
    return any(start <= wall_utc < end for start, end in intervals)


@dataclass(frozen=True, slots=True)
class Permit:
    """The groups that may be in a zone, and when."""

    groups: frozenset[str]
    hours: tuple[Interval, ...] = ALWAYS


@dataclass(frozen=True, slots=True)
class ZonePolicy:
    """The rules of one zone.

    ``verify_within_s``: how long a person may be inside undetermined before it alarms; None
    where the zone demands no verification. ``forklift_hours``: when forklifts may be inside;
    None where they are not watched, empty where none may be.
    """

    zone_id: str
    permits: tuple[Permit, ...]
    verify_within_s: float | None = 10.0
    forklift_hours: tuple[Interval, ...] | None = None


@dataclass(frozen=True, slots=True)
class ZoneView:
    """One camera's polygon of a zone: at least three ``(x, y)`` corners, relative, simple.

    ``counts``: this view is the one that the zone's occupancy is taken from.
    """

    zone_id: str
    polygon: tuple[tuple[float, float], ...]
    counts: bool = False


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """When looks become an identity. Similarities are cosines of the embedder in use.

    A look confirms at ``accept`` or more with a lead of ``margin`` over the runner-up; it
    condemns under ``reject`` when the face is good. ``confirm_min_px`` and ``condemn_min_px``:
    below these sizes a face may not do so. ``accept_together``: from which similarity on the mean
    of ``confirm_looks`` looks names a person; None where only single looks count.
    """

    accept: float
    reject: float
    margin: float
    confirm_looks: int = 3
    condemn_looks: int = 3
    look_spacing_s: float = 0.15
    window_s: float = 20.0
    confirm_min_px: float = 24.0
    condemn_min_px: float = 40.0
    min_sharpness: float = 20.0
    max_yaw: float = 0.6
    min_brightness: float = 30.0
    max_brightness: float = 230.0
    min_score: float = 0.6
    reverify_s: float = 300.0
    accept_together: float | None = None


@dataclass(frozen=True, slots=True)
class TrackingPolicy:
    """When detections become tracks. Scores in [0, 1], ages in seconds.

    ``high_score`` starts and continues tracks, ``low_score`` only continues them. A track is
    reported after ``confirm_s`` and forgotten after ``lost_s`` without a detection. One found
    again after more than ``occlusion_s`` out of sight is doubtful. Two tracks cross while they
    share ``crossing_overlap`` of the smaller one's area.
    """

    high_score: float = 0.5
    low_score: float = 0.1
    confirm_s: float = 0.3
    lost_s: float = 2.0
    occlusion_s: float = 0.5
    crossing_overlap: float = 0.2


@dataclass(frozen=True, slots=True)
class ScenePolicy:
    """All that one camera's scene follows.

    ``boundary``: hysteresis at a zone's edge, as a fraction of the picture's height: a foot
    point must be this far beyond the edge before a passage counts. ``clear_after_s``: how
    long after somebody was seen to leave the alarm about them is cleared.
    ``vanished_hold_s``: the same for somebody lost from sight inside, who may still be there.
    ``aspect``: the picture's width over its height.
    """

    camera_id: str
    zones: tuple[ZonePolicy, ...]
    views: tuple[ZoneView, ...]
    identity: IdentityPolicy
    tracking: TrackingPolicy = TrackingPolicy()
    boundary: float = 0.01
    clear_after_s: float = 5.0
    vanished_hold_s: float = 30.0
    aspect: float = 16 / 9
