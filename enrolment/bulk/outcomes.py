"""What became of each row of an import: the values that reports are written from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from enrolment.bulk.reasons import RowReason
from enrolment.judging import PhotoResult
from enrolment.refusals import Refusal


class Outcome(StrEnum):
    """What became of a row; programs may rely on the words."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, eq=False)
class RowResult:
    """One row. ``templates``: how many were added; ``photos``: those that were looked at."""

    line: int
    staff_id: str
    name: str
    outcome: Outcome
    reason: RowReason | Refusal | None = None
    detail: str = ""
    photos: tuple[PhotoResult, ...] = ()
    templates: int = 0

    @property
    def noted_photos(self) -> tuple[PhotoResult, ...]:
        """Those that there is something to say about."""
        return tuple(photo for photo in self.photos if photo.reason)

    @property
    def refused_photos(self) -> tuple[PhotoResult, ...]:
        return tuple(photo for photo in self.photos if not photo.accepted)
