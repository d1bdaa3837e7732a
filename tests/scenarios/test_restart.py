"""Scenarios: alarms that were open when the daemon last ended."""

from tests.scenarios.stage import STRANGER, Actor, Stage, policy_with, walk
from vision.core.movements import OpenIncident
from vision.core.values import AlarmKind, ObjectKind

STAYING = walk(0.75, 0.75, 0, 1)


def resumed(
    kind: AlarmKind,
    zone_id: str = "store",
    stage: Stage | None = None,
    incident: str = "presence/store/gate/e0/7",
) -> Stage:
    """A stage on which one alarm from before a restart is open."""
    stage = stage or Stage()
    entry = OpenIncident(incident, kind, zone_id)
    stage.note(stage.scene.resume([entry], stage.at()))
    return stage


def test_still_there() -> None:
    """Somebody first seen inside after a restart continues the open alarm."""
    stage = resumed(AlarmKind.UNREGISTERED_PERSON).play(5, Actor(STAYING, STRANGER))

    assert [line[1:4] for line in stage.alarms] == [
        ("updated", "unregistered_person", "seen_again")
    ]


def test_known_person_still_there() -> None:
    """An alarm about a known person goes on without a word when they are still there."""
    stage = resumed(AlarmKind.UNAUTHORISED_PERSON, incident="staff/store/eve")
    stage.play(5, Actor(STAYING, "eve"))

    assert [line[1:4] for line in stage.alarms] == [
        ("updated", "unauthorised_person", "seen_again")
    ]


def test_gone() -> None:
    """An alarm that nobody continues is cleared after a while."""
    stage = resumed(AlarmKind.UNVERIFIED_PERSON).tick(40)

    assert [line[1:4] for line in stage.alarms] == [
        ("cleared", "unverified_person", "lost_from_sight")
    ]


def test_forklift() -> None:
    """A forklift's alarm is continued by a forklift, not by a person."""
    stage = resumed(AlarmKind.FORKLIFT_INTRUSION, stage=Stage(policy_with(forklift_hours=())))
    stage.play(3, Actor(STAYING, "ann"))
    assert stage.alarms == []

    stage.play(6, Actor(STAYING, "ann"), Actor(walk(0.9, 0.9, 0, 1), kind=ObjectKind.FORKLIFT))
    assert [line[1:4] for line in stage.alarms] == [("updated", "forklift_intrusion", "seen_again")]


def test_zone_gone() -> None:
    """An alarm about a zone that is no longer watched is cleared, saying so."""
    stage = resumed(AlarmKind.UNVERIFIED_PERSON, "old-zone")

    assert [line[1:4] for line in stage.alarms] == [
        ("cleared", "unverified_person", "zone_no_longer_watched")
    ]


def test_another_scene() -> None:
    """A scene tells what is open in it, and a scene in its place goes on with that."""
    before = Stage().play(5, Actor(STAYING, STRANGER))
    after = Stage()
    after.note(after.scene.resume(before.scene.open_incidents(), after.at()))
    after.play(5, Actor(STAYING, STRANGER))

    assert [line[1:4] for line in after.alarms] == [
        ("updated", "unregistered_person", "seen_again")
    ]
