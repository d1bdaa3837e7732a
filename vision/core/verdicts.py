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
WATCHLISTED = Verdict(AlarmKind.WATCHLISTED_PERSON, "on_watch_list", explained=False)
UNREGISTERED = Verdict(AlarmKind.UNREGISTERED_PERSON, "not_on_register", explained=False)


def refusal(facts: StaffFacts | None, zone: ZonePolicy, wall_utc: float) -> str | None:
    """Why a registered person may not be in the zone now, or None where they may."""
    if facts is None:
        return "removed_from_register"
    if not facts.active:
        return facts.why_inactive
    if not covers(facts.valid, wall_utc):
        return "outside_validity"
    if facts.permits is None:
        hours = [p.hours for p in zone.permits if p.groups & facts.groups]
    else:
        hours = [own for zone_id, own in facts.permits if zone_id == zone.zone_id]
    if not hours:
        return "group_not_permitted" if facts.permits is None else "zone_not_permitted"
    if not any(covers(each, wall_utc) for each in hours):
        return "outside_hours"
    return None


def on_watch_list(facts: StaffFacts | None, wall_utc: float) -> bool:
    """Whether somebody is one of those who must not be here, now."""
    if facts is None or not (facts.watchlisted and facts.active):
        return False
    return covers(facts.valid, wall_utc)


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
        return _verdict_on_registered(staff.get(evidence.staff_id), zone, wall_utc)
    if zone.verify_within_s is None:
        return PENDING
    if unexplained_for_s >= zone.verify_within_s:
        conflict = evidence.state is IdentityState.CONFLICT
        reason = "conflicting_identity" if conflict else "not_verified_in_time"
        return Verdict(AlarmKind.UNVERIFIED_PERSON, reason, explained=False)
    return PENDING


def _verdict_on_registered(facts: StaffFacts | None, zone: ZonePolicy, wall_utc: float) -> Verdict:
    if on_watch_list(facts, wall_utc):
        return WATCHLISTED
    why = refusal(facts, zone, wall_utc)
    return ALLOWED if why is None else Verdict(AlarmKind.UNAUTHORISED_PERSON, why, explained=False)


def verdict_on_forklift(zone: ZonePolicy, wall_utc: float) -> Verdict:
    """Judge a forklift in a zone by the hours alone."""
    if zone.forklift_hours is None or covers(zone.forklift_hours, wall_utc):
        return ALLOWED
    return Verdict(AlarmKind.FORKLIFT_INTRUSION, "forklift_not_permitted", explained=False)
