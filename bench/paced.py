"""The bare work once more, in the daemon's rhythm instead of at a stretch.

A picture every 40 ms finds caches that others have filled meanwhile; a loop that decodes a
thousand at a stretch does not. What the same library calls cost at the daemon's moments tells
how much of the daemon's cost is rhythm, and how much is the daemon.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from av import VideoFrame


@dataclass(frozen=True, slots=True)
class Rhythm:
    """For each of so many cameras: frames decoded and looks taken, a second."""

    cameras: int
    seconds: float
    frames_a_second: float = 25.0
    looks_a_second: float = 5.0


def paced_s(
    frames: Callable[[], Iterator[VideoFrame]], look: Callable[[VideoFrame], object], rhythm: Rhythm
) -> float:
    """CPU seconds of decoding and of looking at the newest frame, both at their moments.

    ``frames``: an endless decoder, one for each camera.
    """
    players = [_Player(frames(), look, rhythm) for _ in range(rhythm.cameras)]
    began_s = time.process_time()
    threads = [threading.Thread(target=work) for one in players for work in (one.decode, one.look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.process_time() - began_s


class _Player:
    """One camera: a thread that decodes, and one that looks."""

    def __init__(
        self, frames: Iterator[VideoFrame], look: Callable[[VideoFrame], object], rhythm: Rhythm
    ) -> None:
        self._frames = frames
        self._look = look
        self._rhythm = rhythm
        self._newest: VideoFrame | None = None

    def decode(self) -> None:
        for _ in _beats(self._rhythm.frames_a_second, self._rhythm.seconds):
            self._newest = next(self._frames)

    def look(self) -> None:
        for _ in _beats(self._rhythm.looks_a_second, self._rhythm.seconds):
            if self._newest is not None:
                self._look(self._newest)


def _beats(a_second: float, seconds: float) -> Iterator[int]:
    """Yields at each moment; late ones follow at once, so none is left out."""
    began_s = time.monotonic()
    for number in count():
        due_s = began_s + number / a_second
        if due_s >= began_s + seconds:
            return
        time.sleep(max(0.0, due_s - time.monotonic()))
        yield number
