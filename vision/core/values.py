"""The values that cross the core's boundary.

Only small frozen values live here, no behaviour beyond arithmetic on their own fields.
Nothing here imports anything but the standard library, so every rule of the core can be
tested with literals. Boxes and polygons are relative to the picture: x and y in [0, 1],
origin at the top left. Ages are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ObjectKind(StrEnum):
    """What a detector can tell apart."""

    PERSON = "person"
    FORKLIFT = "forklift"


class AlarmKind(StrEnum):
    """Every alarm kind of the MQTT contract; the later ones are reserved, not yet raised."""

    UNREGISTERED_PERSON = "unregistered_person"
    UNVERIFIED_PERSON = "unverified_person"
    UNAUTHORISED_PERSON = "unauthorised_person"
    FORKLIFT_INTRUSION = "forklift_intrusion"
    CAMERA_OFFLINE = "camera_offline"
    CAMERA_LAGGING = "camera_lagging"
    SYSTEM_DEGRADED = "system_degraded"
    WATCHLISTED_PERSON = "watchlisted_person"
    TAILGATING = "tailgating"
    UNATTENDED_FORKLIFT_ENTRY = "unattended_forklift_entry"
    CAMERA_TAMPERED = "camera_tampered"


class Change(StrEnum):
    """What happened to an incident."""

    RAISED = "raised"
    UPDATED = "updated"
    CLEARED = "cleared"


class Direction(StrEnum):
    """Which way a track crossed a zone's boundary; INSIDE when it was first seen within."""

    ENTRY = "entry"
    EXIT = "exit"
    INSIDE = "inside"


class IdentityState(StrEnum):
    """The open-set decision about one track."""

    UNDETERMINED = "undetermined"
    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """One moment in both clocks of a camera.

    ``stream_s``: the stream's own time, seconds, never going back within one scene.
    ``wall_utc``: POSIX seconds, UTC, of the moment the picture was taken.
    """

    stream_s: float
    wall_utc: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in relative coordinates, ``left <= right`` and ``top <= bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def foot(self) -> tuple[float, float]:
        """Where the object stands: the middle of the lower edge."""
        return ((self.left + self.right) / 2, self.bottom)


@dataclass(frozen=True, slots=True)
class Detection:
    """One object in one frame; ``score`` in [0, 1]."""

    kind: ObjectKind
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """What the quality gate judges a face by.

    ``size_px``: the shorter side of the face box, pixels of the picture it was cut from.
    ``sharpness``: variance of the Laplacian of the aligned face, grey levels squared.
    ``yaw``: [-1, 1], 0 frontal, +-1 profile; from the landmarks.
    ``brightness``: mean grey level of the aligned face, [0, 255].
    ``score``: the face detector's confidence, [0, 1].
    """

    size_px: float
    sharpness: float
    yaw: float
    brightness: float
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person of the register and the cosine similarity, [-1, 1], of the best template."""

    staff_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Together:
    """The last looks at a track, taken for one: the two people most similar to their mean.

    ``looks``: how many there were, this one included.
    """

    best: Candidate | None
    runner_up: Candidate | None
    looks: int


@dataclass(frozen=True, slots=True)
class Look:
    """One face seen once on a track, already compared with the gallery.

    ``best`` and ``runner_up`` are the two most similar *people*; None where the gallery has
    fewer. ``face``: where in the picture it was. No embedding enters the core.
    """

    track_id: int
    at: Instant
    measures: FaceMeasures
    best: Candidate | None
    runner_up: Candidate | None
    face: Box | None = None
    together: Together | None = None


@dataclass(frozen=True, slots=True)
class LookWanted:
    """The core asks for a look at a track, in the frame it has just observed.

    ``since_s``: stream time from which on the track is surely one person; older looks are not to
    be taken together with this one.
    """

    track_id: int
    person: Box
    head: Box
    since_s: float = field(default=float("-inf"), compare=False)


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """What the register says of one person, as far as a verdict needs it.

    ``valid``: half-open UTC intervals ``(start, end)``, POSIX seconds, in which the person
    may be on site at all. ``active`` is false for suspended and revoked people, and then
    ``why_inactive`` is the reason to tell. ``permits``: where there are any, the person's own
    zones and their intervals, instead of those of the groups. ``watchlisted``: somebody who
    must not be here.
    """

    staff_id: str
    groups: frozenset[str]
    active: bool = True
    valid: tuple[tuple[float, float], ...] = ((float("-inf"), float("inf")),)
    why_inactive: str = "suspended"
    permits: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] | None = None
    watchlisted: bool = False


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """Why a track has the identity it has; published with an alarm.

    Similarities are cosines; ``face_px`` is the median size of the looks that counted.
    ``vouched_by`` names the guard where a person, not a face, decided.
    """

    state: IdentityState
    staff_id: str | None = None
    similarity: float | None = None
    runner_up: float | None = None
    accept: float | None = None
    reject: float | None = None
    looks: int = 0
    face_px: float | None = None
    vouched_by: str | None = None


def vouched_for(staff_id: str, by: str) -> IdentityEvidence:
    """Who somebody is by a guard's word alone."""
    return IdentityEvidence(IdentityState.REGISTERED, staff_id, vouched_by=by)


@dataclass(frozen=True, slots=True)
class AlarmDecision:
    """Something people must hear of, or a change to it.

    ``incident`` is the key under which the journal finds the open alarm: the same incident
    is the same alarm. ``reason`` is a stable code (``entered``, ``deadline``, ``left``, ...).
    ``detail`` holds further facts, text only, safe to publish.
    """

    incident: str
    change: Change
    kind: AlarmKind
    camera_id: str | None
    at: Instant
    reason: str
    zone_id: str | None = None
    track_id: int | None = None
    direction: Direction | None = None
    evidence: IdentityEvidence | None = None
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PassageDecision:
    """One entry into, or exit from, a zone by one track, whoever it is."""

    camera_id: str
    zone_id: str
    track_id: int
    kind: ObjectKind
    direction: Direction
    at: Instant
    evidence: IdentityEvidence | None


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many are in a zone, as one camera sees it."""

    camera_id: str
    zone_id: str
    at: Instant
    people: int
    forklifts: int
    registered: int
    undetermined: int
    unregistered: int


@dataclass(frozen=True, slots=True)
class TrackView:
    """A track as it stands after one step, for a live picture, a timeline or a terminal."""

    track_id: int
    kind: ObjectKind
    box: Box
    zones: frozenset[str]
    evidence: IdentityEvidence
    alarm: AlarmKind | None


Decision = AlarmDecision | PassageDecision | Occupancy


@dataclass(frozen=True, slots=True)
class Step:
    """Everything the core wants done after one call, in order."""

    decisions: tuple[Decision, ...] = ()
    looks_wanted: tuple[LookWanted, ...] = ()
    tracks: tuple[TrackView, ...] = ()
