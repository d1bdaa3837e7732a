"""Alarms that could not be journalled when they were raised: handed over, journalled later."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.contract import validate
from tests.vision.outputs.decisions import CONTEXT, NOON, alarm, open_journal
from vision.core.values import Change
from vision.outputs.handing_over import decode, encode, handed_over
from vision.outputs.nudge import Nudge, NudgeListener, PublisherRunningError, publisher_runs


@pytest.fixture
def journal(tmp_path):
    """A new journal."""
    journal = open_journal(tmp_path)
    yield journal
    journal.close()


@pytest.fixture
def handed():
    """An alarm on its way to the publisher."""
    return handed_over(alarm(), CONTEXT, NOON)


def messages(journal):
    """What waits in the ordered lane."""
    return [validate("bondwatch/v1/hall/alarm", row.payload) for row in journal.waiting()]


def test_message(handed):
    """It is a valid alarm, revision 1, marked as not durable."""
    message = validate("bondwatch/v1/hall/alarm", handed.payload)

    assert (message["revision"], message["durable"]) == (1, False)
    assert message["alarm_id"] == handed.alarm_id


def test_adopted(journal, handed):
    """It is journalled under its own id, with the message that went out."""
    assert journal.adopt(handed, taken=True)

    assert journal.alarm(handed.alarm_id).payload == handed.payload
    assert journal.open_alarms("cam1")[0].incident == "dock/cam1"
    assert messages(journal) == []


def test_adopted_before_it_was_taken(journal, handed):
    """What the broker has not taken waits in the outbox like any other."""
    journal.adopt(handed, taken=False)

    assert [row.payload for row in journal.waiting()] == [handed.payload]


def test_adopted_once(journal, handed):
    """Adopting it again changes nothing."""
    journal.adopt(handed, taken=False)

    assert not journal.adopt(handed, taken=False)
    assert len(messages(journal)) == 1


def test_worker_goes_on_with_it(journal, handed):
    """After adoption, the worker's own commit is the next revision of the same alarm."""
    journal.adopt(handed, taken=True)

    (committed,) = journal.commit([alarm()], CONTEXT)

    assert (committed.alarm_id, committed.revision) == (handed.alarm_id, 2)
    assert committed.change is Change.UPDATED


def test_worker_was_quicker(journal, handed):
    """The worker's late commit keeps the id that people know, and counts on from revision 1."""
    context = replace(CONTEXT, alarm_ids={handed.incident: handed.alarm_id})

    (committed,) = journal.commit([alarm()], context)

    assert (committed.alarm_id, committed.revision) == (handed.alarm_id, 2)
    assert not journal.adopt(handed, taken=False)


def test_what_was_sent_is_noted(journal, handed):
    """Also where the worker was quicker: the journal holds every revision that went out, once."""
    context = replace(CONTEXT, alarm_ids={handed.incident: handed.alarm_id})
    journal.commit([alarm()], context)

    assert journal.adopt(handed, taken=True)
    assert not journal.adopt(handed, taken=True)

    written = [json.loads(row.payload)["revision"] for row in journal.tail()]
    assert written == [2, 1]
    assert [message["revision"] for message in messages(journal)] == [2]


def test_another_is_open(journal, handed):
    """Where the incident is open as another alarm, this one is cleared and says by which."""
    (other,) = journal.commit([alarm()], CONTEXT)

    journal.adopt(handed, taken=False)

    own = [m for m in messages(journal) if m["alarm_id"] == handed.alarm_id]
    assert [(m["revision"], m["change"]) for m in own] == [(1, "raised"), (2, "cleared")]
    assert own[1]["detail"] == {"into": other.alarm_id}
    assert not journal.alarm(handed.alarm_id).is_open


def test_over_the_socket(tmp_path, handed):
    """What is handed over arrives whole, wake-ups between it."""
    ear, nudge = NudgeListener(tmp_path), Nudge(tmp_path)
    assert nudge.wake()
    assert nudge.hand_over(handed)

    empty, datagram = ear.datagrams()

    assert empty == b""
    assert decode(datagram) == handed
    ear.close()
    nudge.close()


@pytest.mark.parametrize(
    "datagram",
    [b"x", b"[]", b"{}", b'{"payload":"{}","incident":"a"}', b'{"payload":7,"incident":"a"}'],
)
def test_garbage_is_no_alarm(datagram):
    """Whatever else arrives at the socket is refused."""
    with pytest.raises(ValueError, match=r".+"):
        decode(datagram)


def test_durable_alarm_is_not_handed_over(handed):
    """Only what says that it is not durable comes this way."""
    durable = json.dumps(json.loads(handed.payload) | {"durable": True})

    with pytest.raises(ValueError, match="undurable"):
        decode(encode(replace(handed, payload=durable)))


def test_nobody_listens(tmp_path):
    """Without a publisher a nudge says so and does no harm."""
    nudge = Nudge(tmp_path / "nowhere")

    assert not nudge.wake()
    nudge.close()


def test_deep_directory(tmp_path):
    """A data directory whose path is longer than a socket's name may be will do."""
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    ear, nudge = NudgeListener(deep), Nudge(deep)

    assert nudge.wake()
    ear.close()
    nudge.close()


def test_one_listener(tmp_path):
    """There is one publisher for a data directory, and one can ask whether it runs."""
    assert not publisher_runs(tmp_path)
    ear = NudgeListener(tmp_path)

    with pytest.raises(PublisherRunningError, match="end it first"):
        NudgeListener(tmp_path)
    assert publisher_runs(tmp_path)
    ear.close()
    assert not publisher_runs(tmp_path)
