"""The journal for commands that look into it or add to it, while the daemon runs or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bondwatch.failures import CommandError
from vision.config_reader import read_settings
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.outputs.nudge import Nudge
from vision.settings import Settings

_FEWEST_CHARS = 4
_LIST = "'bondwatch alarms list' shows them"


@contextmanager
def site_journal(config: Path) -> Iterator[tuple[Settings, Journal]]:
    """The site's settings and its journal. Raises CommandError with the remedy."""
    settings = read_settings(config)
    with open_journal(settings.journal_path) as journal:
        yield settings, journal


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """A journal that exists already. Raises CommandError with the remedy."""
    if not path.exists():
        raise CommandError(f"there is no journal at {path}", "run 'bondwatch run' first")
    try:
        with closing(Journal.open(path)) as journal:
            yield journal
    except JournalError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError(what, remedy or "see the log of the daemon") from error


def evidence_id(journal: Journal, start: str) -> str:
    """The one alarm with evidence whose id begins so. Raises CommandError."""
    found = journal.evidence_ids_beginning(start)
    return _the_one(found, start, "evidence of", "'bondwatch evidence list' shows what there is")


def listed_alarm_id(journal: Journal, start: str) -> str:
    """The one alarm that the journal still lists whose id begins so. Raises CommandError."""
    return _the_one(journal.ids_beginning(start), start, "alarm", _LIST)


def alarm_id(journal: Journal, start: str) -> str:
    """The one alarm whose id begins so, listed still or with evidence. Raises CommandError."""
    both = journal.evidence_ids_beginning(start) + journal.ids_beginning(start)
    return _the_one(both, start, "alarm", _LIST)


def _the_one(found: Iterable[str], start: str, what: str, remedy: str) -> str:
    if len(start) < _FEWEST_CHARS:  # a slip of two characters must not acknowledge some alarm
        raise CommandError(f"{start!r} is short for an alarm's id", "give four characters or more")
    ids = set(found)
    if not ids:
        raise CommandError(f"there is no {what} {start!r}", remedy)
    if len(ids) > 1:
        raise CommandError(f"{len(ids)} alarms begin with {start!r}", "give more of the id")
    return ids.pop()


def wake_publisher(settings: Settings) -> None:
    """Let the publisher send at once what a command has written; without one it waits."""
    with closing(Nudge(settings.run_dir)) as nudge:
        nudge.wake()
