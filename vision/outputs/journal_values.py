"""The values that go into the journal and come out of it. Frozen data, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vision.core.values import AlarmDecision, AlarmKind, Change

SnapshotReference = Callable[[AlarmDecision, str, float], str | None]
"""Where the snapshot of an alarm lies, by the decision, the alarm's id and when it was raised."""


def no_snapshot(_: AlarmDecision, _alarm_id: str, _raised_at: float) -> str | None:
    """No picture is kept of any alarm."""
    return None


@dataclass(frozen=True, slots=True)
class CommitContext:
    """What a message says beside the decision itself.

    ``models``: manifest entry to the first digits of its sha256. ``snapshot`` gives the
    reference (never the picture) of an alarm's snapshot. ``alarm_ids``: incidents that went
    out before they could be journalled, and the id they went out under.
    """

    site: str
    models: Mapping[str, str] = field(default_factory=dict)
    register_version: int | None = None
    snapshot: SnapshotReference = no_snapshot
    alarm_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Committed:
    """One revision of one alarm, safely in the journal.

    ``change`` is what happened to the alarm, which may differ from what the decision said:
    a second camera's ``raised`` is an update. ``raised_at``: when the alarm was, POSIX seconds.
    """

    alarm_id: str
    revision: int
    incident: str
    change: Change
    kind: AlarmKind
    raised_at: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who saw an alarm, when (POSIX seconds, UTC), and what they noted."""

    by: str
    at: float
    note: str


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """An alarm as it stands. ``payload`` is the JSON message of the newest revision."""

    alarm_id: str
    incident: str
    kind: AlarmKind
    is_open: bool
    revision: int
    raised_at: float
    updated_at: float
    cleared_at: float | None
    zone_id: str | None
    track_id: int | None
    cameras: tuple[str, ...]
    acknowledgement: Acknowledgement | None
    payload: str


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a camera does. ``fps`` frames a second, ``lag_s`` seconds behind the clock."""

    online: bool
    fps: float | None = None
    lag_s: float | None = None
    why: str | None = None


class AckResult(StrEnum):
    """The answer to an acknowledgement.

    ``stale``: it named a revision that is not the newest any more. ``repeated``: somebody
    had acknowledged the alarm before.
    """

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    STALE = "stale"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class AckRequest:
    """A console's acknowledgement; ``revision`` None means whatever is newest."""

    alarm_id: str
    operator: str
    note: str = ""
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Vouch:
    """A guard answers for somebody: ``staff_id`` is whom the track of the alarm shows."""

    seq: int
    alarm_id: str
    incident: str
    cameras: tuple[str, ...]
    track_id: int | None
    staff_id: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message of the ordered lane; ``topic`` is below the site's root."""

    seq: int
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that the broker would not take."""

    seq: int
    topic: str
    payload: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class StateRow:
    """The latest value of a retained topic; an empty ``payload`` empties it."""

    topic: str
    payload: str
    expiry_s: int
    version: int = 0


@dataclass(frozen=True, slots=True)
class BlindInterval:
    """A span, POSIX seconds, in which a camera was not watched."""

    camera_id: str
    from_at: float
    to_at: float
    reason: str


@dataclass(frozen=True, slots=True)
class LedgerNote:
    """Something that is to enter the ledger and is no message: a clip, a deletion.

    ``ref`` identifies it among its ``kind`` and names nobody; ``content`` is what the ledger
    commits to; ``subject`` is the person with whose erasure the content goes.
    """

    kind: str
    ref: str
    content: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row for the ledger, of any source; ``written_at`` POSIX seconds, UTC."""

    seq: int
    kind: str
    ref: str
    content: str
    subject: str | None
    written_at: float


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """What the ledger last told of itself: its name, its size, how far it has read."""

    origin: str
    size: int
    positions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """An alarm that could not be journalled when it was raised.

    ``payload`` is its message, marked ``"durable": false``; it is revision 1.
    """

    alarm_id: str
    incident: str
    payload: str
