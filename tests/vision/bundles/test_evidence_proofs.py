"""An alarm's messages against the ledger's entries, as literals."""

import json

import pytest

from vision.bundles.evidence_proofs import fields, not_proven, revisions
from vision.bundles.proofs import Proven
from vision.ledger.checkpoints import Head
from vision.ledger.entries import Content, Entry

ALARM = "6f1ed002"


def message(number: int) -> str:
    """A revision of the alarm."""
    return json.dumps({"alarm_id": ALARM, "revision": number})


def entered(number: int, text: str | None = "", **more: object) -> Proven:
    """The entry of a revision; None: its content was erased."""
    content = Content(b"salt", message(number) if text == "" else text or "")
    told = {"kind": "alarm_revision", "ref": f"{ALARM}/{number}"} | more
    entry = Entry(number, str(told["kind"]), str(told["ref"]), 0, "", 0, content.digest)
    return Proven(entry, (), None if text is None else content)


def found(lines: list[str], *proven: Proven) -> list[str]:
    """What is said of messages."""
    text = "".join(f"{line}\n" for line in lines).encode()
    return [f"{one.state.value}: {one.what}" for one in revisions(ALARM, text, proven)]


def test_what_was_entered_and_is_told():
    """In any order, an erased content included, which nothing can be held against."""
    assert found([message(1), message(2)], entered(2), entered(1)) == []
    assert found([message(1)], entered(1), entered(2, None)) == []
    assert found([message(1)], entered(1, None)) == []


def test_what_was_entered_anew_after_a_restored_journal():
    """Both were entered under that number; either may be told."""
    assert found(['{"alarm_id":"6f1ed002","revision":1}'], entered(1), entered(1)) != []
    assert found([message(1)], entered(1, "{}"), entered(1)) == []


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "true", '"1"', "1e3", "99999999999"])
def test_what_is_no_revision(number):
    """Neither a number of another kind nor one that no alarm reaches."""
    line = f'{{"alarm_id": "{ALARM}", "revision": {number}}}'

    assert found([line]) == ["altered: a message in alarm.jsonl is none of this alarm"]


def test_revisions_between_that_are_not_there():
    """Named as a span, however long."""
    assert found([message(2)], entered(2)) == ["missing: revision 1 of the alarm"]
    assert found([message(900_000_000)], entered(900_000_000)) == [
        "missing: revision 1 to 899999999 of the alarm"
    ]


@pytest.mark.parametrize(
    "ref", [f"{ALARM}/x", f"{ALARM}/\N{SUPERSCRIPT TWO}", "other/1", f"{ALARM}/{'9' * 10}"]
)
def test_entries_that_are_no_revisions(ref):
    """They are passed over."""
    assert found([], entered(1, ref=ref)) == []


@pytest.mark.parametrize("text", ["none", "5", "[" * 9999, None])
def test_contents_that_are_no_objects(text):
    """They have no fields; one that is not what was entered has none either."""
    assert fields(entered(1, text)) == {}
    other = Proven(entered(1).entry, (), Content(b"salt", "{}"))
    assert fields(other) == {}


def test_entries_in_another_order():
    """And twice: the ledger has one order."""
    told = [one.what for one in not_proven([entered(2), entered(1)], Head("x", 9, b""))]

    assert told[0] == "the entries do not stand in their order, each once"
