"""What the evidence thread tells the journal: whole files and gaps, in order, until it has them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from vision.logs import logger
from vision.outputs.evidence_values import EvidenceEntry
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError

RETRY_S: Final = 2.0
MOST_WAITING: Final = 10_000

_log = logger(__name__)


class EvidenceIndex:
    """For the evidence thread alone."""

    def __init__(self, open_journal: Callable[[], Journal]) -> None:
        self._open_journal = open_journal
        self._journal: Journal | None = None
        self._waiting: deque[EvidenceEntry] = deque(maxlen=MOST_WAITING)
        self._retry_s = float("-inf")

    @property
    def is_told(self) -> bool:
        """Whether the journal has everything."""
        return not self._waiting

    def tell(self, entry: EvidenceEntry) -> None:
        """Leave an entry to be written."""
        if len(self._waiting) == MOST_WAITING:
            _log.error("evidence_index_full", lost=str(self._waiting[0]))
        self._waiting.append(entry)

    def write(self) -> None:
        """Write what waits, unless the journal has refused a moment ago."""
        if not self._waiting or time.monotonic() < self._retry_s:
            return
        entries = tuple(self._waiting)
        try:
            if self._journal is None:
                self._journal = self._open_journal()
            self._journal.index_evidence(entries)
        except JournalError as error:
            _log.error("evidence_not_indexed", why=str(error), entries=len(entries))
            self._retry_s = time.monotonic() + RETRY_S
            self.close()
        else:
            for _ in entries:
                self._waiting.popleft()

    def close(self) -> None:
        """Let go of the journal; a later ``write`` opens it again."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
