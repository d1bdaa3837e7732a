"""A child for the supervisor's tests: beats, and misbehaves as a file tells it to.

``supervised_child.py FOLDER publisher`` (or ``ledger``) or ``... FOLDER --worker ID``. What it
does stands in ``FOLDER/behaviour/NAME``; it hangs once ``FOLDER/hang/NAME`` is there.
"""

import json
import os
import sys
import time
from pathlib import Path

from vision.parent_link import ParentLink

FOLDER, NAME = Path(sys.argv[1]), sys.argv[-1]


def behaviour():
    """What this child is told to do."""
    path = FOLDER / "behaviour" / NAME
    return path.read_text() if path.exists() else ""


def note(**facts):
    """Leave a line for the test."""
    with (FOLDER / "notes").open("a") as notes:
        notes.write(json.dumps({"child": NAME, "pid": os.getpid(), **facts}) + "\n")


def work(link):
    """One turn of a main loop."""
    hang = FOLDER / "hang" / NAME
    if hang.exists():
        hang.unlink()
        time.sleep(600)
    cameras = link.next_assignment(0.02)
    if cameras is not None:
        note(event="assign", cameras=list(cameras))
    link.beat()


def main():
    """Begin as told, then work until the order to stop."""
    note(event="start")
    does = behaviour()
    if does == "crash":
        sys.exit(3)
    if does == "spam":
        os.write(1, b"garbage of a library\n" * 5000)
    with ParentLink.over_stdio() as link:
        if does == "slow":
            time.sleep(2)
        if does == "degraded":
            link.degraded("models", "wrong_digest")
        link.ready()
        while not link.stopping or does == "deaf":
            work(link)
        note(event="stop")


main()
