"""From presences to alarms: one pass over the book, at one moment.

What a verdict says is compared with the incident that a presence holds, and the difference
becomes alarm decisions. Nothing here knows tracks or pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from vision.core.incidents import IncidentBook, Transition
from vision.core.policy import ScenePolicy, ZonePolicy
from vision.core.presences import Presence, PresenceBook
from vision.core.values import (
    AlarmDecision,
    AlarmKind,
    Change,
    Direction,
    Instant,
    ObjectKind,
    StaffFacts,
)
from vision.core.verdicts import Verdict, verdict_on_forklift, verdict_on_person

OWN: Final = "presence"
"""What the keys of incidents begin with that are about one unexplained presence alone."""

STAFF: Final = "staff"
"""What they begin with that are about somebody known; the zone and the staff id follow."""

EVERYBODY: Final = "unidentified"
"""What they begin with while nobody can be identified, and one is about all people of a zone."""


class Judge:
    """Keeps the alarms of one scene in step with its presences."""

    def __init__(self, policy: ScenePolicy, book: PresenceBook) -> None:
        self._policy = policy
        self._zones = {zone.zone_id: zone for zone in policy.zones}
        self._book = book
        self._incidents = IncidentBook()
        self._can_identify = True

    def adopt(self, policy: ScenePolicy) -> None:
        """Judge by other rules from now on."""
        self._policy = policy
        self._zones = {zone.zone_id: zone for zone in policy.zones}

    def set_identification(self, *, available: bool, at: Instant) -> None:
        """Say whether faces can be compared at all.

        While they cannot, a zone has one alarm instead of one for each person. When they can
        again, every clock starts anew: nobody could have been verified in the meantime.
        """
        if available and not self._can_identify:
            for presence in self._book:
                if presence.clock_s is not None:
                    presence.clock_s = at.stream_s
        self._can_identify = available

    def resume(self, presence: Presence, incident: str, kind: AlarmKind, at: Instant) -> None:
        """Let a presence take up an alarm that was open before a restart."""
        self._incidents.resume(incident, kind, presence.key)
        presence.incident, presence.reported_s = incident, at.stream_s
        if incident.startswith(f"{OWN}/"):
            presence.own_incident = incident

    @property
    def kinds(self) -> Mapping[str, AlarmKind]:
        """The kind of every open incident."""
        return self._incidents.kinds

    def kind_of(self, presence: Presence) -> AlarmKind | None:
        """The kind of the alarm that a presence holds open."""
        return self._incidents.kinds.get(presence.incident or "")

    def say(self, presence: Presence, reason: str, at: Instant) -> Iterator[AlarmDecision]:
        """Tell those who follow an open alarm that something about the presence changed."""
        kind = self.kind_of(presence)
        if presence.incident is not None and kind is not None:
            transition = Transition(presence.incident, Change.UPDATED, kind)
            yield self._decision(presence, transition, reason, at)

    def judge(self, staff: Mapping[str, StaffFacts], at: Instant) -> Iterator[AlarmDecision]:
        """Judge every presence now; yields what changed, in the order of arrival."""
        for presence in self._book:
            verdict = self._verdict_on(presence, staff, at)
            if verdict.explained:
                presence.clock_s = None
            elif presence.clock_s is None:
                presence.clock_s = at.stream_s
            yield from self._follow(presence, verdict, at)
            yield from self._let_go(presence, verdict, at)

    def _zone(self, presence: Presence) -> ZonePolicy:
        return self._zones[presence.zone_id]

    def _verdict_on(
        self, presence: Presence, staff: Mapping[str, StaffFacts], at: Instant
    ) -> Verdict:
        zone = self._zone(presence)
        if presence.kind is ObjectKind.FORKLIFT:
            return verdict_on_forklift(zone, at.wall_utc)
        unexplained_s = 0.0 if presence.clock_s is None else at.stream_s - presence.clock_s
        return verdict_on_person(presence.evidence, staff, zone, at.wall_utc, unexplained_s)

    def _follow(self, presence: Presence, verdict: Verdict, at: Instant) -> Iterator[AlarmDecision]:
        """Make the incident that the presence holds the one that the verdict asks for."""
        if verdict.explained:
            yield from self._release(presence, self._why_explained(presence), at)
        if verdict.alarm is None:
            return
        if verdict.alarm is AlarmKind.UNVERIFIED_PERSON and presence.incident is not None:
            return  # losing sight of a face makes no alarm smaller, and no second one
        incident = self._incident_for(presence, verdict.alarm)
        if presence.incident != incident:
            yield from self._release(presence, "identified", at)
        transition = self._incidents.hold(incident, verdict.alarm, presence.key)
        if transition is not None:
            presence.incident, presence.reported_s = incident, at.stream_s
            yield self._decision(presence, transition, verdict.reason, at)

    def _let_go(self, presence: Presence, verdict: Verdict, at: Instant) -> Iterator[AlarmDecision]:
        """End what a presence owes once it has been gone for long enough."""
        if presence.gone_s is None:
            return
        if presence.incident is None:
            if verdict.explained or self._zone(presence).verify_within_s is None:
                self._book.drop(presence)
            return
        left = presence.direction is Direction.EXIT
        hold_s = self._policy.clear_after_s if left else self._policy.vanished_hold_s
        since_s = max(presence.gone_s + hold_s, presence.reported_s + self._policy.clear_after_s)
        if at.stream_s >= since_s:
            yield from self._release(presence, "left" if left else "lost_from_sight", at)
            self._book.drop(presence)

    def _release(self, presence: Presence, reason: str, at: Instant) -> Iterator[AlarmDecision]:
        if presence.incident is None:
            return
        transition = self._incidents.release(presence.incident, presence.key)
        presence.incident = None
        if transition is not None:
            yield self._decision(presence, transition, reason, at)

    def _incident_for(self, presence: Presence, kind: AlarmKind) -> str:
        """The key under which the alarm is one alarm."""
        if kind in {AlarmKind.UNAUTHORISED_PERSON, AlarmKind.WATCHLISTED_PERSON}:
            return f"{STAFF}/{presence.zone_id}/{presence.evidence.staff_id}"
        if kind is AlarmKind.UNVERIFIED_PERSON and not self._can_identify:
            return f"{EVERYBODY}/{presence.zone_id}/{self._policy.camera_id}"
        own = f"{OWN}/{presence.zone_id}/{self._policy.camera_id}/{presence.key}"
        return presence.own_incident or own

    @staticmethod
    def _why_explained(presence: Presence) -> str:
        if presence.kind is ObjectKind.FORKLIFT:
            return "permitted"
        return "vouched" if presence.evidence.vouched_by else "verified"

    def _decision(
        self, presence: Presence, transition: Transition, reason: str, at: Instant
    ) -> AlarmDecision:
        person = presence.kind is ObjectKind.PERSON
        return AlarmDecision(
            incident=transition.incident,
            change=transition.change,
            kind=transition.kind,
            camera_id=self._policy.camera_id,
            at=at,
            reason=reason,
            zone_id=presence.zone_id,
            track_id=presence.track_id,
            direction=presence.direction,
            evidence=presence.evidence if person else None,
        )
