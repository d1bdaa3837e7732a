"""The supervisor's way to the publisher beside the journal: a nudge, or an undurable alarm."""

from __future__ import annotations

import time
from pathlib import Path

from vision.core.values import AlarmDecision
from vision.outputs.handing_over import handed_over
from vision.outputs.journal_values import CommitContext
from vision.outputs.nudge import Nudge


class PublisherLine:
    """Sends over the nudge socket; never waits, safe to use from several threads."""

    def __init__(self, run_dir: Path) -> None:
        self._nudge = Nudge(run_dir)

    def hand_over(self, decision: AlarmDecision, site: str) -> str | None:
        """Send an alarm undurably; the id it went out under, None where nobody took it."""
        handed = handed_over(decision, CommitContext(site), time.time())
        return handed.alarm_id if self._nudge.hand_over(handed) else None

    def wake(self) -> None:
        """There is something new in the journal."""
        self._nudge.wake()

    def close(self) -> None:
        self._nudge.close()
