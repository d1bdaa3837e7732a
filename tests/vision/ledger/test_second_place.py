"""The second place: the newest checkpoint and all there were, whatever the place does."""

import os
import threading

import pytest

from tests.vision.waiting import eventually
from vision.ledger.checkpoints import Head
from vision.ledger.second_place import SLOW_S, SecondPlace, copy, kept, newest_name

ORIGIN = "bondwatch/here/1"


@pytest.fixture
def checkpoint(key):
    """Makes checkpoints by their size."""
    return lambda size: key.sign(Head(ORIGIN, size, bytes(32)))


@pytest.fixture
def place(tmp_path):
    """A second place with its thread."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    made = SecondPlace(folder)
    yield made
    made.close(10.0)


def test_the_newest_and_all_of_them_lie_there(tmp_path, checkpoint):
    """One file that is replaced whole, one that only grows."""
    for size in (1, 2, 3):
        copy(checkpoint(size), tmp_path)

    assert kept(tmp_path, ORIGIN) == checkpoint(3)
    history = (tmp_path / f"{newest_name(ORIGIN)}.history").read_text()
    assert [int(line) for line in history.splitlines() if line.isdigit()] == [1, 2, 3]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "bondwatch-here-1.checkpoint",
        "bondwatch-here-1.checkpoint.history",
    ]


def test_what_is_put_is_copied(place, checkpoint):
    """By the thread, soon; and before it ends."""
    place.put(checkpoint(1))
    eventually(lambda: kept(place.folder, ORIGIN) == checkpoint(1))
    place.put(checkpoint(2))

    place.close(10.0)

    assert kept(place.folder, ORIGIN) == checkpoint(2)
    assert place.problem is None


def test_a_place_that_refuses_is_a_problem_until_it_takes(place, checkpoint):
    """The next checkpoint is tried again."""
    place.folder.rmdir()
    place.put(checkpoint(1))
    eventually(lambda: place.problem == "ledger_copy_failed")

    place.folder.mkdir()
    place.put(checkpoint(2))

    eventually(lambda: place.problem is None and kept(place.folder, ORIGIN) is not None)


def test_a_place_that_hangs_holds_up_nobody(tmp_path, checkpoint):
    """A share that answers no more is told, and nobody waits for it."""
    now_s = [0.0]
    name = newest_name(ORIGIN)
    os.mkfifo(tmp_path / f"{name}.history")
    place = SecondPlace(tmp_path, lambda: now_s[0])
    place.put(checkpoint(1))
    now_s[0] = SLOW_S + 1

    # the thread stands in ``open``, as it would on a dead share
    eventually(lambda: place.problem == "ledger_copy_hangs" or _later(now_s))
    place.put(checkpoint(2))
    place.close(0.0)

    reader = threading.Thread(target=(tmp_path / f"{name}.history").read_bytes)
    reader.start()
    reader.join(10.0)


def _later(now_s):
    now_s[0] += SLOW_S
    return False


@pytest.mark.parametrize("text", [None, "", "no checkpoint\n", "\xff" * 10])
def test_what_cannot_be_read_there_is_nothing(tmp_path, text):
    """A place that is empty, or holds something else, says nothing about the ledger."""
    if text is not None:
        (tmp_path / newest_name(ORIGIN)).write_bytes(text.encode("latin-1"))

    assert kept(tmp_path, ORIGIN) is None
