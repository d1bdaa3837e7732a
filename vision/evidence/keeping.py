"""Evidence as a worker has it: the witness, the thread that writes, the one that deletes.

Puts the real parts together from the settings; without evidence there is no witness, and nothing
runs.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from enrolment.evidence_keys import EvidenceKeys
from vision.core.values import AlarmDecision
from vision.evidence.clip_plan import ClipRules
from vision.evidence.disk import Disk
from vision.evidence.index import EvidenceIndex
from vision.evidence.key_stock import KeyStock
from vision.evidence.place import DiskHealth, Store
from vision.evidence.retaining import Retaining
from vision.evidence.witness import Witness
from vision.evidence.writer import EvidenceWriter
from vision.outputs.journal import Journal
from vision.settings import Settings


class EvidenceKeeping:
    """``with`` starts the threads and ends them."""

    def __init__(self, settings: Settings) -> None:
        self.witness: Witness | None = None
        self._writer: EvidenceWriter | None = None
        self._retaining: Retaining | None = None
        self._stock: KeyStock | None = None
        self._stack = ExitStack()
        if settings.evidence.enabled:
            self._put_together(settings)

    def _put_together(self, settings: Settings) -> None:
        wanted = settings.evidence
        rules = ClipRules(wanted.pre_roll_s, wanted.post_roll_s, wanted.longest_s)
        index = EvidenceIndex(lambda: Journal.open(settings.journal_path))
        keys = settings.register_place.keys
        if wanted.encrypt:
            self._stock = KeyStock(lambda: EvidenceKeys.open(keys))
        room_bytes = wanted.stop_below_bytes
        store = Store(
            Disk(), settings.data_dir, room_bytes, DiskHealth(), index.tell, self._stock, keys
        )
        self._writer = EvidenceWriter(store, rules, index)
        self._retaining = Retaining(settings)
        self.witness = Witness(
            self._writer, rules, lambda reference: (settings.data_dir / reference).is_file()
        )

    def __enter__(self) -> Self:
        if self._stock is not None:
            self._stack.enter_context(self._stock)
        if self._writer is not None and self._retaining is not None:
            self._stack.enter_context(self._writer)
            self._stack.enter_context(self._retaining)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def ended(self) -> bool:
        """Whether every thread has ended; a disk that hangs may keep one."""
        parts = (self._writer, self._retaining, self._stock)
        return all(part is None or part.ended for part in parts)

    def told(self, decision: AlarmDecision, alarm_id: str, raised_at: float) -> None:
        """The journal, or the publisher, has taken this alarm under this id."""
        if self._writer is not None:
            self._writer.told(decision, alarm_id, raised_at)
