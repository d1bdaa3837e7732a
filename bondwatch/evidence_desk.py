"""What commands about one alarm share: finding it, and waiting for the ledger to catch up."""

from __future__ import annotations

import time
from collections.abc import Callable

from bondwatch.failures import CommandError
from vision.outputs.journal import Journal

CATCH_UP_S = 5.0
"""The ledger's writer turns twice a second; where none runs, nothing will come."""

_LOOK_EVERY_S = 0.25


def alarm_named(journal: Journal, start: str) -> str:
    """The one alarm whose id begins so, with evidence or without. Raises CommandError."""
    found = set(journal.evidence_ids_beginning(start) + journal.ids_beginning(start))
    if not start or not found:
        raise CommandError(f"there is no alarm {start!r}", "'bondwatch alarms list' shows them")
    if len(found) > 1:
        raise CommandError(f"{len(found)} alarms begin with {start!r}", "give more of the id")
    return found.pop()


def patience(within_s: float = CATCH_UP_S) -> Callable[[], bool]:
    """Waits a moment at each call, and is false once the time is over."""
    until_s = time.monotonic() + within_s

    def wait() -> bool:
        time.sleep(_LOOK_EVERY_S)
        return time.monotonic() < until_s

    return wait
