"""The access log: every entry and exit, told once it is known who it was.

A passage keeps the time at which it happened, but is told only when the track's identity is
decided, or when waiting longer would not help. Forklifts are told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vision.core.tracking import Track
from vision.core.values import (
    Direction,
    IdentityEvidence,
    IdentityState,
    Instant,
    ObjectKind,
    PassageDecision,
)


@dataclass(frozen=True, slots=True)
class _Waiting:
    zone_id: str
    track_id: int
    kind: ObjectKind
    direction: Direction
    at: Instant
    patience_s: float


class PassageLog:
    """The passages of one camera that wait for an identity."""

    def __init__(self, camera_id: str) -> None:
        self._camera_id = camera_id
        self._waiting: list[_Waiting] = []

    def add(
        self, track: Track, zone_id: str, direction: Direction, at: Instant, patience_s: float
    ) -> None:
        """Note a passage; it waits at most ``patience_s`` for an identity."""
        wait_s = patience_s if track.kind is ObjectKind.PERSON else 0.0
        passage = _Waiting(zone_id, track.track_id, track.kind, direction, at, wait_s)
        self._waiting.append(passage)

    def settle(
        self,
        evidence_of: Callable[[int], IdentityEvidence],
        lost: frozenset[int],
        now_s: float,
    ) -> Iterator[PassageDecision]:
        """Tell the passages that are decided or overdue, or whose track was lost just now."""
        still: list[_Waiting] = []
        for passage in self._waiting:
            evidence = evidence_of(passage.track_id)
            undecided = evidence.state is IdentityState.UNDETERMINED
            overdue = now_s - passage.at.stream_s >= passage.patience_s
            if undecided and not overdue and passage.track_id not in lost:
                still.append(passage)
            else:
                yield self._told(passage, evidence)
        self._waiting = still

    def _told(self, passage: _Waiting, evidence: IdentityEvidence) -> PassageDecision:
        person = passage.kind is ObjectKind.PERSON
        return PassageDecision(
            camera_id=self._camera_id,
            zone_id=passage.zone_id,
            track_id=passage.track_id,
            kind=passage.kind,
            direction=passage.direction,
            at=passage.at,
            evidence=evidence if person else None,
        )
