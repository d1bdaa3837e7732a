"""Waiting for the ledger to catch up, for commands about one alarm."""

from __future__ import annotations

import time
from collections.abc import Callable

CATCH_UP_S = 5.0
"""The ledger's writer turns twice a second; where none runs, nothing will come."""

_LOOK_EVERY_S = 0.25


def patience(within_s: float = CATCH_UP_S) -> Callable[[], bool]:
    """Waits a moment at each call, and is false once the time is over."""
    until_s = time.monotonic() + within_s

    def wait() -> bool:
        time.sleep(_LOOK_EVERY_S)
        return time.monotonic() < until_s

    return wait
