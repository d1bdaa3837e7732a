"""The two lanes, as values in and values out: what may leave when."""

from __future__ import annotations

import pytest

from vision.outputs.journal_values import OutboxRow, StateRow
from vision.outputs.ordered_lane import OrderedLane, Refusal, RefusalPolicy
from vision.outputs.state_lane import WINDOW, StateLane

POLICY = RefusalPolicy(tries=3, first_s=1.0, cap_s=1.5)
ONE, TWO = OutboxRow(1, "alarm", "1"), OutboxRow(2, "passage", "2")
URGENT = OutboxRow(-1, "alarm", "u")


class TestOrderedLane:
    """One by one, in order."""

    @pytest.fixture
    def lane(self):
        """Two messages wait."""
        lane = OrderedLane(POLICY)
        lane.feed([ONE, TWO])
        return lane

    def test_one_at_a_time(self, lane):
        """The next message leaves only after the broker has taken the one before."""
        assert lane.next_letter(0.0) == ONE
        lane.sent(7)
        assert lane.next_letter(0.0) is None

        assert lane.taken(7) == ONE
        assert lane.next_letter(0.0) == TWO

    def test_strange_answers(self, lane):
        """An answer to something else changes nothing."""
        lane.sent(7)

        assert lane.taken(8) is None
        assert lane.refused(8, 0.0) is None
        assert lane.mid == 7

    def test_lost_connection(self, lane):
        """What was under way is sent again."""
        lane.sent(7)
        lane.lost()

        assert lane.next_letter(0.0) == ONE

    def test_refused_waits_longer_each_time(self, lane):
        """A refused message is offered again, and holds its place; then it is given up."""
        lane.sent(1)
        assert lane.refused(1, 0.0) == (ONE, Refusal.RETRY)
        assert lane.next_letter(0.9) is None
        assert lane.next_letter(1.0) == ONE
        lane.sent(2)
        assert lane.refused(2, 1.0) == (ONE, Refusal.RETRY)
        assert lane.next_letter(2.4) is None
        lane.sent(3)
        assert lane.refused(3, 2.5) == (ONE, Refusal.DEAD)

        assert lane.next_letter(2.5) == TWO
        assert lane.shut_topics == {"alarm"}

    def test_shut_topic_gets_one_try(self, lane):
        """A topic whose message was given up holds the line no more until it opens again."""
        for mid in range(3):
            lane.sent(mid)
            lane.refused(mid, 0.0)
        lane.feed([ONE, ONE])
        lane.sent(4)
        lane.taken(4)
        lane.sent(5)

        assert lane.refused(5, 9.0) == (ONE, Refusal.DEAD)
        lane.sent(6)
        lane.taken(6)
        assert lane.shut_topics == frozenset()

    def test_urgent_goes_first(self, lane):
        """What cannot wait is behind only the message under way."""
        lane.sent(7)
        lane.feed_first(URGENT)
        lane.taken(7)

        assert lane.next_letter(0.0) == URGENT

    def test_read_anew(self, lane):
        """What is in the journal is forgotten; what is nowhere else is kept."""
        lane.feed_first(URGENT)
        lane.read_anew()

        assert lane.next_letter(0.0) == URGENT
        assert len(lane) == 1


def state(payload, topic="t", version=1):
    """A value that expires after 300 s."""
    return StateRow(topic, payload, 300, version)


class TestStateLane:
    """Latest values only."""

    @pytest.fixture
    def lane(self):
        """A lane with one value."""
        lane = StateLane(POLICY)
        lane.put([state("a")], 0.0)
        return lane

    def test_newer_value_replaces(self, lane):
        """A value that was overtaken never leaves."""
        lane.put([state("b", version=2)], 0.0)

        assert lane.next_states(0.0) == (state("b", version=2),)

    def test_topic_keeps_its_order(self, lane):
        """The newer value of a topic waits for the answer to the older one."""
        lane.sent(1, state("a"))
        lane.put([state("b", version=2)], 0.0)
        assert lane.next_states(0.0) == ()

        assert lane.taken(1, 0.0) == state("a")
        assert lane.next_states(0.0) == (state("b", version=2),)

    def test_window(self):
        """Only so many are under way at once."""
        lane = StateLane(POLICY)
        lane.put([state("a", topic=str(n)) for n in range(WINDOW + 5)], 0.0)

        assert len(lane.next_states(0.0)) == WINDOW

    def test_confirmed_before_it_expires(self, lane):
        """A value is sent again well before the broker would drop it."""
        lane.sent(1, state("a"))
        lane.taken(1, 0.0)

        assert lane.next_states(99.0) == ()
        assert lane.next_states(100.0) == (state("a"),)

    def test_emptied_topic_is_forgotten(self, lane):
        """An empty value is sent once."""
        lane.put([state("", version=2)], 0.0)
        lane.sent(1, state("", version=2))
        lane.taken(1, 0.0)

        assert lane.next_states(1e9) == ()

    def test_restart(self, lane):
        """On a new connection everything goes out once more."""
        lane.sent(1, state("a"))
        lane.taken(1, 0.0)
        lane.restart([state("a")], 1.0)

        assert lane.next_states(1.0) == (state("a"),)

    def test_refused(self, lane):
        """A refused value is offered again, then tried now and then, which is said once."""
        for mid in range(2):
            lane.sent(mid, state("a"))
            assert lane.refused(mid, 0.0) == (state("a"), Refusal.RETRY)
        lane.sent(2, state("a"))

        assert lane.refused(2, 0.0) == (state("a"), Refusal.DEAD)
        assert lane.shut_topics == {"t"}
        assert lane.next_states(29.0) == ()
        assert lane.next_states(30.0) == (state("a"),)
        lane.sent(3, state("a"))
        assert lane.refused(3, 30.0) == (state("a"), Refusal.RETRY)
        assert lane.next_states(59.0) == ()
        lane.sent(4, state("a"))
        lane.taken(4, 60.0)
        assert lane.shut_topics == frozenset()

    def test_lost(self, lane):
        """What was under way when the connection went is due again."""
        lane.sent(1, state("a"))
        lane.lost()

        assert lane.next_states(0.0) == (state("a"),)
