"""Waiting in tests: poll with a deadline that slow machines meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 40.0


def eventually(condition: Callable[[], T], within_s: float = DEADLINE_S) -> T:
    """Poll until the condition holds; its value is returned."""
    deadline_s = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline_s, "it did not come true in time"
        time.sleep(0.01)
    return value
