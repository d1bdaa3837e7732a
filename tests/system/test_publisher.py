"""The publisher between a real journal and a real broker."""

from __future__ import annotations

import json

import pytest

from tests.system.console import Console
from tests.system.publishers import PublisherProcess, running
from tests.vision.outputs.decisions import CONTEXT, alarm, occupancy, passage
from vision.core.values import Change
from vision.outputs.handing_over import handed_over
from vision.outputs.journal_values import CameraState
from vision.outputs.nudge import Nudge

pytestmark = pytest.mark.system


@pytest.fixture
def broker(broker):
    """A broker that anybody may use."""
    return broker.start()


def identities(console):
    """The alarms heard, each as (id, revision)."""
    return [(m["alarm_id"], m["revision"]) for m in console.of("alarm")]


def test_delivers_in_order(site, journal, broker):
    """Alarms and passages arrive in the order in which they were decided."""
    decisions = [alarm(incident=str(number)) for number in range(20)]
    with Console(broker.port) as console, running(site):
        committed = journal.commit([*decisions, passage(), alarm(incident="last")], CONTEXT)
        Nudge(site.run_dir).wake()

        console.wait_for(lambda: len(console.of("alarm")) == 21)
        expected = [(one.alarm_id, one.revision) for one in committed]
        assert identities(console) == expected
        lane = [heard.name for heard in console.heard if heard.name in {"alarm", "passage"}]
        assert lane == ["alarm"] * 20 + ["passage", "alarm"]


def test_taken_messages_leave_the_outbox(site, journal, broker):
    """What the broker has taken waits no more, after an orderly end."""
    with Console(broker.port) as console, running(site):
        journal.commit([alarm(), passage()], CONTEXT)
        console.wait_for(lambda: console.of("passage"))

    assert journal.waiting() == ()
    assert journal.due_states() == ()


def test_found_without_a_nudge(site, journal, broker):
    """A lost nudge costs time, not an alarm."""
    with Console(broker.port) as console, running(site):
        console.wait_for(lambda: console.of("status"))
        journal.commit([alarm()], CONTEXT)

        console.wait_for(lambda: console.of("alarm"))


def test_late_console_sees_what_is_open(site, journal, broker):
    """Open alarms, cameras, zones and the daemon's status are retained; cleared alarms are not."""
    opened, _, _ = journal.commit(
        [alarm(), alarm(incident="over"), alarm(Change.CLEARED, incident="over")], CONTEXT
    )
    journal.commit([occupancy(2)], CONTEXT)
    journal.put_camera_state("cam1", CameraState(online=True, fps=25.0, lag_s=0.1), "hall")
    with running(site):
        with Console(broker.port, name="early") as early:
            early.wait_for(lambda: early.of("camera/cam1/state"))
            early.wait_for(lambda: len(early.of("alarm")) == 3 or early.of("heartbeat"))
            early.wait_for(lambda: journal.due_states() == ())
        with Console(broker.port, name="late") as late:
            late.wait_for(lambda: len([h for h in late.heard if h.retain]) >= 4)

            retained = {heard.name for heard in late.heard if heard.retain}
            assert retained == {
                "status",
                f"alarm/{opened.alarm_id}/state",
                "zone/dock/occupancy",
                "camera/cam1/state",
            }


def test_heartbeat(site, journal, broker):
    """The heartbeat tells how old the oldest worker beat is and what waits."""
    journal.beat("worker-1")
    with Console(broker.port) as console, running(site):
        (first, *_) = console.wait_for(lambda: console.of("heartbeat"))

    assert first["oldest_beat_age_s"] >= 0
    assert first["alarms_waiting"] == 0


def test_says_offline_when_it_leaves(site, broker):
    """An orderly end says ``offline`` itself."""
    with Console(broker.port) as console:
        with running(site):
            console.wait_for(lambda: console.of("status"))
        console.wait_for(lambda: len(console.of("status")) == 2)

        assert [m["status"] for m in console.of("status")] == ["online", "offline"]


def test_last_will(site, broker):
    """When the publisher is killed, the broker says ``offline`` for it."""
    process = PublisherProcess(site.data_dir, broker.port)
    with Console(broker.port) as console:
        process.start()
        console.wait_for(lambda: console.of("status"))
        process.kill()
        console.wait_for(lambda: len(console.of("status")) == 2)

        assert console.of("status")[-1]["status"] == "offline"


def test_sigterm(site, broker):
    """SIGTERM ends the process in good order, with status 0."""
    process = PublisherProcess(site.data_dir, broker.port)
    with Console(broker.port) as console:
        process.start()
        console.wait_for(lambda: console.of("status"))

        assert process.stop() == 0
        console.wait_for(lambda: console.of("status")[-1]["status"] == "offline")


def test_acknowledgement(site, journal, broker):
    """An acknowledgement is in the journal, answered, and told as the next revision."""
    (committed,) = journal.commit([alarm()], CONTEXT)
    alarm_id = committed.alarm_id
    with Console(broker.port) as console, running(site):
        console.wait_for(lambda: console.of("alarm"))
        console.acknowledge(alarm_id)
        (answer,) = console.wait_for(lambda: console.of(f"alarm/{alarm_id}/ack/result"))
        console.acknowledge(alarm_id)
        console.wait_for(lambda: len(console.of(f"alarm/{alarm_id}/ack/result")) == 2)

        assert (answer["result"], answer["revision"]) == ("accepted", 2)
        assert console.of(f"alarm/{alarm_id}/ack/result")[1]["result"] == "repeated"
        assert console.of("alarm")[-1]["acknowledged"]["by"] == "Tom"
    assert journal.alarm(alarm_id).acknowledgement.by == "Tom"


def test_acknowledged_while_the_publisher_was_away(site, journal, broker):
    """The lasting session keeps acknowledgements for a publisher that is being restarted."""
    (committed,) = journal.commit([alarm()], CONTEXT)
    with Console(broker.port) as console:
        with running(site):
            console.wait_for(lambda: console.of("alarm"))
        console.acknowledge(committed.alarm_id)
        with running(site):
            topic = f"alarm/{committed.alarm_id}/ack/result"
            (answer, *_) = console.wait_for(lambda: console.of(topic))

    assert answer["result"] == "accepted"


HOSTILE = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"[" * 5000,
    b"{" + b" " * 30_000 + b"}",
    b'{"version":1}',
    b'{"version":2,"operator":"Tom"}',
    b'{"version":1,"operator":""}',
    b'{"version":1,"operator":7}',
    b'{"version":1,"operator":"\\ud800"}',
    b'{"version":1,"operator":"a\\u0000b"}',
    b'{"version":1,"operator":"Tom","note":["x"]}',
    b'{"version":1,"operator":"Tom","revision":true}',
    b'{"version":1,"operator":"Tom","revision":1.5}',
    b'{"version":1,"operator":"Tom","revision":-1}',
    b'{"version":1,"operator":"Tom","extra":1}',
    json.dumps({"version": 1, "operator": "T" * 101}).encode(),
]


def test_hostile_acknowledgements(site, journal, broker):
    """Whatever is no acknowledgement is counted and ignored; the next good one is answered."""
    (committed,) = journal.commit([alarm()], CONTEXT)
    with Console(broker.port) as console, running(site):
        console.wait_for(lambda: console.of("alarm"))
        for payload in HOSTILE:
            console.acknowledge(committed.alarm_id, payload)
        console.acknowledge("x" * 3000)
        console.client.publish(
            f"{console.root}alarm/{committed.alarm_id}/ack",
            b'{"version":1,"operator":"retained"}',
            qos=1,
            retain=True,
        )
        console.acknowledge("00000000-0000-4000-8000-000000000000")
        console.acknowledge(committed.alarm_id, revision=1)

        topic = f"alarm/{committed.alarm_id}/ack/result"
        (answer,) = console.wait_for(lambda: console.of(topic))
        unknown = console.of("alarm/00000000-0000-4000-8000-000000000000/ack/result")
        assert (answer["result"], answer["acknowledged"]["by"]) == ("accepted", "Tom")
        assert [m["result"] for m in unknown] == ["unknown"]
        rejected = len(HOSTILE) + 2
        console.wait_for(lambda: console.of("heartbeat")[-1]["rejected"] == rejected)


def test_nobody_subscribed(site, journal, broker):
    """An alarm that nobody hears is taken, and the heartbeat says so."""
    with running(site) as logged:
        journal.commit([alarm()], CONTEXT)
        with Console(broker.port, site="elsewhere") as waiting:
            waiting.wait_for(lambda: "nobody_subscribed" in [event for event, _ in logged])
        with Console(broker.port) as console:
            console.wait_for(lambda: console.of("heartbeat"))
            assert console.of("heartbeat")[-1]["unheard"] == 1


def test_alarm_that_could_not_be_journalled(site, journal, broker):
    """An alarm handed over goes out at once, marked, and is journalled under the same id."""
    handed = handed_over(alarm(), CONTEXT, 0.0)
    with Console(broker.port) as console, running(site):
        console.wait_for(lambda: console.of("status"))

        assert Nudge(site.run_dir).hand_over(handed)

        (message,) = console.wait_for(lambda: console.of("alarm"))
        assert (message["alarm_id"], message["durable"]) == (handed.alarm_id, False)
        console.wait_for(lambda: journal.alarm(handed.alarm_id))
        console.wait_for(lambda: console.of(f"alarm/{handed.alarm_id}/state"))
    assert journal.alarm(handed.alarm_id).payload == handed.payload
