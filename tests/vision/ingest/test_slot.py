"""The newest-frame slot."""

from __future__ import annotations

import threading

from vision.ingest.slot import NewestFrameSlot


def test_the_newest_wins_and_the_rest_is_counted() -> None:
    """A frame that was not taken is replaced, never queued."""
    slot: NewestFrameSlot[int] = NewestFrameSlot()
    for number in range(5):
        slot.put(number)

    assert (slot.take(), slot.dropped) == (4, 4)


def test_a_frame_is_taken_once() -> None:
    """What was taken is gone; waiting for the next one ends with the time-out."""
    slot: NewestFrameSlot[int] = NewestFrameSlot()
    slot.put(1)

    assert (slot.take(), slot.take(0.01)) == (1, None)


def test_the_newest_can_be_looked_at_by_others() -> None:
    """That takes nothing from whoever the frames are for, and counts as nothing."""
    slot: NewestFrameSlot[int] = NewestFrameSlot()
    assert slot.newest is None
    slot.put(1)

    assert (slot.newest, slot.take(), slot.newest, slot.dropped) == (1, 1, 1, 0)


def test_a_waiting_consumer_is_woken() -> None:
    """A put ends the wait."""
    slot: NewestFrameSlot[int] = NewestFrameSlot()
    producer = threading.Timer(0.02, slot.put, [7])
    producer.start()

    assert slot.take(30.0) == 7
    producer.join()


def test_closing_ends_every_wait() -> None:
    """Nobody waits for a stream that is over."""
    slot: NewestFrameSlot[int] = NewestFrameSlot()
    slot.close()

    assert slot.take(30.0) is None


def test_each_frame_is_announced() -> None:
    """The callback serves consumers that wait for several cameras at once."""
    calls: list[int] = []
    slot: NewestFrameSlot[int] = NewestFrameSlot(lambda: calls.append(1))
    slot.put(1)
    slot.put(2)

    assert len(calls) == 2
