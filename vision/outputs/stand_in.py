"""The publisher's journal, or one in memory for as long as that cannot be opened.

A publisher without a journal could carry no alarm at all, just when workers hand over theirs
because they cannot write them down. With a stand-in those go out; who handed them over
journals them later. Opening and waiting only; what is published is ``publisher``'s.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError

TRY_EVERY_S = 2.0

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 -- a directory of our own is made in it


@dataclass(slots=True)
class Opened:
    """The journal to publish from, and whether it is the real one."""

    journal: Journal
    _real: Path
    _busy_s: float
    _monotonic: Callable[[], float]
    is_stand_in: bool
    try_at_s: float = float("-inf")

    def has_served(self) -> bool:
        """Whether it is a stand-in, and the real journal can be opened again."""
        now_s = self._monotonic()
        if not self.is_stand_in or now_s < self.try_at_s:
            return False
        self.try_at_s = now_s + TRY_EVERY_S
        try:
            Journal.open(self._real, busy_s=self._busy_s).close()
        except JournalError:
            return False
        return True


@contextmanager
def opened(
    path: Path,
    busy_s: float,
    monotonic: Callable[[], float],
    refused: Callable[[JournalError], None],
) -> Iterator[Opened]:
    """The journal; or a stand-in, and then ``refused`` is called with the reason."""
    try:
        journal = Journal.open(path, busy_s=busy_s)
    except JournalError as error:
        refused(error)
    else:
        with closing(journal):
            yield Opened(journal, path, busy_s, monotonic, is_stand_in=False)
        return
    where = _IN_MEMORY if _IN_MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="bondwatch-", dir=where) as folder,
        closing(Journal.open(Path(folder) / path.name, busy_s=busy_s)) as stand_in,
    ):
        found = Opened(stand_in, path, busy_s, monotonic, is_stand_in=True)
        found.try_at_s = monotonic() + TRY_EVERY_S
        yield found
