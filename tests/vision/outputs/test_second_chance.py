"""What the broker would not take, and when it is offered again: values in, values out."""

from __future__ import annotations

import pytest

from vision.outputs.journal_values import DeadLetter
from vision.outputs.second_chance import Offer, SecondChance, passing

NOT_AUTHORISED, TOO_LARGE = "0x87", "0x95"
ALARM = frozenset({"alarm"})
NOTHING = Offer()


def letter(seq: int, topic: str = "alarm", reason: str = NOT_AUTHORISED) -> DeadLetter:
    """A message that was put aside."""
    return DeadLetter(seq, topic, "{}", reason, 0.0)


@pytest.fixture
def chance() -> SecondChance:
    """Tries every 30 s; the topic of alarms is shut since second 0."""
    chance = SecondChance(30.0)
    assert chance.due(ALARM, 0.0) == NOTHING
    return chance


def test_a_shut_topic_is_tried_now_and_then(chance: SecondChance) -> None:
    """Every 30 s with its newest message, for as long as it is shut."""
    assert chance.due(ALARM, 29.0) == NOTHING
    tried = chance.due(ALARM, 30.0)
    assert tried == Offer(probes=ALARM)
    assert chance.due(ALARM, 31.0) == NOTHING
    assert chance.due(ALARM, 60.0) == tried

    assert chance.chosen(tried, [letter(9, "passage"), letter(7), letter(5)]) == (7,)


def test_everything_goes_out_once_the_topic_opens(chance: SecondChance) -> None:
    """In the order in which it was written, and nothing of other topics."""
    opened = chance.due(frozenset(), 5.0)
    assert opened == Offer(whole=ALARM)

    assert chance.chosen(opened, [letter(9, "passage"), letter(7), letter(5)]) == (5, 7)
    assert chance.due(frozenset(), 6.0) == NOTHING
    assert chance.due(ALARM, 100.0) == NOTHING
    assert chance.due(ALARM, 130.0) == Offer(probes=ALARM)


def test_a_message_refused_for_itself_does_not_go_round(chance: SecondChance) -> None:
    """It had its chance while others of its topic were taken."""
    opened = chance.due(frozenset(), 5.0)
    chance.made(opened, [letter(5)])
    chance.due(ALARM, 6.0)
    again = chance.due(frozenset(), 7.0)

    assert chance.chosen(again, [letter(8), letter(5)]) == (8,)


def test_what_costs_the_connection_stays_aside(chance: SecondChance) -> None:
    """Its size or its form will not change."""
    dead = [letter(7, reason=TOO_LARGE), letter(6, reason="connection_lost"), letter(5)]

    assert chance.chosen(Offer(ALARM, ALARM), dead) == (5,)
    assert [one.seq for one in passing(dead)] == [5]


def test_offers_add_up() -> None:
    """One that the journal did not let be made is made with the next."""
    passages = frozenset({"passage"})

    assert Offer(ALARM) | Offer(passages, ALARM) == Offer(ALARM | passages, ALARM)
    assert not NOTHING
    assert Offer(probes=ALARM)


def test_a_message_is_given_up_once(chance: SecondChance) -> None:
    """Tried again and refused, it is no further one."""
    assert chance.gave_up(5)
    assert not chance.gave_up(5)
    assert chance.gave_up(6)
