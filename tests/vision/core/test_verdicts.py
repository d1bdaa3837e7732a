"""Identity x zone x time -> allowed, or why not."""

from dataclasses import replace

import pytest

from vision.core.policy import ALWAYS, Permit, ZonePolicy
from vision.core.values import AlarmKind, IdentityEvidence, IdentityState, StaffFacts
from vision.core.verdicts import (
    ALLOWED,
    PENDING,
    UNREGISTERED,
    WATCHLISTED,
    Verdict,
    verdict_on_forklift,
    verdict_on_person,
)

ZONE = ZonePolicy("store", (Permit(frozenset({"customs"}), ((100.0, 200.0),)),), 10.0)
UNWATCHED = ZonePolicy("yard", (), verify_within_s=None)
ANN = StaffFacts("ann", frozenset({"customs"}), valid=((0.0, 1000.0),))
LISTED = StaffFacts("ann", frozenset({"customs"}), watchlisted=True)
REGISTERED = IdentityEvidence(IdentityState.REGISTERED, "ann")
UNDETERMINED = IdentityEvidence(IdentityState.UNDETERMINED)
CONFLICT = IdentityEvidence(IdentityState.CONFLICT)


def unauthorised(reason: str) -> Verdict:
    """The verdict on a registered person who may not be there."""
    return Verdict(AlarmKind.UNAUTHORISED_PERSON, reason, explained=False)


class TestRegistered:
    def test_permitted(self) -> None:
        """A registered person of a permitted group, in the hours, is allowed."""
        assert verdict_on_person(REGISTERED, {"ann": ANN}, ZONE, 150, 99) is ALLOWED

    @pytest.mark.parametrize(
        ("facts", "wall_utc", "reason"),
        [
            (ANN, 200.0, "outside_hours"),
            (ANN, 99.9, "outside_hours"),
            (ANN, 1000.0, "outside_validity"),
            (StaffFacts("ann", frozenset({"customs"}), active=False), 150, "suspended"),
            (StaffFacts("ann", frozenset({"canteen"})), 150, "group_not_permitted"),
            (StaffFacts("ann", frozenset()), 150, "group_not_permitted"),
            (StaffFacts("ann", frozenset(), active=False, why_inactive="revoked"), 150, "revoked"),
            (replace(ANN, active=False, why_inactive="draft"), 150, "draft"),
            (StaffFacts("ann", frozenset({"customs"}), permits=()), 150, "zone_not_permitted"),
            (
                StaffFacts("ann", frozenset({"customs"}), permits=(("yard", ALWAYS),)),
                150,
                "zone_not_permitted",
            ),
            (
                StaffFacts("ann", frozenset(), permits=(("store", ((1.0, 2.0),)),)),
                3,
                "outside_hours",
            ),
            (replace(LISTED, active=False, why_inactive="revoked"), 150, "revoked"),
            (replace(LISTED, valid=((0.0, 100.0),)), 150, "outside_validity"),
        ],
    )
    def test_refused(self, facts: StaffFacts, wall_utc: float, reason: str) -> None:
        """A registered person without permission here and now is unauthorised, with the reason."""
        verdict = verdict_on_person(REGISTERED, {"ann": facts}, ZONE, wall_utc, 0)

        assert verdict == unauthorised(reason)

    def test_own_permits_stand_instead_of_the_groups(self) -> None:
        """Somebody with zones of their own is allowed there and then, in no group at all."""
        own = StaffFacts("ann", frozenset(), permits=(("store", ((10.0, 20.0),)),))

        assert verdict_on_person(REGISTERED, {"ann": own}, ZONE, 15, 0) is ALLOWED

    def test_watch_list(self) -> None:
        """Somebody who must not be here is an alarm of its own kind, whatever the groups say."""
        verdict = verdict_on_person(REGISTERED, {"ann": LISTED}, ZONE, 150, 0)

        assert verdict is WATCHLISTED
        assert verdict.alarm is AlarmKind.WATCHLISTED_PERSON

    def test_removed(self) -> None:
        """Somebody removed from the register while inside is unauthorised at once."""
        verdict = verdict_on_person(REGISTERED, {}, ZONE, 150, 0)

        assert verdict == unauthorised("removed_from_register")


class TestOthers:
    def test_unregistered(self) -> None:
        """Somebody not on the register alarms at once, whatever the zone's deadline."""
        stranger = IdentityEvidence(IdentityState.UNREGISTERED)

        assert verdict_on_person(stranger, {}, ZONE, 150, 0) is UNREGISTERED
        assert verdict_on_person(stranger, {}, UNWATCHED, 150, 0) is UNREGISTERED

    def test_before_the_deadline(self) -> None:
        """An undetermined person has until the deadline."""
        assert verdict_on_person(UNDETERMINED, {}, ZONE, 150, 9.9) is PENDING

    @pytest.mark.parametrize(
        ("evidence", "reason"),
        [(UNDETERMINED, "not_verified_in_time"), (CONFLICT, "conflicting_identity")],
    )
    def test_at_the_deadline(self, evidence: IdentityEvidence, reason: str) -> None:
        """At the deadline an unexplained person becomes an alarm."""
        assert verdict_on_person(evidence, {}, ZONE, 150, 10.0) == Verdict(
            AlarmKind.UNVERIFIED_PERSON, reason, explained=False
        )

    def test_no_verification_demanded(self) -> None:
        """Where no verification is demanded an undetermined person may stay."""
        assert verdict_on_person(UNDETERMINED, {}, UNWATCHED, 150, 9999) is PENDING


class TestForklift:
    @pytest.mark.parametrize("hours", [None, ((100.0, 200.0),)])
    def test_permitted(self, hours: tuple[tuple[float, float], ...] | None) -> None:
        """A forklift is allowed where forklifts are not watched, and in its hours."""
        assert verdict_on_forklift(ZonePolicy("s", (), forklift_hours=hours), 150) is ALLOWED

    @pytest.mark.parametrize("hours", [(), ((100.0, 120.0),)])
    def test_intrusion(self, hours: tuple[tuple[float, float], ...]) -> None:
        """A forklift where none may be, or not now, is an intrusion."""
        verdict = verdict_on_forklift(ZonePolicy("s", (), forklift_hours=hours), 150)

        assert verdict.alarm is AlarmKind.FORKLIFT_INTRUSION
