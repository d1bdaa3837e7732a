"""The log off the loop, over real handlers and a real pipe."""

import contextlib
import logging
import os
from contextlib import closing

import pytest

from vision.supervision.log_thread import LogThread

PATIENCE_S = 20.0


@pytest.fixture
def pipe():
    """A pipe that nobody reads, and a logger that writes into it."""
    read_end, write_end = os.pipe()
    logger = logging.Logger("test")
    stream = os.fdopen(write_end, "w")
    with closing(stream):
        logger.handlers = [logging.StreamHandler(stream)]
        yield read_end, logger


def test_lines_arrive_in_order(pipe):
    """What was logged before the end is written by the end, and the handlers are back."""
    read_end, logger = pipe
    handlers = logger.handlers
    thread = LogThread(logger)

    for number in range(100):
        logger.info("line %d", number)

    assert thread.close(PATIENCE_S)
    assert os.read(read_end, 65536).decode().splitlines() == [f"line {n}" for n in range(100)]
    assert logger.handlers == handlers
    os.close(read_end)


def test_a_level_of_a_handler_is_kept(pipe):
    """A handler that wants errors only gets no others."""
    read_end, logger = pipe
    logger.handlers[0].setLevel(logging.ERROR)
    thread = LogThread(logger)

    logger.info("no")
    logger.error("yes")

    assert thread.close(PATIENCE_S)
    assert os.read(read_end, 65536) == b"yes\n"
    os.close(read_end)


def test_a_reader_that_does_not_read_stops_nobody(pipe):
    """With the pipe full, logging goes on; lines beyond the queue are lost and counted."""
    read_end, logger = pipe
    thread = LogThread(logger, most_waiting=10)

    for _ in range(100):
        logger.info("x" * 10_000)

    assert thread.lost > 50
    assert not thread.close(0.0)
    os.set_blocking(read_end, False)
    while thread._thread.is_alive():
        with contextlib.suppress(BlockingIOError):  # it has not written on yet
            os.read(read_end, 65536)
    os.close(read_end)
