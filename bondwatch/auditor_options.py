"""What auditors give on the command line, key and checkpoints, and how a verdict ends a command.

Shared by everything that verifies: `bondwatch ledger verify`, `verify` and `evidence verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.failures import CommandError, Status
from vision.ledger.checkpoints import Checkpoint
from vision.ledger.ledger import LedgerReader
from vision.ledger.ledger_errors import LedgerError
from vision.ledger.signed_notes import MAX_NOTE_BYTES, NoteError, Verifier
from vision.ledger.verdicts import Finding, State

MOST_BYTES = 16 * 1024 * 1024
"""A file of so many checkpoints is a month of one a minute, and more."""

KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="PUB", help="The node's public key, or a file that holds it."),
]
CheckpointOption = Annotated[
    Path | None,
    typer.Option("--checkpoint", metavar="FILE", help="A checkpoint that was kept elsewhere."),
]
CheckpointsOption = Annotated[
    Path | None,
    typer.Option("--checkpoint", metavar="FILE", help="One or many, kept elsewhere."),
]


def read_key(text: str | None) -> Verifier | None:
    """A key, or the one in a file. Raises CommandError."""
    if text is None:
        return None
    try:
        return Verifier.parse(_start_of(Path(text), MAX_NOTE_BYTES) if _is_file(text) else text)
    except NoteError as error:
        remedy = "give what 'bondwatch ledger keys' shows, or a file with it"
        raise CommandError(f"--key: {error}", remedy, Status.USAGE) from error


def read_checkpoint(path: Path | None) -> Checkpoint | None:
    """The checkpoint in a file. Raises CommandError."""
    if path is None:
        return None
    try:
        return Checkpoint.parse(_start_of(path, MAX_NOTE_BYTES))
    except NoteError as error:
        remedy = "give a checkpoint as it was published"
        raise CommandError(f"{path}: {error}", remedy, Status.USAGE) from error


def read_checkpoints(path: Path | None) -> tuple[Checkpoint, ...]:
    """Every checkpoint in a file: one, a history of them, or lines of MQTT. CommandError."""
    if path is None:
        return ()
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        remedy = "give the part of it from around the alarm"
        raise CommandError(f"{path} is larger than {MOST_BYTES} bytes", remedy, Status.USAGE)
    try:
        found = tuple(map(Checkpoint.parse, _each(_start_of(path, MOST_BYTES))))
    except NoteError as error:
        remedy = "give checkpoints as they were published"
        raise CommandError(f"{path}: {error}", remedy, Status.USAGE) from error
    if not found:
        raise CommandError(f"{path} holds no checkpoint", "give another file", Status.USAGE)
    return found


def _each(text: str) -> list[str]:
    """The checkpoints of a file: MQTT's are a line each, notes are two parts each."""
    if text.lstrip().startswith("{"):
        return [line for line in text.splitlines() if line.strip()]
    parts = [part for part in text.split("\n\n") if part.strip()]
    pairs = zip(parts[::2], [*parts[1::2], ""], strict=False)
    return [f"{head.lstrip()}\n\n{below.rstrip()}\n" for head, below in pairs]


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False  # no name that a file can have


def _start_of(path: Path, most: int) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(most)


def end(state: State) -> None:
    """End the command with a verdict's exit status."""
    if state in (State.UNVERIFIED, State.UNPROVEN):
        raise typer.Exit(Status.UNVERIFIED)
    if state is not State.INTACT:
        raise typer.Exit(Status.FAILED)


def told(findings: Sequence[Finding]) -> list[str]:
    """Findings for people, a line each."""
    return [f"  {one.state.value}: {plain(one.what)}" for one in findings]


def plain(text: str) -> str:
    """What a hostile file says must not move a terminal's cursor."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def fields(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Findings for programs."""
    return [{"state": one.state.value, "what": one.what} for one in findings]


@contextmanager
def opened_ledger(path: Path) -> Iterator[LedgerReader]:
    """A ledger that exists already. Raises CommandError with the remedy."""
    if not path.exists():
        raise CommandError(f"there is no ledger at {path}", "run 'bondwatch run' first")
    try:
        with closing(LedgerReader.open(path)) as reader:
            yield reader
    except LedgerError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError(what, remedy or "see the log of the daemon") from error
