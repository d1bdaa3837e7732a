"""The site's own signing key, for commands that sign or show its public half.

Apart from what auditors need, whose commands start faster without it.
"""

from __future__ import annotations

from bondwatch.failures import CommandError
from vision.ledger.ledger_errors import LedgerError
from vision.ledger.node_key import NodeKey
from vision.settings import Settings


def own_key(settings: Settings) -> NodeKey:
    """The site's own key. Raises CommandError with the remedy."""
    path = settings.ledger_key_path
    if not path.exists():
        raise CommandError(f"there is no key at {path}", "run 'bondwatch run' first")
    try:
        return NodeKey.load_or_make(path)
    except LedgerError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError(what, remedy or "see the file") from error
