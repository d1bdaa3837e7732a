"""When time stamps are asked for, kept, asked for again, and told about."""

import threading

import pytest

from tests.vision.waiting import eventually
from vision.ledger.stamp_values import TimeStampError
from vision.ledger.stamping import (
    FIRST_RETRY_S,
    HANGS_S,
    LONGEST_RETRY_S,
    TOLD_AFTER_S,
    AskingThread,
    Stamping,
)

EVERY_S = 3600.0
NOW_AT = 1_700_000_000.0


class Scripted:
    """An authority that does as it is told; ``hold`` keeps it from answering."""

    def __init__(self):
        self.refusal = None
        self.asked = []
        self.hold = threading.Event()
        self.hold.set()

    def stamp(self, checkpoint):
        self.asked.append(checkpoint.head.size)
        self.hold.wait(30.0)
        if self.refusal is not None:
            raise self.refusal
        return b"stamp over %d" % checkpoint.head.size


class Desk:
    """A stamping on the test's own clock."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.authority = Scripted()
        self.log = []
        self.now_s = 100.0
        self.thread = AskingThread(self.authority)
        self.stamping = self.anew()

    def anew(self):
        """Another, as the next process has it."""
        self.stamping = Stamping(self.thread, EVERY_S, lambda event, **_: self.log.append(event))
        return self.stamping

    def enter(self, draft):
        """An entry, and its checkpoint known outside."""
        self.ledger.given_away(self.ledger.append([draft]))

    def turn(self):
        self.stamping.turn(self.ledger, self.now_s, NOW_AT + self.now_s)

    def pass_time(self, seconds):
        """So much later, with whatever was asked answered."""
        self.now_s += seconds
        self.turn()
        if self.stamping._asked_s is not None:
            eventually(lambda: self.turn() or self.stamping._asked_s is None)

    @property
    def stamped(self):
        newest = self.ledger.newest_stamp()
        return None if newest is None else newest.size

    @property
    def problem(self):
        return self.stamping.problem(self.now_s)


@pytest.fixture
def desk(ledger):
    """A ledger whose stamps are asked for."""
    made = Desk(ledger)
    yield made
    made.authority.hold.set()
    made.stamping.close(10.0)


def test_nothing_is_asked_before_something_is_given_away(desk, draft):
    """A head that nobody outside knows is not kept either."""
    desk.ledger.append([draft(1)])
    desk.pass_time(EVERY_S)

    assert desk.authority.asked == []


def test_the_newest_checkpoint_is_stamped_and_kept(desk, draft):
    """Beside its head; an entry's first stamp is that of the first head that covers it."""
    for number in (1, 2):
        desk.enter(draft(number))
    desk.pass_time(0)
    kept = desk.ledger.stamp_over(0)

    assert desk.authority.asked == [2]
    assert (kept.size, kept.answer) == (2, b"stamp over 2")
    assert kept.checkpoint == desk.ledger.checkpoint()
    assert desk.ledger.stamp_over(2) is None


def test_the_next_waits_for_its_time_and_for_something_new(desk, draft):
    """No more often than configured, and never twice about the same; also by another process."""
    desk.enter(draft(1))
    desk.pass_time(0)
    desk.pass_time(EVERY_S * 3)
    desk.enter(draft(2))
    desk.pass_time(FIRST_RETRY_S)
    assert desk.authority.asked == [1, 2]
    desk.enter(draft(3))
    desk.pass_time(EVERY_S / 2)
    desk.anew()
    desk.pass_time(FIRST_RETRY_S)
    assert desk.authority.asked == [1, 2]
    desk.pass_time(EVERY_S / 2)

    assert desk.authority.asked == [1, 2, 3]


def test_a_clock_that_was_put_back_stops_nothing(desk, draft):
    """The stamp before seems to be from the future then."""
    desk.enter(draft(1))
    desk.pass_time(0)
    desk.enter(draft(2))
    desk.now_s += FIRST_RETRY_S
    desk.stamping.turn(desk.ledger, desk.now_s, NOW_AT - 10 * EVERY_S)
    eventually(lambda: desk.turn() or desk.stamped == 2)


def test_while_it_is_offline_the_newest_waits(desk, draft):
    """It is tried again, ever more seldom, and the stamp that comes covers all that waited."""
    desk.authority.refusal = TimeStampError("timestamp_unreachable", "gone")
    for number in range(1, 20):
        desk.enter(draft(number))
        desk.pass_time(LONGEST_RETRY_S)
    desk.pass_time(FIRST_RETRY_S)
    tries = len(desk.authority.asked)
    desk.authority.refusal = None
    desk.anew()
    desk.pass_time(LONGEST_RETRY_S)

    assert tries < 25
    assert desk.stamped == 19
    assert desk.ledger.stamp_over(0).size == 19


def test_retries_come_soon_and_then_seldom(desk, draft):
    """Twice as long each time, up to a bound."""
    desk.authority.refusal = TimeStampError("timestamp_unreachable", "gone")
    desk.enter(draft(1))
    waits, since_s = [], desk.now_s
    while len(waits) < 10:
        before = len(desk.authority.asked)
        desk.pass_time(1.0 if len(waits) < 5 else 60.0)
        if len(desk.authority.asked) > before:
            waits.append(desk.now_s - since_s)
            since_s = desk.now_s

    assert waits[1:4] == [FIRST_RETRY_S, 2 * FIRST_RETRY_S, 4 * FIRST_RETRY_S]
    assert max(waits) <= LONGEST_RETRY_S + 60.0


def test_silence_is_told_after_a_day(desk, draft):
    """The evidence is sound without it; the log says so at once, and once."""
    desk.authority.refusal = TimeStampError("timestamp_unreachable", "gone")
    desk.enter(draft(1))
    desk.pass_time(0)
    desk.pass_time(TOLD_AFTER_S - 1)
    assert desk.problem is None
    desk.pass_time(2)
    assert desk.problem == "timestamp_unreachable"
    assert desk.log == ["timestamp_fails"]
    desk.authority.refusal = None
    desk.pass_time(LONGEST_RETRY_S)

    assert desk.problem is None
    assert desk.log == ["timestamp_fails", "timestamps_come_again"]


@pytest.mark.parametrize("reason", ["timestamp_untrusted", "timestamp_wrong", "timestamp_refused"])
def test_a_wrong_answer_is_told_at_once(desk, draft, reason):
    """It does not pass by itself: somebody else answers, or the settings are wrong."""
    desk.authority.refusal = TimeStampError(reason, "no")
    desk.enter(draft(1))
    desk.pass_time(0)

    assert desk.problem == reason
    assert desk.stamped is None


def test_an_authority_that_hangs_holds_up_nobody(desk, draft):
    """The ledger's loop turns; that nothing comes is told after a day."""
    desk.authority.hold.clear()
    desk.enter(draft(1))
    desk.turn()
    desk.now_s += HANGS_S + 1
    desk.turn()
    assert desk.problem is None
    desk.now_s += TOLD_AFTER_S
    desk.turn()
    assert desk.problem == "timestamp_hangs"
    desk.stamping.close(0.0)
    desk.authority.hold.set()
    eventually(lambda: desk.turn() or desk.stamped == 1)

    assert desk.problem is None


def test_a_library_that_panics_is_an_answer_that_is_not_understood(desk, draft):
    """What its native code raises is no Exception of Python's."""
    desk.authority.refusal = KeyboardInterrupt()
    desk.enter(draft(1))
    desk.pass_time(0)
    desk.pass_time(TOLD_AFTER_S + LONGEST_RETRY_S)

    assert desk.problem == "timestamp_not_understood"
