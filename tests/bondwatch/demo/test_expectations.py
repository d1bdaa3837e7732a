"""What the demo takes for a success, held against made-up messages."""

from __future__ import annotations

from typing import Any

import pytest

from bondwatch.demo.expectations import CameraExpectations, ClipExpectations

WALL = "2026-01-31T08:00:{:02d}.000Z"
STAFF = {"state": "registered", "staff_id": "alma-reyes"}
OTHER_STAFF = {"state": "registered", "staff_id": "jonas-brandt"}
STRANGER = {"state": "unregistered", "staff_id": None}


def passage(second: int, identity: dict[str, Any], direction: str = "entry") -> dict[str, Any]:
    """One entry or exit."""
    return {
        "passage_id": f"p{second}{direction}",
        "object": "person",
        "direction": direction,
        "times": {"wall": WALL.format(second)},
        "identity": identity,
    }


def alarm(alarm_id: str, kind: str = "unregistered_person", **fields: Any) -> dict[str, Any]:
    """One revision of an alarm."""
    return {
        "alarm_id": alarm_id,
        "kind": kind,
        "reason": "not_on_register",
        "direction": "entry",
        "identity": STRANGER,
        **fields,
    }


def heard(*messages: tuple[str, dict[str, Any]]) -> ClipExpectations:
    """Expectations that have heard these."""
    expected = ClipExpectations()
    for topic, message in messages:
        expected.add(topic, message)
    return expected


WHOLE_CLIP = (
    ("passage", passage(1, STAFF)),
    ("alarm", alarm("a")),
    ("passage", passage(2, STRANGER)),
    ("alarm", alarm("a", direction="exit")),
    ("passage", passage(3, OTHER_STAFF)),
    ("alarm", alarm("b")),
    ("passage", passage(4, STRANGER)),
    ("alarm", alarm("b", direction="exit")),
)


def test_the_whole_clip_satisfies() -> None:
    """Both staff passed, both strangers raised an alarm on entering and one told of leaving."""
    expected = heard(*WHOLE_CLIP)

    assert (expected.missing(), expected.wrong()) == ([], [])


def test_silence_does_not_satisfy() -> None:
    """Without messages everything is missing, and nothing is wrong."""
    expected = heard()

    assert len(expected.missing()) == 4
    assert expected.wrong() == []


def test_a_message_that_comes_twice_counts_once() -> None:
    """The same alarm sent again after a crash is not a second stranger."""
    expected = heard(*WHOLE_CLIP[:4], *WHOLE_CLIP[:4])

    assert "1 alarms unregistered_person on entering instead of 2" in expected.missing()


def test_the_clip_may_begin_anywhere_and_go_round() -> None:
    """Who connects late sees the same order from another beginning."""
    order = (STRANGER, OTHER_STAFF, STRANGER, STAFF, STRANGER)

    expected = heard(*[("passage", passage(n, who)) for n, who in enumerate(order)])

    assert expected.wrong() == []


@pytest.mark.parametrize("who", [STRANGER, {"state": "undetermined", "staff_id": None}])
def test_staff_taken_for_somebody_else_is_wrong(who: dict[str, Any]) -> None:
    """Where somebody of the staff should come, nobody else may."""
    order = (STRANGER, who, STRANGER, STAFF)
    if who is STRANGER:
        order = (STAFF, STRANGER, STAFF)

    expected = heard(*[("passage", passage(n, one)) for n, one in enumerate(order)])

    assert len(expected.wrong()) == 1


def test_an_alarm_about_staff_is_wrong() -> None:
    """Any alarm about people but those for strangers fails the demo."""
    expected = heard(*WHOLE_CLIP, ("alarm", alarm("c", "unauthorised_person", identity=STAFF)))

    assert "unauthorised_person" in expected.wrong()[0]


def test_a_real_camera_need_only_be_online() -> None:
    """Nobody knows what a real camera shows: online is enough, and offline names the reason."""
    expected = CameraExpectations()
    expected.add("camera/gate/state", {"online": False, "why": "unauthorised"})
    assert "unauthorised" in expected.missing()[0]

    expected.add("camera/gate/state", {"online": True, "why": None})

    assert expected.missing() == []
