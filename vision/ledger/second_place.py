"""The second place: checkpoints copied to where the site wants them (a share, another disk).

A copy may hang for as long as a network does, so it is made in a thread of its own. What lies
there is read once at the beginning, and nothing there is ever made older.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from vision.ledger.checkpoints import Checkpoint
from vision.ledger.signed_notes import MAX_NOTE_BYTES, NoteError

SLOW_S = 30.0
"""A copy under way for so long is called failing."""


def newest_name(origin: str) -> str:
    """The file with a ledger's newest checkpoint; ``.history`` beside it holds all of them."""
    return f"{origin.replace('/', '-')}.checkpoint"


class SecondPlace:
    """A folder. ``problem`` is the reason code of what is wrong with it, None where nothing is."""

    def __init__(self, folder: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._monotonic = monotonic
        self._waiting: Checkpoint | None = None
        self._begun_s: float | None = None
        self._failure: str | None = None
        self._closed = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="second-place", daemon=True)
        self._thread.start()

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def problem(self) -> str | None:
        with self._news:
            if self._begun_s is not None and self._monotonic() - self._begun_s > SLOW_S:
                return "ledger_copy_hangs"
            return self._failure

    def put(self, checkpoint: Checkpoint) -> None:
        """Copy a checkpoint soon; one that still waits is overtaken by it."""
        with self._news:
            self._waiting = checkpoint
            self._news.notify_all()

    def close(self, within_s: float) -> None:
        """End the thread, once what waits is copied or the time is over."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._thread.join(within_s)

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting is not None or self._closed)
                checkpoint, self._waiting = self._waiting, None
                self._begun_s = self._monotonic()
            failure = None
            if checkpoint is not None:
                try:
                    copy(checkpoint, self._folder)
                except OSError:
                    failure = "ledger_copy_failed"
            with self._news:
                self._begun_s, self._failure = None, failure
                if self._closed and self._waiting is None:
                    return


def kept(folder: Path, origin: str) -> Checkpoint | None:
    """The newest checkpoint of a ledger that lies there; None where none can be read."""
    try:
        with (folder / newest_name(origin)).open(encoding="utf-8") as file:
            return Checkpoint.parse(file.read(MAX_NOTE_BYTES))
    except (OSError, UnicodeDecodeError, NoteError):
        return None


def copy(checkpoint: Checkpoint, folder: Path) -> None:
    """Add a checkpoint to the history and make it the newest. Raises OSError."""
    name = newest_name(checkpoint.head.origin)
    with (folder / f"{name}.history").open("a", encoding="utf-8") as history:
        history.write(f"{checkpoint}\n")
        _sync(history.fileno(), history.flush)
    part = folder / f".{name}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(str(checkpoint))
        _sync(file.fileno(), file.flush)
    part.replace(folder / name)


def _sync(descriptor: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)
