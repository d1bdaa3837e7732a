"""What the ledger reads: rows in an order of their own, numbered, the same when read again.

A source is read from a number on; it may give rows again that were entered before, and the
sequencer knows them. Nothing is written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from vision.ledger.entries import Draft, Kind
from vision.ledger.ledger import LedgerReader
from vision.outputs.journal import Journal
from vision.outputs.journal_values import LedgerRow


class SourceUnreadableError(Exception):
    """A source cannot be read right now; the others go on without it."""


class Source(Protocol):
    """Rows by rising numbers; what is written later has a higher number."""

    @property
    def name(self) -> str: ...

    def drafts(self, after: int, limit: int) -> Sequence[Draft]:
        """Those numbered higher than ``after``, in order; ``source_seq`` is the number.

        Raises SourceUnreadableError where that concerns this source alone.
        """
        ...

    def start(self, entered: int, told: int) -> int:
        """Where to begin reading: at or before what is not entered yet, whatever was restored.

        ``entered``: the highest number in the ledger. ``told``: what the journal knows of that,
        which is as old as the journal is.
        """
        ...


class JournalSource:
    """One of the journal's sources, see ``journal_ledger``. Raises JournalError."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self.name = name

    def drafts(self, after: int, limit: int) -> Sequence[Draft]:
        rows = self._journal.rows_for_ledger(self.name, after, limit)
        return [self._draft(row) for row in rows]

    def start(self, entered: int, told: int) -> int:
        """A restored journal tells an old number, and so its new rows are seen."""
        return min(entered, told)

    def _draft(self, row: LedgerRow) -> Draft:
        return Draft(
            kind=row.kind,
            ref=row.ref,
            at=row.written_at,
            content=row.content,
            subject=row.subject,
            source=self.name,
            source_seq=row.seq,
        )


class RegisterChange(Protocol):
    """A change of the register as its outbox tells it: digests, nothing that names anybody."""

    @property
    def seq(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def action(self) -> str: ...
    @property
    def subject_digest(self) -> str: ...
    @property
    def account_digest(self) -> str: ...
    @property
    def content_digest(self) -> str: ...


class RegisterSource:
    """The register's outbox; ``outbox(after, limit)`` reads it, oldest first.

    It raises SourceUnreadableError while the register cannot be read.
    """

    name = "register"

    def __init__(self, outbox: Callable[[int, int], Sequence[RegisterChange]]) -> None:
        self._outbox = outbox

    def drafts(self, after: int, limit: int) -> Sequence[Draft]:
        return [_register_draft(change, self.name) for change in self._outbox(after, limit)]

    def start(self, entered: int, told: int) -> int:
        """From its beginning: it is short, and may have been restored apart from the journal."""
        del entered, told
        return 0


def _register_draft(change: RegisterChange, name: str) -> Draft:
    content = {
        "version": change.version,
        "action": change.action,
        "subject_digest": change.subject_digest,
        "account_digest": change.account_digest,
        "content_digest": change.content_digest,
    }
    return Draft(
        kind=Kind.REGISTER_CHANGE,
        ref=f"{change.version}/{change.action}",
        at=change.at.timestamp(),
        content=json.dumps(content, separators=(",", ":")),
        source=name,
        source_seq=change.seq,
    )


class StandingSource:
    """Something that holds until it changes (the configuration, the models).

    It is entered when it is not what the ledger has newest of it; ``look`` gives it as text,
    None where it cannot be seen right now.
    """

    def __init__(
        self,
        kind: Kind,
        look: Callable[[], str | None],
        ledger: LedgerReader,
        clock: Callable[[], float],
    ) -> None:
        self.name = kind.value
        self._kind = kind
        self._look = look
        self._ledger = ledger
        self._clock = clock

    def drafts(self, after: int, limit: int) -> Sequence[Draft]:
        """At most one."""
        text = self._look()
        if text is None or limit < 1:
            return []
        digest = hashlib.sha256(text.encode()).hexdigest()
        newest = self._ledger.newest_from(self.name, after)
        if newest is not None and newest.ref == digest:
            return []
        return [
            Draft(self._kind, digest, self._clock(), text, source=self.name, source_seq=after + 1)
        ]

    def start(self, entered: int, told: int) -> int:
        """It is compared with what is in the ledger, so it begins there."""
        del told
        return entered
