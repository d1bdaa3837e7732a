"""`bondwatch evidence list | show | hold | release`: what is kept of alarms, from the terminal.

`open`, `export`, `verify` and `recheck` are modules of their own and hang here.
"""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bondwatch.evidence_export_cli import export_evidence
from bondwatch.evidence_opening import open_file
from bondwatch.evidence_recheck_cli import recheck_evidence
from bondwatch.evidence_verify_cli import verify_evidence
from bondwatch.failures import CommandError
from bondwatch.journal_desk import evidence_id, site_journal
from vision.evidence.reading import EvidenceReader
from vision.outputs.evidence_values import EvidenceFile, EvidenceFolder

evidence_app = typer.Typer(
    no_args_is_help=True, help="Evidence: list, show, open, export, verify, recheck, hold, release."
)
evidence_app.command("export")(export_evidence)
evidence_app.command("verify")(verify_evidence)
evidence_app.command("recheck")(recheck_evidence)

DEFAULT_CONFIG = Path("config.yaml")
_MB = 1_000_000

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs, one object a line.")]
AlarmId = Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id; a start will do.")]
By = Annotated[str | None, typer.Option("--by", metavar="WHO", help="Default: the user's name.")]
Note = Annotated[str, typer.Option(help="Why, or by whose order.")]


@evidence_app.command("list")
def list_evidence(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show which alarms there is evidence of, the latest first."""
    with site_journal(config) as (_, journal):
        folders = journal.evidence(limit)
    if as_json:
        for folder in folders:
            typer.echo(json.dumps(asdict(folder)))
        return
    table = Table()
    for heading in ("Alarm", "From (UTC)", "To", "Files", "MB"):
        table.add_column(heading, no_wrap=True)
    table.add_column("State", overflow="fold")
    for folder in folders:
        table.add_row(*(Text(cell) for cell in _cells(folder)))
    Console().print(table)


def _cells(folder: EvidenceFolder) -> tuple[str, ...]:
    states = {
        "open": folder.is_open,
        "held": folder.is_held,
        f"{folder.gaps} gaps": folder.gaps > 0,
    }
    return (
        folder.alarm_id[:8],
        _shown(folder.begin_at)[:19],
        _shown(folder.end_at)[11:19],
        str(folder.files),
        f"{folder.size_bytes / _MB:.1f}",
        ", ".join(state for state, holds in states.items() if holds),
    )


@evidence_app.command()
def show(alarm: AlarmId, *, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show an alarm's files, what is missing of it, and who holds it.

    Exit status 1 where a file is not there, or not what was recorded; all of it is read.
    """
    with site_journal(config) as (settings, journal):
        alarm_id = evidence_id(journal, alarm)
        files, gaps, hold = journal.evidence_of(alarm_id)
    with EvidenceReader(settings.register_place.keys) as reader:
        wrong = {file.name: reader.fault_of(settings.data_dir, file) for file in files}
    if as_json:
        facts = {
            "alarm_id": alarm_id,
            "files": [{**asdict(file), "wrong": wrong[file.name]} for file in files],
            "gaps": [asdict(gap) for gap in gaps],
            "hold": None if hold is None else asdict(hold),
        }
        typer.echo(json.dumps(facts))
    else:
        for line in _lines(settings.data_dir, files, wrong):
            typer.echo(line)
        for gap in gaps:
            span = f"{_shown(gap.from_at)} to {_shown(gap.to_at)}"
            typer.echo(f"missing: {gap.camera_id} {span} ({gap.reason})")
        if hold is not None:
            typer.echo(f"held by {hold.by} since {_shown(hold.at)}: {hold.note}")
    if any(wrong.values()):
        raise typer.Exit(1)


def _lines(
    data_dir: Path, files: tuple[EvidenceFile, ...], wrong: dict[str, str | None]
) -> list[str]:
    return [
        f"{data_dir / file.folder / file.name}: {file.size_bytes} bytes,"
        f" {_shown(file.begin_at)} to {_shown(file.end_at)}"
        + (f", ended by {file.ended_by}" if file.ended_by else "")
        + (f"; {wrong[file.name]}" if wrong[file.name] else "")
        for file in files
    ]


@evidence_app.command("open")
def open_evidence(
    alarm: AlarmId,
    name: Annotated[str, typer.Argument(metavar="FILE", help="Its name, as 'show' lists it.")],
    *,
    to: Annotated[Path, typer.Option(metavar="PATH", help="Where; it must not exist yet.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Put one file where it can be looked at, in the clear, if it is as it was recorded."""
    with site_journal(config) as (settings, journal):
        files, *_ = journal.evidence_of(evidence_id(journal, alarm))
    known = open_file(settings, files, name, to)
    state = "still growing: what is whole of it" if known is None else "as it was recorded"
    typer.echo(f"{to}: {name}, {state}. It is not sealed; delete it when it has served.")


@evidence_app.command()
def hold(
    alarm: AlarmId, *, by: By = None, note: Note = "", config: Config = DEFAULT_CONFIG
) -> None:
    """Keep an alarm's evidence from being deleted, for as long as it is needed."""
    with site_journal(config) as (_, journal):
        alarm_id = evidence_id(journal, alarm)
        if not journal.hold_evidence(alarm_id, by or getpass.getuser(), note):
            raise CommandError(f"{alarm_id} is held already", "'bondwatch evidence show' says who")
    typer.echo(f"{alarm_id}: held")


@evidence_app.command()
def release(
    alarm: AlarmId, *, by: By = None, note: Note = "", config: Config = DEFAULT_CONFIG
) -> None:
    """Let an alarm's evidence be deleted again when its time comes."""
    with site_journal(config) as (_, journal):
        alarm_id = evidence_id(journal, alarm)
        if not journal.release_evidence(alarm_id, by or getpass.getuser(), note):
            raise CommandError(f"{alarm_id} is not held", "there is nothing to release")
    typer.echo(f"{alarm_id}: released")


def _shown(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="milliseconds")
    return moment.removesuffix("+00:00")
