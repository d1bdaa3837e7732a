"""Scenarios: what is decided about people who enter and leave the bonded area."""

from dataclasses import replace

import pytest

from tests.scenarios.stage import (
    GOOD_FACE,
    NOON,
    POLICY,
    STAFF,
    STRANGER,
    Actor,
    Path,
    Stage,
    policy_with,
    walk,
)
from vision.core.policy import Permit
from vision.core.scene import Scene
from vision.core.values import AlarmDecision, AlarmKind, Look, ObjectKind, StaffFacts

IN_AT_3 = walk(0.2, 0.8, 0, 6)
"""Walks in over the edge, which counts as a passage at 3.2 s, and stays."""

OWN_OF_FIRST = "presence/store/gate/e1/1"
"""The alarm about the first who came, and about nobody else."""

STAYING = walk(0.75, 0.75, 0, 1)
"""Is inside from the start."""


def in_and_out(t: float) -> float | None:
    """Walks in (3.2 s) and out again (7.2 s), and out of sight at 10 s."""
    return None if t >= 10 else 0.2 + 0.1 * t if t < 5 else 0.7 - 0.1 * (t - 5)


class TestEntering:
    def test_stranger(self) -> None:
        """Somebody found not to be on the register alarms in the moment of entering."""
        stage = Stage().play(12, Actor(IN_AT_3, STRANGER))

        assert stage.alarms == [
            (3.2, "raised", "unregistered_person", "not_on_register", "entry", None)
        ]
        assert stage.passages == [(3.2, "entry", "unregistered", None)]

    def test_permitted_person(self) -> None:
        """A registered and permitted person is an entry in the access log and nothing more."""
        stage = Stage().play(30, Actor(IN_AT_3, "ann"))

        assert stage.alarms == []
        assert stage.passages == [(3.2, "entry", "registered", "ann")]

    def test_registered_without_permission(self) -> None:
        """A registered person whose groups are not permitted is an alarm that names them."""
        stage = Stage().play(12, Actor(IN_AT_3, "eve"))

        assert stage.alarms == [
            (3.2, "raised", "unauthorised_person", "group_not_permitted", "entry", "eve")
        ]

    def test_no_face(self) -> None:
        """Somebody whose face is never seen alarms when the deadline is over."""
        stage = Stage().play(25, Actor(IN_AT_3, None))

        assert stage.alarms == [
            (13.2, "raised", "unverified_person", "not_verified_in_time", "entry", None)
        ]
        assert stage.passages == [(3.2, "entry", "undetermined", None)]

    def test_whole_alarm(self) -> None:
        """An alarm tells where, when, who and on what evidence."""
        stage = Stage().play(4, Actor(IN_AT_3, STRANGER))
        (alarm,) = (d for d in stage.decisions if isinstance(d, AlarmDecision))

        assert alarm.incident == "presence/store/gate/e1/1"
        assert (alarm.camera_id, alarm.zone_id, alarm.track_id) == ("gate", "store", 1)
        assert alarm.at.wall_utc == NOON + alarm.at.stream_s
        assert alarm.evidence is not None
        assert alarm.evidence.similarity == 0.5
        assert alarm.evidence.looks >= 3

    def test_unverified_turns_out_a_stranger(self) -> None:
        """One incident is one alarm: it changes its kind when more is known."""
        actor = Actor(IN_AT_3, None)
        stage = Stage().play(15, actor)
        actor.face = STRANGER
        stage.play(20, actor)

        assert [line[1:3] for line in stage.alarms] == [
            ("raised", "unverified_person"),
            ("updated", "unregistered_person"),
        ]
        assert len({d.incident for d in stage.decisions if isinstance(d, AlarmDecision)}) == 1

    def test_unverified_turns_out_staff(self) -> None:
        """An alarm about somebody who is then verified is cleared, saying so."""
        actor = Actor(IN_AT_3, None)
        stage = Stage().play(15, actor)
        actor.face = "ann"
        stage.play(20, actor)

        assert stage.alarms[1][1:4] == ("cleared", "unverified_person", "verified")

    def test_unverified_turns_out_unauthorised(self) -> None:
        """When an alarm about nobody in particular becomes one about a person, both are told."""
        actor = Actor(IN_AT_3, None)
        stage = Stage().play(15, actor)
        actor.face = "eve"
        stage.play(20, actor)

        assert [line[1:4] for line in stage.alarms[1:]] == [
            ("cleared", "unverified_person", "identified"),
            ("raised", "unauthorised_person", "group_not_permitted"),
        ]

    def test_zone_without_verification(self) -> None:
        """Where no verification is demanded only people known to be wrong alarm."""
        policy = policy_with(verify_within_s=None)

        assert Stage(policy).play(30, Actor(IN_AT_3, None)).alarms == []
        assert len(Stage(policy).play(30, Actor(IN_AT_3, STRANGER)).alarms) == 1


class TestLeaving:
    def test_stranger(self) -> None:
        """A stranger's leaving updates the alarm, and after a while clears it."""
        stage = Stage().play(20, Actor(in_and_out, STRANGER))

        assert stage.alarms == [
            (3.2, "raised", "unregistered_person", "not_on_register", "entry", None),
            (7.2, "updated", "unregistered_person", "left", "exit", None),
            (12.2, "cleared", "unregistered_person", "left", "exit", None),
        ]
        assert [line[1] for line in stage.passages] == ["entry", "exit"]

    def test_quick_in_and_out_unseen(self) -> None:
        """Leaving before the deadline is no way around it."""
        stage = Stage().play(25, Actor(in_and_out, None))

        assert stage.alarms == [
            (13.2, "raised", "unverified_person", "not_verified_in_time", "exit", None),
            (18.2, "cleared", "unverified_person", "left", "exit", None),
        ]

    def test_recognised_on_the_way_out(self) -> None:
        """Somebody recognised after leaving, while still in sight, owes nothing more."""
        actor = Actor(in_and_out, None)
        stage = Stage().play(7.4, actor)
        actor.face = "ann"
        stage.play(30, actor)

        assert stage.alarms == []

    def test_left_zone_without_verification(self) -> None:
        """Leaving a zone that demands no verification leaves nothing on the book."""
        stage = Stage(policy_with(verify_within_s=None)).play(30, Actor(in_and_out, None))

        assert stage.alarms == []
        assert len(stage.passages) == 2

    def test_first_seen_inside(self) -> None:
        """Somebody first seen inside has entered at an unknown time, and alarms on leaving too."""
        stage = Stage().play(12, Actor(walk(0.8, 0.2, 4, 10), STRANGER))

        assert stage.passages[0][1] == "inside"
        assert [line[1:4] for line in stage.alarms[:2]] == [
            ("raised", "unregistered_person", "not_on_register"),
            ("updated", "unregistered_person", "left"),
        ]

    def test_coming_back(self) -> None:
        """Coming back before the alarm is cleared goes on with the same alarm."""

        def path(t: float) -> float | None:
            return in_and_out(t) if t < 8 else 0.4 + 0.1 * (t - 8)

        stage = Stage().play(20, Actor(path, STRANGER))

        assert [line[1] for line in stage.alarms] == ["raised", "updated", "updated"]
        assert stage.alarms[2][3:5] == ("returned", "entry")


class TestLostFromSight:
    def test_held_open(self) -> None:
        """An alarm about somebody lost from sight inside stays open for a while."""
        stage = Stage().play(60, Actor(walk(0.2, 0.8, 0, 6, leave_s=10), STRANGER))

        lost_s = stage.alarms[1][0]
        assert stage.alarms[1][1:4] == ("cleared", "unregistered_person", "lost_from_sight")
        assert isinstance(lost_s, float)
        assert 38 < lost_s < 44

    def test_cut_tracks_do_not_reset_the_deadline(self) -> None:
        """A track born in the zone inherits the clock of the one that vanished there."""
        first = Actor(walk(0.2, 0.8, 0, 6, leave_s=8), None)
        second = Actor(lambda t: 0.78 if t >= 11 else None, None)
        stage = Stage().play(20, first, second)

        assert stage.alarms == [
            (13.2, "raised", "unverified_person", "not_verified_in_time", "entry", None)
        ]
        assert len(stage.passages) == 1

    def test_alarm_goes_on_with_the_next_track(self) -> None:
        """An open alarm is taken over by the next track, and cleared when that is verified."""
        first = Actor(walk(0.2, 0.8, 0, 6, leave_s=8), STRANGER)
        second = Actor(lambda t: 0.78 if t >= 12 else None, "ann")
        stage = Stage().play(20, first, second)

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unregistered_person", "not_on_register"),
            ("updated", "unregistered_person", "seen_again"),
            ("cleared", "unregistered_person", "verified"),
        ]

    def test_trust_is_not_inherited(self) -> None:
        """Nobody inherits the identity of a verified person who went out of sight."""
        first = Actor(walk(0.2, 0.8, 0, 6, leave_s=8), "ann")
        second = Actor(lambda t: 0.78 if t >= 12 else None, None)
        stage = Stage().play(30, first, second)

        assert [line[1:3] for line in stage.alarms] == [("raised", "unverified_person")]

    def test_nobody_comes_back(self) -> None:
        """Deadlines run on when no picture arrives at all."""
        stage = Stage().play(5, Actor(IN_AT_3, None)).tick(60)

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unverified_person", "not_verified_in_time"),
            ("cleared", "unverified_person", "lost_from_sight"),
        ]


class TestTrust:
    def test_trust_must_be_renewed(self) -> None:
        """A face that is no longer shown ends trust, and the deadline runs again."""
        actor = Actor(IN_AT_3, "ann")
        stage = Stage().play(7, actor)
        actor.face = None
        stage.play(90, actor)

        assert [line[1:3] for line in stage.alarms] == [("raised", "unverified_person")]

    def test_crossing(self) -> None:
        """After a crossing both must be verified again."""
        ann = Actor(walk(0.9, 0.6, 4, 10), "ann")
        other = Actor(walk(0.6, 0.9, 4, 10), "bob")
        stage = Stage().play(4, ann, other)
        assert stage.occupancies[-1].registered == 2
        ann.face = other.face = None
        stage.play(30, ann, other)

        assert [line[1:3] for line in stage.alarms] == [("raised", "unverified_person")] * 2

    def test_one_person_twice(self) -> None:
        """One person on two tracks at once is a conflict, and alarms when it lasts."""
        stage = Stage().play(
            25, Actor(walk(0.6, 0.6, 0, 1), "ann"), Actor(walk(0.9, 0.9, 0, 1), "ann")
        )

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unverified_person", "conflicting_identity")
        ] * 2
        assert stage.occupancies[-1].undetermined == 2

    def test_same_unauthorised_person_twice(self) -> None:
        """Two tracks of one known person are one incident."""
        first = Actor(walk(0.6, 0.6, 0, 1, leave_s=5), "eve")
        second = Actor(lambda t: 0.9 if t >= 9 else None, "eve")
        stage = Stage().play(14, first, second)

        incidents = {d.incident for d in stage.decisions if isinstance(d, AlarmDecision)}
        assert incidents == {"staff/store/eve"}
        assert [line[1] for line in stage.alarms].count("raised") == 1


class TestPermissionEnds:
    def inside(self) -> Stage:
        return Stage().play(8, Actor(STAYING, "ann"))

    def test_suspension(self) -> None:
        """Suspending somebody who is inside alarms at once."""
        stage = self.inside()
        stage.swap({**STAFF, "ann": StaffFacts("ann", frozenset({"customs"}), active=False)})

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unauthorised_person", "suspended")
        ]

    def test_watch_list(self) -> None:
        """Putting somebody inside on the watch list alarms at once, in the same incident."""
        stage = self.inside()
        facts = StaffFacts("ann", frozenset({"customs"}), active=False)
        stage.swap({**STAFF, "ann": facts})
        stage.swap({**STAFF, "ann": StaffFacts("ann", frozenset(), watchlisted=True)})

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unauthorised_person", "suspended"),
            ("updated", "watchlisted_person", "on_watch_list"),
        ]

    def test_removal_and_return(self) -> None:
        """Removing somebody alarms at once; putting them back clears the alarm."""
        stage = self.inside()
        stage.swap({})
        stage.swap(dict(STAFF))

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unauthorised_person", "removed_from_register"),
            ("cleared", "unauthorised_person", "verified"),
        ]

    def test_closing_time(self) -> None:
        """Being inside when the permitted hours end alarms on the next tick."""
        hours = ((NOON - 100, NOON + 10.0),)
        stage = Stage(policy_with(permits=(Permit(frozenset({"customs"}), hours),)))
        stage.play(9.8, Actor(STAYING, "ann"))
        assert stage.alarms == []

        stage.tick(10.5)
        assert stage.alarms[0][:4] == (10.3, "raised", "unauthorised_person", "outside_hours")

    def test_changed_rules(self) -> None:
        """Rules changed while somebody is inside are applied at once."""
        stage = self.inside()
        stage.adopt(permits=())

        assert stage.alarms[0][1:4] == ("raised", "unauthorised_person", "group_not_permitted")

    def test_changed_views(self) -> None:
        """A scene refuses to change its zones under the tracks in it."""
        scene = Scene(POLICY, STAFF, "e1")

        with pytest.raises(ValueError, match="new scene"):
            scene.adopt(replace(POLICY, views=()), Stage().at())


class TestVouching:
    def test_vouched(self) -> None:
        """A guard's word about the person behind an alarm clears it."""
        stage = Stage().play(15, Actor(IN_AT_3, None))
        incident = next(d.incident for d in stage.decisions if isinstance(d, AlarmDecision))
        step = stage.note(stage.scene.vouch(incident, "bob", "guard-7", stage.at()))

        assert stage.alarms[-1][1:] == ("cleared", "unverified_person", "vouched", "entry", "bob")
        assert step.tracks[0].evidence.vouched_by == "guard-7"

    def test_vouched_for_somebody_not_permitted(self) -> None:
        """Being vouched for is an identity, not a permission."""
        stage = Stage().play(15, Actor(IN_AT_3, None))
        incident = next(d.incident for d in stage.decisions if isinstance(d, AlarmDecision))
        stage.note(stage.scene.vouch(incident, "eve", "guard-7", stage.at()))

        assert stage.alarms[-1][1:4] == ("raised", "unauthorised_person", "group_not_permitted")

    def test_out_of_sight(self) -> None:
        """The word ends the alarm; who is born in the zone afterwards has a clock of their own."""
        later = Actor(lambda t: 0.78 if t >= 16 else None, None)
        stage = Stage().play(13, Actor(walk(0.2, 0.8, 0, 6, leave_s=9), STRANGER))
        stage.note(stage.scene.vouch(OWN_OF_FIRST, "bob", "guard-7", stage.at()))
        assert stage.alarms[-1][1:] == ("cleared", "unregistered_person", "vouched", "entry", "bob")

        stage.play(30, later)
        assert [line[:4] for line in stage.alarms[-1:]] == [
            (26.4, "raised", "unverified_person", "not_verified_in_time")
        ]

    def test_out_of_sight_and_not_permitted(self) -> None:
        """The word names somebody who may not be here."""
        stage = Stage().play(13, Actor(walk(0.2, 0.8, 0, 6, leave_s=9), STRANGER))
        stage.note(stage.scene.vouch(OWN_OF_FIRST, "eve", "guard-7", stage.at()))

        assert [line[1:4] for line in stage.alarms[-2:]] == [
            ("cleared", "unregistered_person", "identified"),
            ("raised", "unauthorised_person", "group_not_permitted"),
        ]

    def test_a_forklift(self) -> None:
        """Nobody answers for who a vehicle is."""
        stage = Stage(policy_with(forklift_hours=()))
        stage.play(8, Actor(IN_AT_3, kind=ObjectKind.FORKLIFT))
        before = list(stage.alarms)
        (incident,) = {d.incident for d in stage.decisions if isinstance(d, AlarmDecision)}
        stage.note(stage.scene.vouch(incident, "bob", "guard-7", stage.at()))

        assert stage.alarms == before

    def test_nobody_there_any_more(self) -> None:
        """Vouching for somebody whose alarm is over changes nothing."""
        stage = Stage().play(13, Actor(walk(0.2, 0.8, 0, 6, leave_s=9), STRANGER)).tick(60)
        before = list(stage.alarms)
        stage.note(stage.scene.vouch(OWN_OF_FIRST, "bob", "guard-7", stage.at()))

        assert stage.alarms == before


class TestNothingToCompareWith:
    def test_one_alarm(self) -> None:
        """While faces cannot be compared a zone has one alarm about all people in it."""
        stage = Stage()
        stage.swap({}, can_identify=False)
        stage.play(20, Actor(IN_AT_3, None), Actor(walk(0.1, 0.9, 0, 6), None))

        assert [line[1] for line in stage.alarms] == ["raised", "updated"]
        assert {d.incident for d in stage.decisions if isinstance(d, AlarmDecision)} == {
            "unidentified/store/gate"
        }

    def test_the_last_one_clears(self) -> None:
        """The one alarm stays open until the last person it is about has gone."""
        stage = Stage()
        stage.swap({}, can_identify=False)
        stage.play(25, Actor(in_and_out, None), Actor(walk(0.1, 0.9, 0, 6), None))

        assert "cleared" not in [line[1] for line in stage.alarms]

    def test_recovery(self) -> None:
        """When faces can be compared again everybody's clock starts anew, and then all is well."""
        actor = Actor(STAYING, None)
        stage = Stage()
        stage.swap({}, can_identify=False)
        stage.play(15, actor)
        stage.swap(dict(STAFF))
        actor.face = "ann"
        stage.play(20, actor)

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "unverified_person", "not_verified_in_time"),
            ("cleared", "unverified_person", "verified"),
        ]

    def test_recovery_with_verified_people(self) -> None:
        """People who are explained have no clock to start."""
        stage = Stage().play(5, Actor(STAYING, "ann"))
        stage.swap(dict(STAFF), can_identify=False)
        stage.swap(dict(STAFF), can_identify=True)

        assert stage.alarms == []


class TestTime:
    def test_old_frame(self) -> None:
        """A frame older than what was judged brings no news."""
        stage = Stage().play(5, Actor(IN_AT_3, "ann")).tick(7)
        stage.t = 5.2
        step = stage.scene.observe([], stage.at())

        assert (step.decisions, step.looks_wanted) == ((), ())

    def test_repeatable(self) -> None:
        """The same events give the same decisions."""
        cast: list[tuple[Path, str | None]] = [(IN_AT_3, "eve"), (in_and_out, STRANGER)]
        first, second = (Stage().play(30, *(Actor(p, f) for p, f in cast)) for _ in range(2))

        assert first.decisions == second.decisions

    def test_look_at_a_track_that_is_gone(self) -> None:
        """A look that comes back too late is ignored."""
        stage = Stage().play(1, Actor(STAYING, None))
        step = stage.scene.identify([Look(99, stage.at(), GOOD_FACE, None, None)], stage.at())

        assert step.decisions == ()


class TestForklifts:
    def test_intrusion(self) -> None:
        """A forklift where none may be is an alarm from its entry until it has left."""
        stage = Stage(policy_with(forklift_hours=()))
        stage.play(20, Actor(in_and_out, kind=ObjectKind.FORKLIFT))

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "forklift_intrusion", "forklift_not_permitted"),
            ("updated", "forklift_intrusion", "left"),
            ("cleared", "forklift_intrusion", "left"),
        ]
        assert stage.passages[0] == (3.2, "entry", "forklift", None)

    def test_permitted(self) -> None:
        """A forklift in its hours is counted, and no alarm."""
        stage = Stage().play(10, Actor(IN_AT_3, kind=ObjectKind.FORKLIFT))

        assert stage.alarms == []
        assert stage.occupancies[-1].forklifts == 1

    def test_hours_begin(self) -> None:
        """An intrusion ends when forklifts become permitted."""
        stage = Stage(policy_with(forklift_hours=((NOON + 8, NOON + 99),)))
        stage.play(10, Actor(IN_AT_3, kind=ObjectKind.FORKLIFT))

        assert [line[1:4] for line in stage.alarms] == [
            ("raised", "forklift_intrusion", "forklift_not_permitted"),
            ("cleared", "forklift_intrusion", "permitted"),
        ]

    def test_alarm_shows_in_the_view(self) -> None:
        """A track's view says where it is and which alarm it has."""
        stage = Stage(policy_with(forklift_hours=()))
        stage.play(5, Actor(IN_AT_3, kind=ObjectKind.FORKLIFT))
        (view,) = stage.steps[-1].tracks

        assert (view.zones, view.alarm) == ({"store"}, AlarmKind.FORKLIFT_INTRUSION)
