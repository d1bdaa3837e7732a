"""What differs between then and now, and whether it is another decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.vision.bundles import timelines as lines
from tests.vision.bundles.timelines import person, seen
from tests.vision.outputs.evidence import NOON
from vision.bundles.comparing import Difference, What, compare, within
from vision.bundles.seen import (
    SeenAlarm,
    SeenIdentity,
    SeenLook,
    SeenPassage,
    Timeline,
    TrackKey,
)
from vision.bundles.timelines import read_timelines

LEFT, RIGHT = (0.1, 0.2, 0.2, 0.9), (0.5, 0.2, 0.6, 0.9)
TIMES = tuple(each / 2 for each in range(12))
STRANGER = SeenIdentity("unregistered", None, 0.4)
UNKNOWN = SeenIdentity("undetermined")
ANN, BOB = SeenIdentity("registered", "ann", 0.97), SeenIdentity("registered", "bob", 0.96)
ON_IT = {"ann": "active", "bob": "active"}


def key(number: int) -> TrackKey:
    """A track of the only scene."""
    return TrackKey(1, number)


def alarm(number: int | None = 1, **more: Any) -> SeenAlarm:
    """The alarm itself, raised two seconds after noon."""
    facts: dict[str, Any] = {
        "at": NOON + 2.0,
        "incident": lines.INCIDENT,
        "change": "raised",
        "kind": "unregistered_person",
        "reason": "not_on_register",
        "zone": "dock",
        "key": None if number is None else key(number),
        "identity": STRANGER,
    }
    return SeenAlarm(**(facts | more))


def timeline(*people: Any, alarms: tuple[SeenAlarm, ...] = (), **more: Any) -> Timeline:
    """These people stand in the dock for six seconds."""
    frames = tuple(seen(at, *people) for at in TIMES)
    return Timeline("cam1", lines.INCIDENT, frames, alarms, **more)


def stranger(number: int = 1, **more: Any) -> Any:
    """Somebody left who is on no register."""
    return person(number, LEFT, **({"identity": STRANGER} | more))


def found(then: Timeline, now: Timeline) -> list[tuple[What, Any, Any, bool]]:
    """What differs, from what to what, and whether it is grave."""
    return [(one.what, one.then, one.now, one.grave) for one in compare(then, now, ON_IT)]


THEN = timeline(stranger(), alarms=(alarm(),))


def test_nothing_differs() -> None:
    """Another id, another incident, another moment within two seconds."""
    now = timeline(stranger(7), alarms=(alarm(7, incident="presence/x", at=NOON + 3.0),))

    assert compare(THEN, now, ON_IT) == ()


def test_an_alarm_that_would_not_be_raised() -> None:
    """That is another decision."""
    assert found(THEN, timeline(stranger(7))) == [
        (What.ALARM_ABSENT, "unregistered_person", None, True)
    ]


def test_an_alarm_of_another_kind() -> None:
    """So is this; a zone of the same name is meant."""
    now = timeline(stranger(7), alarms=(alarm(7, kind="unauthorised_person"),))

    (one,) = compare(THEN, now, ON_IT)

    assert one == Difference(
        What.ALARM_KIND,
        "unregistered_person in dock, this alarm",
        "unregistered_person",
        "unauthorised_person",
        grave=True,
        at=NOON + 2.0,
    )


def test_a_doubt_about_the_subject_is_another_decision_and_about_others_is_none() -> None:
    """Somebody alarms in both cases."""
    now = timeline(stranger(7), alarms=(alarm(7, kind="unverified_person"),))
    other = replace(THEN, alarms=(alarm(incident="presence/z"),))

    kinds = ("unregistered_person", "unverified_person")
    assert found(THEN, now) == [(What.ALARM_KIND, *kinds, True)]
    assert found(other, now) == [(What.ALARM_KIND, *kinds, False)]
    named = timeline(stranger(7), alarms=(alarm(7, kind="unauthorised_person"),))
    assert found(other, named)[0][3]


def test_an_alarm_in_another_zone_is_another_alarm() -> None:
    """One is absent, one is new."""
    now = timeline(stranger(7), alarms=(alarm(7, zone="yard"),))

    assert [one[0] for one in found(THEN, now)] == [What.ALARM_ABSENT, What.ALARM_NEW]


def test_what_an_alarm_became_counts() -> None:
    """It began as somebody unverified; the last kind is compared."""
    first = alarm(kind="unverified_person", at=NOON + 1.0)
    last = alarm(change="updated")
    cleared = alarm(change="cleared", kind="forklift_intrusion")
    then = timeline(stranger(), alarms=(first, last, cleared))

    assert found(then, THEN) == []


def test_an_alarm_at_another_time() -> None:
    """The same decision, later."""
    now = timeline(stranger(7), alarms=(alarm(7, at=NOON + 5.0),))

    assert found(THEN, now) == [(What.ALARM_MOMENT, NOON + 2.0, NOON + 5.0, False)]


def test_an_alarm_about_somebody_else() -> None:
    """It is not the one about the person who stood elsewhere."""
    other = person(8, RIGHT, identity=STRANGER)
    now = timeline(stranger(7), other, alarms=(alarm(8),))

    assert [one[0] for one in found(THEN, now)] == [What.ALARM_ABSENT, What.ALARM_NEW]


def test_alarms_without_a_track() -> None:
    """Are the same where kind and zone are."""
    blind = timeline(stranger(), alarms=(alarm(None),))

    assert found(blind, THEN) == []
    other = timeline(stranger(), alarms=(alarm(None, kind="unverified_person"),))
    assert [one[0] for one in found(blind, other)] == [What.ALARM_ABSENT, What.ALARM_NEW]


def test_alarms_from_before_the_clip_count() -> None:
    """No line tells of them; the tracks that hold them do."""
    held = stranger(verdict="unregistered_person", zones=("dock",))

    assert found(timeline(held), THEN) == []
    anywhere = stranger(verdict="unregistered_person", zones=("dock", "yard"))
    assert found(timeline(anywhere), THEN) == []
    assert found(timeline(held), timeline(stranger()))[0][:2] == (
        What.ALARM_ABSENT,
        "unregistered_person",
    )


def test_alarms_about_the_camera_are_not_compared() -> None:
    """Its pictures do not decide them."""
    lost = alarm(None, kind="camera_offline", incident="camera_offline/cam1", zone=None)

    assert found(timeline(stranger(), alarms=(alarm(), lost)), THEN) == []


def test_an_alarm_without_a_zone_is_named_by_its_kind() -> None:
    """The line says what there is."""
    then = timeline(stranger(), alarms=(alarm(zone=None),))

    assert compare(then, timeline(stranger()), ON_IT)[0].about == "unregistered_person, this alarm"


@pytest.mark.parametrize(
    "identity", [ANN, replace(ANN, vouched=True)], ids=["known before the clip", "vouched for"]
)
def test_somebody_who_was_known_by_more_than_the_clip(identity: SeenIdentity) -> None:
    """That the clip alone does not do is told, and is no other decision."""
    then = timeline(person(2, RIGHT, identity=identity))
    doubt = alarm(2, kind="unverified_person", incident="presence/y")
    now = timeline(person(2, RIGHT, identity=UNKNOWN), alarms=(doubt,))

    assert (What.ALARM_NEW, None, "unverified_person", False) in found(then, now)
    assert not any(one.grave for one in compare(then, now, ON_IT))
    worse = timeline(person(2, RIGHT, identity=UNKNOWN), alarms=(alarm(2, incident="presence/y"),))
    assert (What.ALARM_NEW, None, "unregistered_person", True) in found(then, worse)


def test_somebody_who_became_known_in_the_clip() -> None:
    """The clip was enough then; today it is not."""
    first = seen(0.0, person(2, RIGHT, identity=UNKNOWN))
    then = timeline(person(2, RIGHT, identity=ANN))
    then = replace(then, frames=(first, *then.frames[1:]))
    doubt = alarm(2, kind="unverified_person", incident="presence/y")
    now = timeline(person(2, RIGHT, identity=UNKNOWN), alarms=(doubt,))

    assert (What.ALARM_NEW, None, "unverified_person", True) in found(then, now)


def test_who_the_subject_is() -> None:
    """Any other answer is another decision, a doubt too."""
    for other, name in ((ANN, "registered ann"), (UNKNOWN, "undetermined"), (None, "undetermined")):
        now = timeline(stranger(identity=other), alarms=(alarm(),))
        assert found(THEN, now) == [(What.IDENTITY, "unregistered", name, True)]


def test_who_others_are() -> None:
    """Another name is another decision; a doubt is none."""
    then = timeline(person(2, RIGHT, identity=ANN))

    def now(identity: SeenIdentity | None) -> Timeline:
        return timeline(person(2, RIGHT, identity=identity))

    assert found(then, now(BOB)) == [(What.IDENTITY, "registered ann", "registered bob", True)]
    assert found(then, now(UNKNOWN)) == [(What.IDENTITY, "registered ann", "undetermined", False)]
    assert found(now(UNKNOWN), then) == [(What.IDENTITY, "undetermined", "registered ann", False)]


def test_what_was_decided_once_stands() -> None:
    """A doubt at the end of the clip, and a guard's word, do not count."""
    then = timeline(stranger(), alarms=(alarm(),))
    end = seen(6.0, stranger(identity=UNKNOWN))
    word = seen(6.5, stranger(identity=replace(ANN, vouched=True)))

    assert found(replace(then, frames=(*then.frames, end, word)), THEN) == []


def test_a_track_that_broke_is_judged_by_all_its_pieces() -> None:
    """One of them knows the person; else what one of them decided is told."""
    pieces = [seen(at, person(3 if at < 3 else 4, RIGHT, identity=UNKNOWN)) for at in TIMES[:6]]
    ends = [seen(at, person(4, RIGHT, identity=ANN)) for at in TIMES[6:]]
    now = replace(timeline(), frames=(*pieces, *ends))

    assert found(timeline(person(2, RIGHT, identity=ANN)), now) == []
    assert found(timeline(person(2, RIGHT, identity=BOB)), now) == [
        (What.IDENTITY, "registered bob", "registered ann", True)
    ]


def test_similarities_that_moved() -> None:
    """The best look of each is told; less than two hundredths is nothing."""

    def looked(*similarities: float | None, number: int = 1) -> Timeline:
        looks = tuple(SeenLook(key(number), None, each) for each in similarities)
        first = seen(0.0, stranger(), looks=looks)
        return replace(THEN, frames=(first, *THEN.frames[1:]))

    assert found(looked(0.4, 0.5, None), looked(0.51)) == []
    assert found(looked(0.4, 0.5), looked(0.6)) == [(What.SIMILARITY, 0.5, 0.6, False)]
    assert found(looked(0.4), looked()) == [(What.SIMILARITY, 0.4, None, False)]
    assert found(looked(), looked(0.4)) == [(What.SIMILARITY, None, 0.4, False)]
    assert found(looked(0.4, number=99), looked()) == []


def test_somebody_who_is_not_seen_today() -> None:
    """It is told, unless the track was a single sighting."""
    then = timeline(stranger(), person(2, RIGHT), alarms=(alarm(),))
    once = replace(THEN, frames=(*THEN.frames, seen(6.0, person(2, RIGHT))))

    assert found(then, THEN) == [(What.TRACK_ABSENT, "seen", None, False)]
    assert found(once, THEN) == []


def passages(*moments: tuple[float, str]) -> Timeline:
    """Somebody went through at these moments."""
    went = tuple(SeenPassage(NOON + at, "person", "dock", way, key(1)) for at, way in moments)
    return replace(THEN, passages=went)


def test_passages() -> None:
    """Near in time is the same; first seen inside is an entry at an unknown time."""
    assert found(passages((3.0, "entry")), passages((4.0, "inside"))) == []
    assert found(passages((3.0, "entry")), passages((3.0, "exit"))) == [
        (What.PASSAGE_ABSENT, "entry", None, False),
        (What.PASSAGE_NEW, None, "exit", False),
    ]
    assert found(passages((1.0, "exit")), passages((5.0, "exit"))) == [
        (What.PASSAGE_ABSENT, "exit", None, False),
        (What.PASSAGE_NEW, None, "exit", False),
    ]


def test_whoever_is_there_when_the_clip_begins_is_no_news() -> None:
    """They may have been there before."""
    assert found(THEN, passages((0.5, "inside"))) == []
    nothing = Timeline("cam1", "")
    assert found(nothing, replace(nothing, passages=passages((0.5, "inside")).passages)) == [
        (What.PASSAGE_NEW, None, "inside", False)
    ]


def test_what_is_judged_by() -> None:
    """Models, thresholds, zones, register and configuration that changed, each by name."""
    then = read_timelines([lines.head() + lines.versions()])
    zone = {"zone": "dock", "polygon": [[0, 0], [1, 0], [1, 1]], "verify_within_s": 9.0}
    now = read_timelines(
        [
            lines.versions(
                models={"detector": "aaa", "embedder": "ccc", "other": "ddd"},
                register_version=8,
                configuration="other",
                zones=[zone],
                thresholds={"accept": 0.95, "reject": 0.8},
            )
        ]
    )

    differences = compare(then, now, ON_IT)

    assert [(one.what, one.about, one.then, one.now) for one in differences] == [
        (What.MODEL, "embedder", "bbb", "ccc"),
        (What.MODEL, "other", None, "ddd"),
        (What.THRESHOLD, "accept", 0.9, 0.95),
        (
            What.ZONE,
            "dock",
            "[[0, 0], [1, 0], [1, 1]], verify_within_s 5.0",
            "[[0, 0], [1, 0], [1, 1]], verify_within_s 9.0",
        ),
        (What.REGISTER, "register_version", 7, 8),
        (What.CONFIGURATION, "configuration", "c0ffee", "other"),
    ]
    assert not any(one.grave for one in differences)


def test_people_who_were_erased_or_suspended_since() -> None:
    """Why they are not recognised today; who is active is not told of."""
    bob = alarm(2, incident="staff/dock/bob", identity=BOB)
    then = timeline(stranger(), person(2, RIGHT, identity=ANN), alarms=(alarm(), bob))

    told = [one for one in compare(then, then, {"bob": "suspended"}) if one.what is What.PERSON]

    assert [(one.about, one.then, one.now) for one in told] == [
        ("ann", "recognised", "erased"),
        ("bob", "recognised", "suspended"),
    ]


def test_the_grave_comes_first() -> None:
    """Whoever reads one line reads that."""
    then = replace(passages((3.0, "entry")), versions=())
    now = timeline(stranger(7))

    assert [one[3] for one in found(then, now)] == [True, False]


def test_several_scenes_are_told_apart() -> None:
    """A track of a second scene is named with it."""
    second = replace(person(5, RIGHT), key=TrackKey(2, 5))

    (one,) = compare(timeline(second), timeline(), ON_IT)

    assert one.about == "person 2.5"


def test_only_what_was_looked_at_again_is_compared() -> None:
    """Where the clip has a gap nothing can be decided today; the order is that of time."""
    early, late = seen(-9.0, stranger()), seen(0.2, stranger())
    whole = replace(
        timeline(stranger(), alarms=(alarm(at=NOON + 20.0), alarm(at=NOON - 0.1))),
        passages=(SeenPassage(NOON + 8.0, "person", "dock", "entry", None),),
    )
    whole = replace(whole, frames=(*whole.frames, early, late))

    part = within(whole, [(NOON, NOON + 1.0), (NOON + 3.0, NOON + 4.0)])

    assert [round(frame.at - NOON, 1) for frame in part.frames] == [0, 0.2, 0.5, 1, 3, 3.5, 4]
    assert [round(one.at - NOON, 1) for one in part.alarms] == [-0.1]
    assert part.passages == ()
