"""Identity x zone x time -> allowed, or why not. Pure functions over values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vision.core.policy import ZonePolicy, covers
from vision.core.values import AlarmKind, IdentityEvidence, IdentityState, StaffFacts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one presence now.

    ``alarm`` is None where the presence is allowed, or not yet overdue; ``explained`` is true
    where nothing is left to find out. ``reason`` is a stable code.
    """

    alarm: AlarmKind | None
    reason: str
    explained: bool


ALLOWED = Verdict(None, "allowed", explained=True)
PENDING = Verdict(None, "pending", explained=False)
UNREGISTERED = Verdict(AlarmKind.UNREGISTERED_PERSON, "not_on_register", explained=False)


def refusal(facts: StaffFacts | None, zone: ZonePolicy, wall_utc: float) -> str | None:
    """Why a registered person may not be in the zone now, or None where they may."""
    if facts is None:
        return "removed_from_register"
    if not facts.active:
        return "suspended"
    if not covers(facts.valid, wall_utc):
        return "outside_validity"
    permits = [p for p in zone.permits if p.groups & facts.groups]
    if not permits:
        return "group_not_permitted"
    if not any(covers(p.hours, wall_utc) for p in permits):
        return "outside_hours"
    return None


def verdict_on_person(
    evidence: IdentityEvidence,
    staff: Mapping[str, StaffFacts],
    zone: ZonePolicy,
    wall_utc: float,
    unexplained_for_s: float,
) -> Verdict:
    """Judge a person in a zone.

    ``unexplained_for_s``: how long this presence has gone without a trusted identity.
    """
    if evidence.state is IdentityState.UNREGISTERED:
        return UNREGISTERED
    if evidence.state is IdentityState.REGISTERED and evidence.staff_id is not None:
        why = refusal(staff.get(evidence.staff_id), zone, wall_utc)
        if why is None:
            return ALLOWED
        return Verdict(AlarmKind.UNAUTHORISED_PERSON, why, explained=False)
    if zone.verify_within_s is None:
        return PENDING
    if unexplained_for_s >= zone.verify_within_s:
        conflict = evidence.state is IdentityState.CONFLICT
        reason = "conflicting_identity" if conflict else "not_verified_in_time"
        return Verdict(AlarmKind.UNVERIFIED_PERSON, reason, explained=False)
    return PENDING


def verdict_on_forklift(zone: ZonePolicy, wall_utc: float) -> Verdict:
    """Judge a forklift in a zone by the hours alone."""
    if zone.forklift_hours is None or covers(zone.forklift_hours, wall_utc):
        return ALLOWED
    return Verdict(AlarmKind.FORKLIFT_INTRUSION, "forklift_not_permitted", explained=False)
