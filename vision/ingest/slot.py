"""Where a stream's newest frame waits for whoever is free to look at it.

One place, newest wins: a slow consumer never builds a backlog and never holds up the camera.
What was replaced unseen is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestFrameSlot(Generic[T]):
    """``on_put`` is called, in the producer's thread, after each new frame: keep it short."""

    def __init__(self, on_put: Callable[[], None] | None = None) -> None:
        self._changed = threading.Condition()
        self._frame: T | None = None
        self._newest: T | None = None
        self._closed = False
        self._dropped = 0
        self._on_put = on_put

    @property
    def dropped(self) -> int:
        """How many frames were replaced before anybody took them."""
        with self._changed:
            return self._dropped

    @property
    def newest(self) -> T | None:
        """The frame that was put last, whether it was taken or not; None before the first."""
        with self._changed:
            return self._newest

    def put(self, frame: T) -> None:
        """Leave a frame, in place of the one that may still be there."""
        with self._changed:
            self._dropped += self._frame is not None
            self._frame = self._newest = frame
            self._changed.notify()
        if self._on_put is not None:
            self._on_put()

    def take(self, timeout_s: float = 0.0) -> T | None:
        """The newest frame, once; None where none comes in time or the slot is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._closed, timeout_s)
            frame, self._frame = self._frame, None
            return frame

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
