"""The frame of whatever has one thread of its own, which ``with`` starts and ends.

Here belongs starting it, waiting for its end for a bounded time only, and telling whether it
lives. What it does, and how it learns that it shall end, is each owner's.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class OwnThread(ABC):
    """``with`` starts the thread and, at the end, asks it to end and joins it.

    A thread that hangs is waited for no longer than ``end_within_s``: whoever closes it has other
    things to close.
    """

    def __init__(self, name: str, end_within_s: float) -> None:
        self._end_within_s = end_within_s
        self._thread = threading.Thread(target=self._run, name=name)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ask_to_end()
        self._thread.join(self._end_within_s)

    @property
    def ended(self) -> bool:
        """Whether the thread has ended, or was never started."""
        return not self._thread.is_alive()

    @property
    def _began_and_ended(self) -> bool:
        return self._thread.ident is not None and self.ended

    @abstractmethod
    def _run(self) -> None:
        """What the thread does, until it is asked to end."""

    @abstractmethod
    def _ask_to_end(self) -> None:
        """Let the thread know, from another one, and return at once."""
