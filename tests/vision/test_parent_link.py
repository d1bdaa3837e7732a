"""The child's end of the line, over real pipes."""

import os
import subprocess
import sys
import threading

import pytest

from vision.child_protocol import Assign, Beat, Degraded, Ready, Stop, encode, parse_report
from vision.parent_link import ORPHAN_EXIT_CODE, ParentLink

PATIENCE_S = 20.0


@pytest.fixture
def pipes():
    """``(orders in, orders out, reports in, reports out)``; the link owns the first and last."""
    orders_in, orders_out = os.pipe()
    reports_in, reports_out = os.pipe()
    ours = {orders_out, reports_in}
    yield orders_in, orders_out, reports_in, reports_out, ours
    for descriptor in ours:
        os.close(descriptor)


def reports_in_pipe(descriptor):
    """Everything that has been reported so far."""
    return [parse_report(line) for line in os.read(descriptor, 65536).splitlines()]


def test_the_newest_assignment_is_given_once(pipes):
    """Only the newest assignment counts, and it is taken once."""
    orders_in, orders_out, _, reports_out, _ = pipes
    os.write(orders_out, encode(Assign(("a",))) + encode(Assign(("a", "b"))))
    told = threading.Semaphore(0)

    with ParentLink(orders_in, reports_out, on_news=told.release) as link:
        assert all(told.acquire(timeout=PATIENCE_S) for _ in range(2))
        assert link.next_assignment() == ("a", "b")
        assert link.next_assignment() is None


def test_stop_is_seen(pipes):
    """An order to stop wakes whoever waits for an assignment, garbage before it or not."""
    orders_in, orders_out, _, reports_out, _ = pipes

    with ParentLink(orders_in, reports_out) as link:
        os.write(orders_out, b"garbage\n" + encode(Stop()))
        assert link.next_assignment(PATIENCE_S) is None
        assert link.stopping


def test_a_vanished_supervisor_stops_the_child(pipes):
    """The end of stdin is an order to end."""
    orders_in, orders_out, _, reports_out, ours = pipes

    with ParentLink(orders_in, reports_out) as link:
        ours.remove(orders_out)
        os.close(orders_out)
        assert link.next_assignment(PATIENCE_S) is None
        assert link.stopping


def test_reports_arrive_and_beats_are_spaced(pipes):
    """Beats of every turn become one a second; nothing else is held back."""
    orders_in, _, reports_in, reports_out, _ = pipes

    with ParentLink(orders_in, reports_out) as link:
        link.ready()
        for _ in range(100):
            link.beat()
        link.degraded("models", "wrong_digest")

        assert reports_in_pipe(reports_in) == [
            Ready(),
            Beat(),
            Degraded("models", "wrong_digest"),
        ]


def test_a_full_pipe_does_not_block_and_keeps_what_matters(pipes):
    """While the supervisor does not read, the main loop runs on; beats are dropped only."""
    orders_in, _, reports_in, reports_out, _ = pipes
    os.set_blocking(reports_out, False)
    filled = 0
    for chunk in (b"x" * 4095 + b"\n", b"\n"):
        try:
            while True:
                filled += os.write(reports_out, chunk)
        except BlockingIOError:
            continue

    with ParentLink(orders_in, reports_out) as link:
        link.ready()
        while filled > 0:
            filled -= len(os.read(reports_in, filled))
        link.beat()

        assert reports_in_pipe(reports_in) == [Ready(), Beat()]


def test_a_broken_pipe_is_survived(pipes):
    """Reporting to a supervisor that is gone raises nothing."""
    orders_in, _, reports_in, reports_out, ours = pipes
    ours.remove(reports_in)
    os.close(reports_in)

    with ParentLink(orders_in, reports_out) as link:
        link.ready()
        link.beat()
        link.close()
        link.degraded("models", None)


def test_an_orphan_that_hangs_ends_the_hard_way():
    """A child that does not end after its supervisor vanished is ended by its own link."""
    script = (
        "import os, time\n"
        "from vision.parent_link import ParentLink\n"
        "with ParentLink(os.dup(0), os.dup(1), orphan_ends_s=0.1):\n"
        "    time.sleep(600)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)

    child.stdin.close()

    assert child.wait(PATIENCE_S) == ORPHAN_EXIT_CODE


def test_what_a_library_prints_does_not_touch_the_line():
    """Over stdio the link takes descriptor 1 away: prints land on stderr, reports on stdout."""
    script = (
        "import os\n"
        "from vision.parent_link import ParentLink\n"
        "with ParentLink.over_stdio() as link:\n"
        "    os.write(1, b'printed by a library')\n"
        "    print('printed by us', flush=True)\n"
        "    link.ready()\n"
        "    assert os.read(0, 10) == b''\n"
    )
    run = [sys.executable, "-c", script]
    done = subprocess.run(run, check=False, input=b"", capture_output=True, timeout=PATIENCE_S)

    assert (done.returncode, done.stdout) == (0, encode(Ready()))
    assert b"printed by a library" in done.stderr
    assert b"printed by us" in done.stderr
