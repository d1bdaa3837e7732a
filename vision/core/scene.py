"""The only door to the core: one camera's scene, values in and values out.

A scene follows tracks, makes looks into identities, and says who passed, who is inside and
what people must hear of. It never calls back, reads a clock or touches a file; whatever it
wants done (a look at a face, an alarm told) it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from vision.core.judging import Judge
from vision.core.movements import Movements, OpenIncident
from vision.core.occupancies import OccupancyBoard
from vision.core.passages import PassageLog
from vision.core.policy import ScenePolicy
from vision.core.presences import PresenceBook
from vision.core.roster import Roster
from vision.core.tracking import Track, Tracker
from vision.core.values import (
    AlarmDecision,
    Decision,
    Detection,
    Instant,
    Look,
    LookWanted,
    ObjectKind,
    StaffFacts,
    Step,
    TrackView,
    vouched_for,
)

_BEFORE_EVERYTHING = Instant(float("-inf"), float("-inf"))


class Scene:
    """Everything known about what one camera sees.

    ``epoch`` is unique to this life of the scene, so that keys of incidents never meet those
    of an earlier life. ``staff`` is what the register says of its people, by staff id.
    """

    def __init__(self, policy: ScenePolicy, staff: Mapping[str, StaffFacts], epoch: str) -> None:
        self._policy = policy
        self._staff = staff
        self._now = _BEFORE_EVERYTHING
        self._tracker = Tracker(policy.tracking, policy.aspect)
        self._roster = Roster(policy.identity)
        self._book = PresenceBook(epoch)
        self._judge = Judge(policy, self._book)
        self._passages = PassageLog(policy.camera_id)
        self._movements = Movements(policy, self._book, self._judge, self._passages)
        self._occupancies = OccupancyBoard(policy)

    def observe(self, detections: Sequence[Detection], at: Instant) -> Step:
        """Take in the detections of one frame.

        A frame that is not newer than what was already judged brings no news; time, which
        never runs back, is all that is taken from it.
        """
        if at.stream_s <= self._now.stream_s:
            return self._conclude(at)
        frame = self._tracker.update(detections, at)
        lost = frozenset(track.track_id for track in frame.lost)
        self._roster.renew(frame, at.stream_s)
        self._movements.lose(lost, at)
        told = [d for track in self._roster.visible for d in self._movements.place(track, at)]
        return self._conclude(at, told, lost, looks=True)

    def identify(self, looks: Iterable[Look], at: Instant) -> Step:
        """Take in what face looks found."""
        for look in looks:
            self._roster.add(look)
        return self._conclude(at)

    def tick(self, at: Instant) -> Step:
        """Let time pass without a frame: deadlines run on, tracks grow old."""
        lost = frozenset(track.track_id for track in self._tracker.expire(self._not_before(at)))
        self._movements.lose(lost, at)
        return self._conclude(at, lost=lost)

    def swap(self, staff: Mapping[str, StaffFacts], *, can_identify: bool, at: Instant) -> Step:
        """Go by another state of the register: every live track is judged by it at once.

        ``can_identify`` is false while there is nobody to compare with, or nothing to
        compare by: then a zone has one alarm about people, not one for each.
        """
        self._staff = staff
        self._judge.set_identification(available=can_identify, at=self._not_before(at))
        self._roster.forget_votes()
        return self._conclude(at)

    def adopt(self, policy: ScenePolicy, at: Instant) -> Step:
        """Go by other hours, groups and deadlines.

        Raises:
            ValueError: the views, the zones' ids or how identity is decided differ; that
                needs a new scene.
        """
        if _shape_of(policy) != _shape_of(self._policy):
            raise ValueError("a scene keeps its zones, views and identity rules; make a new scene")
        self._policy = policy
        self._judge.adopt(policy)
        self._movements.adopt(policy)
        return self._conclude(at)

    def vouch(self, incident: str, staff_id: str, by: str, at: Instant) -> Step:
        """Take a guard's word for who the person behind an open alarm is.

        Of somebody out of sight it answers for what is open, and not for whoever comes next.
        """
        for presence in self._book.holding(incident):
            if presence.kind is not ObjectKind.PERSON:
                continue
            if presence.track_id is None:
                presence.evidence = vouched_for(staff_id, by)
            else:
                self._roster.vouch(presence.track_id, staff_id, by, at.stream_s)
        return self._conclude(at)

    def resume(self, incidents: Iterable[OpenIncident], at: Instant) -> Step:
        """Take up the alarms that were open before a restart.

        Each becomes somebody lost from sight inside: the next track born in the zone inherits
        it, and it is cleared if none comes.
        """
        told = [decision for entry in incidents for decision in self._movements.resume(entry, at)]
        return self._conclude(at, told)

    def open_incidents(self) -> tuple[OpenIncident, ...]:
        """The alarms that are open now, for a scene that takes this one's place."""
        held = {p.incident: p.zone_id for p in self._book if p.incident is not None}
        kinds = self._judge.kinds
        return tuple(OpenIncident(key, kinds[key], zone_id) for key, zone_id in held.items())

    def _not_before(self, at: Instant) -> Instant:
        """The moment, but never before one already judged: ticks may run ahead of frames."""
        return Instant(max(at.stream_s, self._now.stream_s), at.wall_utc)

    def _conclude(
        self,
        at: Instant,
        told: Iterable[AlarmDecision] = (),
        lost: frozenset[int] = frozenset(),
        *,
        looks: bool = False,
    ) -> Step:
        """Judge everything as it stands now and say what follows."""
        now = self._now = self._not_before(at)
        self._roster.end_stale_trust(now.stream_s)
        for presence in self._book:
            if presence.track_id is not None and presence.kind is ObjectKind.PERSON:
                presence.evidence = self._roster.evidence(presence.track_id)
        decisions: list[Decision] = [*told, *self._judge.judge(self._staff, now)]
        decisions.extend(self._passages.settle(self._roster.evidence, lost, now.stream_s))
        decisions.extend(self._occupancies.changes(self._book, now))
        self._roster.forget(lost)
        wanted: Iterator[LookWanted] = (
            self._roster.looks_wanted(now.stream_s) if looks else iter(())
        )
        views = tuple(self._view(track) for track in self._roster.visible)
        return Step(tuple(decisions), tuple(wanted), views)

    def _view(self, track: Track) -> TrackView:
        stays = self._book.of_track(track.track_id)
        alarms = [kind for kind in map(self._judge.kind_of, stays) if kind is not None]
        return TrackView(
            track_id=track.track_id,
            kind=track.kind,
            box=track.box,
            zones=frozenset(p.zone_id for p in stays if p.gone_s is None),
            evidence=self._roster.evidence(track.track_id),
            alarm=alarms[0] if alarms else None,
        )


def _shape_of(policy: ScenePolicy) -> tuple[object, ...]:
    """What of a policy is built into a scene's state."""
    zone_ids = tuple(zone.zone_id for zone in policy.zones)
    return (
        policy.camera_id,
        zone_ids,
        policy.views,
        policy.identity,
        policy.tracking,
        policy.aspect,
    )
