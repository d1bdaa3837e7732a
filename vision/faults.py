"""Which parts of a process do not work, told once when that changes."""

from __future__ import annotations

from collections.abc import Callable


class FaultBoard:
    """``tell`` is called with a part and its reason, or None once it works again."""

    def __init__(self, tell: Callable[[str, str | None], None]) -> None:
        self._tell = tell
        self._reasons: dict[str, str] = {}

    def put(self, what: str, reason: str | None) -> bool:
        """Say how a part is now; False, and nothing is told, where that is nothing new."""
        if self._reasons.get(what) == reason:
            return False
        if reason is None:
            del self._reasons[what]
        else:
            self._reasons[what] = reason
        self._tell(what, reason)
        return True
