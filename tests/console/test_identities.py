"""Why somebody was taken for whom, in sentences."""

from __future__ import annotations

from console.identities import called, reasons
from console.words import Language, sentence

NAMES = {"S-17": "Ann"}
FIGURES = {
    "similarity": 0.9712,
    "runner_up": 0.8723,
    "accept": 0.95,
    "reject": 0.9,
    "looks": 3,
    "face_px": 58.4,
    "vouched_by": None,
}


def told(identity):
    """The reasons in English."""
    return [sentence(one, Language.ENGLISH, str) for one in reasons(identity, NAMES)]


def test_registered():
    """How like, whom, ahead of whom, and the threshold."""
    assert told({"state": "registered", "staff_id": "S-17", **FIGURES}) == [
        "Looks that counted: 3; median size of the face: 58 px.",
        "Median similarity to Ann: 0.971; the next person: 0.872; accept threshold 0.950. So: Ann.",
    ]


def test_unregistered():
    """How like the nearest, and the threshold that this is under."""
    identity = {"state": "unregistered", "staff_id": None, **FIGURES, "similarity": 0.5}

    assert "0.500, under the reject threshold of 0.900" in told(identity)[1]


def test_undetermined_and_conflict():
    """Neither yes nor no is said as that."""
    assert told({"state": "undetermined", **FIGURES})[1].endswith("So: not decided.")
    assert "two people" in told({"state": "conflict", **FIGURES})[1]


def test_what_has_no_figures():
    """No look, a guard's word, a forklift."""
    assert told({"state": "undetermined", "looks": 0}) == [
        "No look at a face counted: none was seen well enough."
    ]
    assert told({"state": "registered", "vouched_by": "Ben"}) == [
        "A guard vouched for the person: Ben."
    ]
    assert told(None) == []


def test_figures_that_are_not_known():
    """A dash, not a crash."""
    blank = dict.fromkeys(FIGURES) | {"state": "unregistered", "looks": 2}

    assert told(blank)[0] == "Looks that counted: 2; median size of the face: - px."


def test_what_to_call_somebody():
    """The name where it is known; else the staff id."""
    assert (called("S-17", NAMES), called("S-9", NAMES), called(None, NAMES)) == (
        "Ann",
        "S-9",
        None,
    )
