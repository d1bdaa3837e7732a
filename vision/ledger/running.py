"""Putting the ledger together from the settings, and keeping it until it is told to stop.

What fails is told and tried again with everything opened anew: the ledger waits for the disk,
and nothing waits for the ledger.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

from models.entries import Role
from models.errors import ModelError
from models.manifest import read_manifest
from vision.kept_config import KeptConfig
from vision.ledger import outlook
from vision.ledger.entries import Kind
from vision.ledger.erasing import Erasures, Forgetting
from vision.ledger.ledger import Ledger, LedgerReader
from vision.ledger.ledger_errors import LedgerError
from vision.ledger.node_key import NodeKey
from vision.ledger.outlook import Outlook, Site
from vision.ledger.second_place import SecondPlace
from vision.ledger.sequencer import Sequencer
from vision.ledger.sources import JournalSource, Source, StandingSource
from vision.ledger.stamping import AskingThread, Stamping
from vision.outputs import journal_ledger
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.settings import LedgerSettings, ModelSettings, Settings

TURN_S = 0.5
RETRY_S = 1.0
LEAVE_WITHIN_S = 1.0

LEDGER, COPY, BEFORE, SOURCE = "ledger", "ledger_copy", "ledger_before", "ledger_source"
STAMPS = "ledger_timestamps"
"""The parts that are reported as failing or well."""

Log = Callable[..., None]


class Supervision(Protocol):
    """Who wants to know how it goes."""

    def turned(self) -> None:
        """The loop turns."""

    def failing(self, what: str, reason: str | None) -> None:
        """A part fails for a reason, or with None works; called when that changes."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One ledger that is open, and what is done with it again and again."""

    journal: Journal
    ledger: Ledger
    sequencer: Sequencer
    outlook: Outlook
    forgetting: Forgetting | None

    def turn(self) -> bool:
        """Enter what is new, and give a checkpoint away where one is due; whether there is more."""
        is_more = self.sequencer.turn()
        if self.forgetting is not None:
            self.forgetting.turn()
        self.outlook.turn(self.sequencer.reached, time.monotonic(), time.time())
        return is_more

    def leave(self) -> None:
        """Enter what the others have left behind, and give the last checkpoint away."""
        until_s = time.monotonic() + LEAVE_WITHIN_S
        while self.sequencer.turn() and time.monotonic() < until_s:
            pass
        if self.forgetting is not None:
            self.forgetting.turn()
        self.outlook.turn(self.sequencer.reached, float("inf"), time.time())


class LedgerKeeping:
    """The ledger of a site; ``run`` it in one thread.

    ``more``: sources beside the journal. ``erasures``: whom the ledger has to forget.
    """

    def __init__(
        self,
        settings: Settings,
        config: KeptConfig,
        supervision: Supervision,
        log: Log,
        more: Sequence[Source] = (),
        erasures: Erasures | None = None,
    ) -> None:
        self._settings = settings
        self._config = config
        self._supervision = supervision
        self._log = log
        self._more = more
        self._erasures = erasures
        self._said: dict[str, str | None] = {}
        folder = settings.ledger.copy_to
        self._place = None if folder is None else SecondPlace(folder)
        self._stamping = _stamping(settings.ledger, log)

    def run(self, stop: threading.Event) -> None:
        """Keep the ledger until ``stop`` is set; then enter and give away what is left."""
        while not stop.is_set():
            try:
                with self._opened() as work:
                    self._work(work, stop)
            except LedgerError as error:
                self._failed(error.code, error, stop)
            except JournalError as error:
                self._failed("ledger_without_journal", error, stop)
        for helper in (self._place, self._stamping):
            if helper is not None:
                helper.close(LEAVE_WITHIN_S)

    def _work(self, work: _Work, stop: threading.Event) -> None:
        while not stop.is_set():
            work.journal.demand_in_place()
            is_more = work.turn()
            self._say(LEDGER, None)
            unreadable = work.sequencer.unreadable
            self._say(SOURCE, f"{min(unreadable)}_unreadable" if unreadable else None)
            self._look_at_the_copy()
            self._look_at_the_stamps(work.ledger)
            self._supervision.turned()
            if not is_more:
                stop.wait(TURN_S)
        work.leave()

    def _failed(self, code: str, error: Exception, stop: threading.Event) -> None:
        if self._said.get(LEDGER) != code:
            self._log("ledger_fails", reason=code, why=str(error))
        self._say(LEDGER, code)
        self._look_at_the_copy()
        self._supervision.turned()
        stop.wait(RETRY_S)

    def _look_at_the_copy(self) -> None:
        if self._place is not None:
            self._say(COPY, self._place.problem)

    def _look_at_the_stamps(self, ledger: Ledger) -> None:
        if self._stamping is not None:
            now_s = time.monotonic()
            self._stamping.turn(ledger, now_s, time.time())
            self._say(STAMPS, self._stamping.problem(now_s))

    def _say(self, what: str, reason: str | None) -> None:
        if what not in self._said or self._said[what] != reason:
            self._said[what] = reason
            self._supervision.failing(what, reason)

    @contextmanager
    def _opened(self) -> Iterator[_Work]:
        settings = self._settings
        key = NodeKey.load_or_make(settings.ledger_key_path)
        with (
            closing(Journal.open(settings.journal_path)) as journal,
            closing(Ledger.open_for_writing(settings.ledger_path, settings.site_id, key)) as ledger,
        ):
            told = journal.ledger_mark()
            outlook.demand_no_step_back(ledger, told, outlook.kept_checkpoint(ledger, self._place))
            verifier = str(key.verifier(ledger.origin or ""))
            if outlook.begin(ledger, told, verifier, time.time()):
                # it stands until the next process, however well this one does
                self._say(BEFORE, "ledger_begun_anew")
            is_own = told is not None and told.origin == ledger.origin
            sources = self._sources(journal, ledger)
            sequencer = Sequencer(ledger, sources, told.positions if told and is_own else {})
            site = Site(settings.site_id, settings.ledger.checkpoint_s)
            outlooking = Outlook(ledger, journal, self._place, site)
            forgetting = Forgetting(ledger, self._erasures) if self._erasures else None
            yield _Work(journal, ledger, sequencer, outlooking, forgetting)

    def _sources(self, journal: Journal, ledger: LedgerReader) -> Sequence[Source]:
        """Everything that feeds the ledger."""
        # the manifest belongs to the program; it is read once, for it takes a while
        models = models_in_use(self._settings.models)
        standing = (
            (Kind.CONFIGURATION, self._config.text),
            (Kind.MODELS, lambda: models),
        )
        return [
            *(StandingSource(kind, look, ledger, time.time) for kind, look in standing),
            *(JournalSource(journal, name) for name in journal_ledger.SOURCES),
            *self._more,
        ]


def _stamping(chosen: LedgerSettings, log: Log) -> Stamping | None:
    """What gets time stamps; None where nobody wants any."""
    if chosen.timestamp_url is None:
        return None
    # native, and so loaded only where it is wanted
    from vision.ledger.time_authority import TimeAuthority  # noqa: PLC0415

    authority = TimeAuthority(chosen.timestamp_url, chosen.timestamp_ca_file)
    return Stamping(AskingThread(authority), chosen.timestamp_every_s, log)


def models_in_use(chosen: ModelSettings) -> str | None:
    """The models that judge, each with the digest that its file is held to; None if unknown."""
    try:
        entries = read_manifest().entries
    except ModelError:
        return None
    names = {role: getattr(chosen, role.value) for role in Role}
    found = {
        role.value: {"name": name, "sha256": entries[name].sha256}
        for role, name in names.items()
        if name in entries
    }
    return json.dumps(found, separators=(",", ":"), sort_keys=True)
