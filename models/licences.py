"""Who accepted which licence when: one line a time, beside the weights that it let in.

Here belongs the record. Whether a licence needs accepting is the manifest's.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from models.entries import ModelEntry

FILE_NAME = "accepted-licences.jsonl"


def record_acceptance(into: Path, pack: str, entries: Iterable[ModelEntry]) -> Path:
    """Notes, synced to disk, that this account accepts the licences of a pack's entries."""
    into.mkdir(parents=True, exist_ok=True)
    path = into / FILE_NAME
    line = {
        "accepted_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "account": account(),
        "pack": pack,
        "licences": {entry.name: entry.licence for entry in entries},
    }
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return path


def account() -> str:
    """The account that runs this and, behind sudo, the one that called it."""
    try:
        own = getpass.getuser()
    except (KeyError, OSError):
        own = f"uid {os.getuid()}"  # a container's account need not have a name
    behind = os.environ.get("SUDO_USER")
    return f"{own} (for {behind})" if behind and behind != own else own
