"""The plan of a clip, in literals: packets and changes of the alarm in, moves out."""

from __future__ import annotations

import pytest

from vision.core.values import Change
from vision.evidence.clip_plan import STAY, ClipPlan, ClipRules, Move, PacketFacts, PartEnd

RULES = ClipRules(pre_s=10.0, post_s=15.0, longest_s=100.0, loss_s=3.0)
BEGIN = Move(begin=True, write=True)
WRITE = Move(write=True)


def key(at_s: float, broken: PartEnd | None = None) -> PacketFacts:
    """A key frame."""
    return PacketFacts(at_s, True, broken)  # noqa: FBT003 -- reads as the value it makes


def delta(at_s: float, broken: PartEnd | None = None) -> PacketFacts:
    """A packet that depends on others."""
    return PacketFacts(at_s, False, broken)  # noqa: FBT003 -- reads as the value it makes


@pytest.fixture
def plan() -> ClipPlan:
    """The clip of an alarm raised at 50 s."""
    return ClipPlan(RULES, 50.0)


@pytest.fixture
def running(plan: ClipPlan) -> ClipPlan:
    """The same, with its pre-roll written."""
    plan.take(key(40.0))
    return plan


class TestBeginning:
    """Where a part begins."""

    def test_at_a_key_frame(self, plan):
        """What comes before the first key frame could not be played, and is left out."""
        assert [plan.take(delta(39.0)), plan.take(key(40.0)), plan.take(delta(40.1))] == [
            STAY,
            BEGIN,
            WRITE,
        ]

    def test_a_key_frame_in_a_part_is_written_like_any_other(self, running):
        """A clip is one file as long as nothing breaks it."""
        assert running.take(key(41.0)) == WRITE


class TestEnd:
    """How long a clip goes on."""

    def test_it_goes_on_while_the_alarm_lives(self, running):
        """Without an end of the alarm there is none of the clip."""
        moves = [running.take(delta(at_s)) for at_s in range(41, 140)]

        assert moves == [WRITE] * 99

    def test_post_roll(self, running):
        """After the alarm's end the clip goes on for the post-roll, and then it is over."""
        running.hear(Change.CLEARED, 50.0)
        moves = [running.take(delta(at_s)) for at_s in (*range(41, 66), 65.1)]

        assert moves == [*[WRITE] * 25, Move(PartEnd.POST_ROLL)]
        assert running.over
        assert running.take(key(66.0)) == STAY

    def test_an_alarm_that_is_raised_again_takes_its_end_back(self, running):
        """The last word counts."""
        running.hear(Change.CLEARED, 40.0)
        running.hear(Change.UPDATED, 41.0)

        assert running.pass_time(58.0) == Move(PartEnd.CAMERA_LOST)
        assert not running.over

    def test_longest(self, running):
        """An alarm that never ends does not fill the disk."""
        running.take(delta(41.0))

        assert running.pass_time(150.1) == Move(PartEnd.LONGEST)
        assert running.over
        assert running.pass_time(151.0) == STAY

    def test_over_without_a_part(self, plan):
        """A clip whose camera never came back ends like any other."""
        plan.hear(Change.CLEARED, 50.0)

        assert plan.pass_time(65.1) == STAY
        assert plan.over

    def test_stop(self, running):
        """A clip can be ended from outside, once."""
        assert running.stop() == Move(PartEnd.STOPPED)
        assert running.stop() == STAY


class TestBreaks:
    """What ends a part; the next key frame begins another."""

    @pytest.mark.parametrize(
        "why", [PartEnd.NEW_PICTURE, PartEnd.TIME_JUMP, PartEnd.CAMERA_LOST, PartEnd.MISSED]
    )
    def test_a_break_before_a_key_frame(self, running, why):
        """One part ends and another begins with the same packet."""
        assert running.take(key(41.0, why)) == Move(why, begin=True, write=True)

    def test_a_break_before_another_packet(self, running):
        """What depends on packets that are not there is left out until the next key frame."""
        moves = [
            running.take(delta(41.0, PartEnd.MISSED)),
            running.take(delta(41.1)),
            running.take(key(41.2)),
        ]

        assert moves == [Move(PartEnd.MISSED), STAY, BEGIN]

    def test_a_camera_that_falls_silent(self, running):
        """The part is ended while nothing comes, not when something comes again."""
        assert running.pass_time(42.9) == STAY
        assert running.pass_time(43.1) == Move(PartEnd.CAMERA_LOST)
        assert running.pass_time(44.0) == STAY
        assert running.take(key(60.0)) == BEGIN

    def test_silence_before_the_first_packet_ends_nothing(self, plan):
        """There is no part yet."""
        assert plan.pass_time(60.0) == STAY

    def test_a_silence_that_nobody_saw(self, running):
        """Packets that are far apart are two parts even so."""
        assert running.take(key(43.1)) == Move(PartEnd.CAMERA_LOST, begin=True, write=True)

    def test_interrupted(self, running):
        """A disk that refuses ends the part; a second refusal ends nothing."""
        assert running.interrupt(PartEnd.DISK) == Move(PartEnd.DISK)
        assert running.interrupt(PartEnd.DISK) == STAY
        assert running.take(delta(40.5)) == STAY
        assert running.take(key(41.0)) == BEGIN
