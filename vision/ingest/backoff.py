"""How long to wait before the next attempt. Pure but for the random source passed in."""

from __future__ import annotations

import random


class Backoff:
    """Doubles from ``first_s`` up to ``cap_s``; each wait is drawn from its upper half.

    The draw spreads the attempts of many cameras behind one switch that came back.
    """

    def __init__(self, rng: random.Random, *, first_s: float = 0.5, cap_s: float = 10.0) -> None:
        self._rng = rng
        self._first_s = first_s
        self._cap_s = cap_s
        self._attempts = 0

    def next_s(self) -> float:
        """Seconds to wait before the next attempt."""
        full_s = min(self._cap_s, self._first_s * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        return full_s * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """An attempt has succeeded."""
        self._attempts = 0
