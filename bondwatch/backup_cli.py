"""`bondwatch backup` and `bondwatch restore`: the journal and the register in one file."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.archive import ArchiveError, Member, back_up
from bondwatch.archive import restore as restore_archive
from bondwatch.failures import CommandError
from enrolment.key_rotation import key_store_exists
from enrolment.places import KeyPlace, RegisterPlace, SqliteFile
from enrolment.register import Register
from enrolment.register_errors import RegisterError
from vision.config_reader import read_settings
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.outputs.nudge import publisher_runs
from vision.settings import Settings
from vision.supervision.data_dir import DataDirError, DataDirLock

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
DEFAULT_CONFIG = Path("config.yaml")


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new .tar file.")],
    *,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy the journal and the register into one file; the daemon may be running.

    The keys are not in it ('bondwatch keys backup'): without them its faces cannot be read.
    """
    settings = read_settings(config)
    try:
        members = back_up(_databases(settings), target, datetime.now(UTC))
    except ArchiveError as error:
        raise _told(error) from error
    _say("backed up", members, target, as_json=as_json)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Put aside what is there.")] = False,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Put a backup's journal and register in place; the daemon must not be running."""
    settings = read_settings(config)
    try:
        with closing(DataDirLock(settings.data_dir, orphans_wait_s=0.0)):
            if settings.run_dir.exists() and publisher_runs(settings.run_dir):
                raise CommandError("a publisher is running", "end the daemon first")
            keys = settings.register_place.keys
            accept = {
                "journal.db": _accept_journal,
                "register.db": lambda path: _accept_register(path, keys),
            }
            members = restore_archive(source, _databases(settings), force=force, accept=accept)
            _forget_destroyed(settings)
            closed = _without_keys(settings)
    except DataDirError as error:
        raise CommandError(error.what, "end the daemon first") from error
    except ArchiveError as error:
        raise _told(error) from error
    _say("restored", members, source, as_json=as_json)
    if closed:
        keys_first = "put their keys back with 'bondwatch keys restore', before 'keys init'"
        typer.echo(f"{closed} people in it cannot be recognised yet: {keys_first}.", err=True)


def _databases(settings: Settings) -> dict[str, Path]:
    """The files; a register on a server is its administrator's to back up."""
    journal = {"journal.db": settings.journal_path}
    if settings.register.url is not None:
        return journal
    return {**journal, "register.db": settings.register_path}


def _accept_journal(path: Path) -> None:
    try:
        Journal.open(path).close()
    except JournalError as error:
        raise ArchiveError(str(error)) from error


def _accept_register(path: Path, keys: KeyPlace | None) -> None:
    try:
        Register.open(RegisterPlace(SqliteFile(path), keys)).close()
    except RegisterError as error:
        raise ArchiveError(str(error)) from error


def _forget_destroyed(settings: Settings) -> None:
    """Whoever was erased since the backup was made stays erased."""
    keys = settings.register_place.keys
    if keys is None or not (settings.register_path.exists() and key_store_exists(keys)):
        return
    with Register.open(settings.register_place) as register:
        for staff_id in register.forget_destroyed():
            typer.echo(f"{staff_id} was erased since; erased again.", err=True)


def _without_keys(settings: Settings) -> int:
    """How many people have faces on a machine that has no keys at all yet."""
    keys = settings.register_place.keys
    if keys is None or key_store_exists(keys) or not settings.register_path.exists():
        return 0
    with Register.open_for_reading(settings.register_place) as register:
        return len(register.template_counts())


def _told(error: ArchiveError) -> CommandError:
    what, _, remedy = str(error).partition("; ")
    return CommandError(what, remedy or "choose another file")


def _say(done: str, members: tuple[Member, ...], file: Path, *, as_json: bool) -> None:
    if as_json:
        rows = [{"name": m.name, "bytes": m.size_bytes, "sha256": m.sha256} for m in members]
        typer.echo(json.dumps({"file": str(file), "databases": rows}))
        return
    for member in members:
        typer.echo(f"{done}: {member.name}, {member.size_bytes} bytes, sha256 {member.sha256}")
