"""The sequencer: reads every source and is the ledger's only writer, so there is one order.

No loop, no process: ``turn`` does what is due. It may die at any moment. Entries and how far
sources were read are one transaction of the ledger; the journal is told later, and may be an
older one than it was, so rows can come again, and those that are entered are passed over.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping, Sequence

from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import Ledger
from vision.ledger.sources import Source, SourceUnreadableError

BATCH = 500


class Sequencer:
    """Enters what sources give. ``told``: what the journal knows of how far they were read."""

    def __init__(self, ledger: Ledger, sources: Sequence[Source], told: Mapping[str, int]) -> None:
        self._ledger = ledger
        self._sources = sources
        self.unreadable: frozenset[str] = frozenset()
        """The sources that could not be read in the last turn."""
        self._entered = ledger.positions()
        self._read = {
            one.name: one.start(self._entered.get(one.name, 0), told.get(one.name, 0))
            for one in sources
        }

    @property
    def reached(self) -> dict[str, int]:
        """How far each source has been read; all of it is in the ledger."""
        return dict(self._read)

    def turn(self) -> bool:
        """Enter what is new, at most a batch of each source; whether there may be more."""
        batches = self._batches()
        entered = dict(self._entered)
        news = [self._news(name, batch, entered) for name, batch in batches.items()]
        if any(news):
            # in the order of time, as far as sources can be compared; each keeps its own
            drafts = list(heapq.merge(*news, key=lambda draft: draft.at))
            self._ledger.append(drafts, entered)
        self._entered = entered
        for name, batch in batches.items():
            if batch:
                self._read[name] = batch[-1].source_seq
        return any(len(batch) >= BATCH for batch in batches.values())

    def _batches(self) -> dict[str, Sequence[Draft]]:
        batches: dict[str, Sequence[Draft]] = {}
        unreadable = set()
        for source in self._sources:
            try:
                batches[source.name] = source.drafts(self._read[source.name], BATCH)
            except SourceUnreadableError:
                unreadable.add(source.name)
        self.unreadable = frozenset(unreadable)
        return batches

    def _news(self, name: str, batch: Sequence[Draft], entered: dict[str, int]) -> list[Draft]:
        """Those of a batch that are not entered yet; ``entered`` goes on with them."""
        news: list[Draft] = []
        for draft in batch:
            known_to = entered.get(name, 0)
            if draft.source_seq <= known_to:
                if self._is_entered(draft):
                    continue
                news.append(self._restored(draft, known_to))
            news.append(draft)
            entered[name] = draft.source_seq
        return news

    def _is_entered(self, draft: Draft) -> bool:
        entry = self._ledger.newest_from(draft.source, draft.source_seq)
        if entry is None or (entry.kind, entry.ref) != (str(draft.kind), draft.ref):
            return False
        content = self._ledger.content(entry.number)
        # of an erased content nothing can be said but that it was this one's
        return content is None or content.text == draft.content

    def _restored(self, draft: Draft, known_to: int) -> Draft:
        """A number comes again with something else behind it: the source is an older one."""
        content = {"source": draft.source, "entered_to": known_to, "again_from": draft.source_seq}
        return Draft(
            kind=Kind.SOURCE_RESTORED,
            ref=f"{draft.source}/{draft.source_seq}",
            at=draft.at,
            content=json.dumps(content, separators=(",", ":")),
        )
