"""Ids of others and all names are gone, whatever is in which line."""

from __future__ import annotations

import json

from tests.vision.bundles import timelines as lines
from tests.vision.bundles.cases import case_of
from tests.vision.outputs.evidence import NOON
from vision.bundles.anonymous import (
    Pseudonyms,
    anonymous,
    anonymous_case,
    anonymous_timeline,
    subjects_of,
)
from vision.outputs.evidence_values import Hold

BOX = (0.1, 0.2, 0.3, 0.8)


def test_the_same_person_has_the_same_name() -> None:
    """In the order in which they come; the subject keeps the id."""
    names = Pseudonyms({"ann"})

    assert [names.of(each) for each in ("bob", "ann", "cy", "bob")] == [
        "other-1",
        "ann",
        "other-2",
        "other-1",
    ]


def test_a_timeline() -> None:
    """Identities, looks, guards and incidents of others; boxes and similarities stay."""
    bob = lines.ANN | {"staff_id": "bob", "vouched_by": "Guard Cy"}
    text = (
        lines.head()
        + lines.versions()
        + lines.frame(
            1.0,
            lines.track(1, BOX, identity=bob),
            lines.track(2, BOX, identity=lines.ANN),
            looks=(lines.look(1, BOX, runner_up={"staff_id": "dee", "similarity": 0.3}),),
        )
        + lines.alarm(1.0, incident="staff/dock/bob", identity=bob)
        + lines.line("weather", said_by="Bob")
    )

    redacted = anonymous_timeline(text, Pseudonyms({"ann"}))

    assert not any(name in redacted for name in ("bob", "Bob", "Cy", "dee"))
    kinds = [json.loads(line)["type"] for line in redacted.splitlines()]
    assert kinds == ["head", "versions", "frame", "alarm"]
    _, judged_by, frame, alarm = map(json.loads, redacted.splitlines())
    assert judged_by == json.loads(lines.versions())
    assert frame["tracks"][0]["box"] == list(BOX)
    assert frame["tracks"][0]["identity"]["staff_id"] == "other-1"
    assert frame["tracks"][1]["identity"] == lines.ANN
    assert frame["looks"][0]["runner_up"] == {"staff_id": "other-3", "similarity": 0.3}
    assert alarm["incident"] == "staff/dock/other-1"


def test_incidents_without_a_person_stay() -> None:
    """Their keys say nothing of anybody."""
    for key in (lines.INCIDENT, "staff", "unidentified/dock/cam1"):
        assert anonymous({"incident": key}, Pseudonyms()) == {"incident": key}


def test_messages_and_holds() -> None:
    """Operators are called like others, and what they noted goes."""
    seen = {"by": "Ann O'Neil", "at": "2026-01-01T12:00:00.000Z", "note": "it was Bob"}
    case = case_of(
        revisions=({"identity": None, "acknowledged": None}, {"acknowledged": seen}),
        hold=Hold("Ann O'Neil", NOON, "court"),
        names={"bob": "Bob"},
    )

    redacted = anonymous_case(case, Pseudonyms())

    assert redacted.revisions == (
        {"identity": None, "acknowledged": None},
        {"acknowledged": seen | {"by": "other-1", "note": "[left out]"}},
    )
    assert redacted.hold == Hold("other-1", NOON, "[left out]")
    assert (redacted.names, redacted.redacted) == ({}, True)


def test_a_hold_without_a_note() -> None:
    """Nothing was left out of it; and a case need not be held."""
    held = case_of(hold=Hold("Ann", NOON, ""))

    assert anonymous_case(held, Pseudonyms()).hold == Hold("other-1", NOON, "")
    assert anonymous_case(case_of(), Pseudonyms()).hold is None


def test_whom_messages_are_about() -> None:
    """Whoever was recognised; a candidate who was not is another."""
    revisions = ({"identity": lines.ANN}, {"identity": lines.STRANGER | {"staff_id": "bob"}}, {})

    assert subjects_of(revisions) == {"ann"}
