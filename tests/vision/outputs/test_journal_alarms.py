"""One incident is one alarm: its life in a real journal, and the messages that come of it."""

from __future__ import annotations

import json

import pytest

from tests.contract import validate
from tests.vision.outputs.decisions import CONTEXT, NOON, alarm, open_journal
from vision.core.values import AlarmKind, Change
from vision.outputs.journal_values import AckRequest, AckResult, CommitContext

RAISED, UPDATED, CLEARED = Change.RAISED, Change.UPDATED, Change.CLEARED
ROOT = "bondwatch/v1/hall/"


@pytest.fixture
def journal(tmp_path):
    """A new journal."""
    with_file = open_journal(tmp_path)
    yield with_file
    with_file.close()


def messages(journal):
    """What waits in the ordered lane, each message valid by the contract."""
    return [validate(ROOT + row.topic, row.payload) for row in journal.waiting()]


def states(journal):
    """The state lane: topic to message, None for an emptied topic."""
    return {row.topic: validate(ROOT + row.topic, row.payload) for row in journal.all_states()}


class TestLifecycle:
    """Raised, updated, cleared: revisions count up under one id."""

    def test_same_incident_is_the_same_alarm(self, journal):
        """A change of an open incident is the next revision of its alarm."""
        (raised,) = journal.commit([alarm(RAISED)], CONTEXT)
        (updated,) = journal.commit([alarm(UPDATED)], CONTEXT)
        (cleared,) = journal.commit([alarm(CLEARED)], CONTEXT)

        assert {raised.alarm_id} == {updated.alarm_id, cleared.alarm_id}
        assert [raised.revision, updated.revision, cleared.revision] == [1, 2, 3]
        assert [m["change"] for m in messages(journal)] == ["raised", "updated", "cleared"]

    def test_raised_again_is_an_update(self, journal):
        """An incident that is open already cannot be raised a second time."""
        journal.commit([alarm(RAISED)], CONTEXT)

        (again,) = journal.commit([alarm(RAISED)], CONTEXT)

        assert (again.change, again.revision) == (UPDATED, 2)

    def test_update_of_nothing_raises(self, journal):
        """An update for an incident that is not open raises it: nothing gets lost."""
        (committed,) = journal.commit([alarm(UPDATED)], CONTEXT)

        assert (committed.change, committed.revision) == (RAISED, 1)

    def test_clearing_nothing_is_nothing(self, journal):
        """Clearing an incident that is not open says nothing to anybody."""
        assert journal.commit([alarm(CLEARED)], CONTEXT) == ()
        assert messages(journal) == []

    def test_a_new_incident_after_the_end_is_a_new_alarm(self, journal):
        """A cleared alarm never opens again."""
        first, _, second = journal.commit([alarm(RAISED), alarm(CLEARED), alarm(RAISED)], CONTEXT)

        assert first.alarm_id != second.alarm_id

    def test_kind_may_change(self, journal):
        """The newest decision says of what kind the alarm is, and so how urgent."""
        kind = AlarmKind.UNVERIFIED_PERSON
        journal.commit([alarm(RAISED, kind=kind), alarm(UPDATED)], CONTEXT)

        first, second = messages(journal)

        assert (first["kind"], first["priority"]) == ("unverified_person", "high")
        assert (second["kind"], second["priority"]) == ("unregistered_person", "critical")


class TestContributors:
    """Several cameras may hold one alarm open."""

    def test_cleared_with_the_last_contributor(self, journal):
        """The first camera to let go updates the alarm, the last one clears it."""
        journal.commit([alarm(camera_id="cam1"), alarm(camera_id="cam2")], CONTEXT)

        (first,) = journal.commit([alarm(CLEARED, camera_id="cam1")], CONTEXT)
        (last,) = journal.commit([alarm(CLEARED, camera_id="cam2")], CONTEXT)

        assert (first.change, last.change) == (UPDATED, CLEARED)
        assert [m["cameras"] for m in messages(journal)] == [
            ["cam1"],
            ["cam1", "cam2"],
            ["cam2"],
            ["cam2"],
        ]

    def test_a_stranger_to_the_alarm_cannot_clear_it(self, journal):
        """A camera that does not hold an alarm says nothing about it."""
        journal.commit([alarm(camera_id="cam1")], CONTEXT)

        assert journal.commit([alarm(CLEARED, camera_id="cam2")], CONTEXT) == ()
        assert journal.open_alarms("cam1")

    def test_the_system_clears_for_all(self, journal):
        """A clearing decision without a camera holds for every contributor."""
        journal.commit([alarm(camera_id="cam1"), alarm(camera_id="cam2")], CONTEXT)

        (cleared,) = journal.commit([alarm(CLEARED, camera_id=None)], CONTEXT)

        assert cleared.change is CLEARED

    def test_open_alarms_of_a_camera(self, journal):
        """A worker finds the alarms that its camera holds, not those of others."""
        journal.commit([alarm(camera_id="cam1"), alarm(camera_id="cam2", incident="b")], CONTEXT)

        assert [found.incident for found in journal.open_alarms("cam2")] == ["b"]
        assert len(journal.open_alarms()) == 2


class TestMessages:
    """What goes into the outbox in the same transaction."""

    def test_whole_message(self, journal):
        """An alarm says who decided what, where, when and by which means."""
        (committed,) = journal.commit([alarm()], CONTEXT)

        (message,) = messages(journal)

        noon = "2026-01-01T12:00:00.000Z"
        assert message == {
            "version": 1,
            "alarm_id": committed.alarm_id,
            "revision": 1,
            "change": "raised",
            "state": "open",
            "kind": "unregistered_person",
            "priority": "critical",
            "reason": "entered",
            "site": "hall",
            "zone": "dock",
            "camera": "cam1",
            "cameras": ["cam1"],
            "times": {"stream_s": 12.346, "wall": noon, "raised": noon, "written": noon},
            "track": 5,
            "direction": "entry",
            "identity": {
                "state": "unregistered",
                "staff_id": None,
                "similarity": 0.5124,
                "runner_up": None,
                "accept": 0.9,
                "reject": 0.8,
                "looks": 3,
                "face_px": 71.0,
                "vouched_by": None,
            },
            "detail": {},
            "models": {"detector": "abc"},
            "register_version": 7,
            "snapshot": None,
            "durable": True,
            "acknowledged": None,
        }

    def test_state_is_retained_while_open(self, journal):
        """The retained state is the newest revision, and is emptied at the end."""
        (committed,) = journal.commit([alarm()], CONTEXT)
        topic = f"alarm/{committed.alarm_id}/state"
        assert states(journal)[topic]["revision"] == 1

        journal.commit([alarm(CLEARED)], CONTEXT)

        assert states(journal) == {topic: None}

    def test_snapshot_reference(self, journal):
        """The context names an alarm's snapshot by its id and the time of its first revision."""
        context = CommitContext(
            site="hall", snapshot=lambda d, alarm_id, at: f"{alarm_id}/{at:.0f}/{d.track_id}"
        )

        (one,) = journal.commit([alarm()], context)

        assert messages(journal)[0]["snapshot"] == f"{one.alarm_id}/{NOON:.0f}/5"

    def test_not_a_number_is_null(self, journal):
        """No figure that is none ever becomes invalid JSON."""
        at = alarm().at.__class__(stream_s=float("nan"), wall_utc=NOON)

        journal.commit([alarm(at=at)], CONTEXT)

        assert messages(journal)[0]["times"]["stream_s"] is None


class TestAcknowledging:
    """An operator has seen an alarm: accepted, unknown, stale or repeated."""

    def acknowledge(self, journal, alarm_id, revision=None):
        """Tom acknowledges."""
        return journal.acknowledge(AckRequest(alarm_id, "Tom", "seen", revision))

    def test_accepted(self, journal):
        """The alarm's next revision says who has seen it, and the console gets its answer."""
        (committed,) = journal.commit([alarm()], CONTEXT)

        assert self.acknowledge(journal, committed.alarm_id) is AckResult.ACCEPTED
        _, told, answer = messages(journal)
        seen = {"by": "Tom", "at": "2026-01-01T12:00:00.000Z", "note": "seen"}
        assert (told["revision"], told["change"], told["state"]) == (2, "updated", "open")
        assert told["acknowledged"] == seen
        assert answer == {
            "version": 1,
            "alarm_id": committed.alarm_id,
            "result": "accepted",
            "operator": "Tom",
            "revision": 2,
            "acknowledged": seen,
        }

    def test_stays_acknowledged(self, journal):
        """Later revisions still say who has seen the alarm."""
        (committed,) = journal.commit([alarm()], CONTEXT)
        self.acknowledge(journal, committed.alarm_id)

        journal.commit([alarm(UPDATED)], CONTEXT)

        assert messages(journal)[-1]["acknowledged"]["by"] == "Tom"

    def test_unknown(self, journal):
        """No alarm has this id."""
        alarm_id = "00000000-0000-4000-8000-000000000000"

        assert self.acknowledge(journal, alarm_id) is AckResult.UNKNOWN
        assert messages(journal)[0]["result"] == "unknown"

    def test_stale(self, journal):
        """The operator saw a revision that is not the newest any more."""
        (committed, _) = journal.commit([alarm(), alarm(UPDATED)], CONTEXT)

        assert self.acknowledge(journal, committed.alarm_id, revision=1) is AckResult.STALE
        assert journal.alarm(committed.alarm_id).acknowledgement is None

    def test_repeated(self, journal):
        """An alarm is acknowledged once; the second answer names the first operator."""
        (committed,) = journal.commit([alarm()], CONTEXT)
        self.acknowledge(journal, committed.alarm_id)

        assert self.acknowledge(journal, committed.alarm_id) is AckResult.REPEATED
        assert messages(journal)[-1]["acknowledged"]["by"] == "Tom"

    def test_a_cleared_alarm_can_be_acknowledged(self, journal):
        """Being seen and being over are independent; the state stays empty."""
        (committed, _) = journal.commit([alarm(), alarm(CLEARED)], CONTEXT)

        assert self.acknowledge(journal, committed.alarm_id) is AckResult.ACCEPTED
        assert messages(journal)[-2]["state"] == "cleared"
        assert list(states(journal).values()) == [None]


class TestVouching:
    """A guard answers for somebody."""

    def test_vouch_reaches_the_worker(self, journal):
        """A vouch names the alarm's camera, incident and track."""
        (committed,) = journal.commit([alarm()], CONTEXT)

        assert journal.vouch(committed.alarm_id, "S9", "guard")
        (vouch,) = journal.vouches_after(0)
        assert (vouch.cameras, vouch.incident, vouch.track_id) == (("cam1",), "dock/cam1", 5)
        assert (vouch.staff_id, vouch.by) == ("S9", "guard")
        assert journal.vouches_after(vouch.seq) == ()

    def test_only_for_an_open_alarm(self, journal):
        """There is nobody to answer for in an alarm that is over or never was."""
        (committed, _) = journal.commit([alarm(), alarm(CLEARED)], CONTEXT)

        assert not journal.vouch(committed.alarm_id, "S9", "guard")
        assert not journal.vouch("nothing", "S9", "guard")


def test_payloads_are_one_line_of_json(journal):
    """A message is compact JSON in a fixed order of keys."""
    journal.commit([alarm()], CONTEXT)

    payload = journal.waiting()[0].payload

    assert payload.startswith('{"version":1,"alarm_id":"')
    assert json.dumps(json.loads(payload), separators=(",", ":")) == payload
