"""`bondwatch alarms list | tail | ack` and `bondwatch vouch`: alarms from the terminal."""

from __future__ import annotations

import getpass
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bondwatch.failures import CommandError
from bondwatch.journal_desk import listed_alarm_id, site_journal, wake_publisher
from enrolment.register import Register
from enrolment.register_errors import RegisterError
from vision.outputs.journal_values import AckRequest, AckResult, AlarmRecord
from vision.settings import Settings

alarms_app = typer.Typer(no_args_is_help=True, help="Alarms: list, follow, acknowledge.")

FOLLOW_EVERY_S = 0.5
DEFAULT_CONFIG = Path("config.yaml")

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs, one object a line.")]
AlarmId = Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id; a start will do.")]
By = Annotated[str | None, typer.Option("--by", metavar="WHO", help="Default: the user's name.")]


@alarms_app.command("list")
def list_alarms(
    *,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show alarms, the latest first."""
    with site_journal(config) as (_, journal):
        alarms = journal.list_alarms(open_only=open_only, limit=limit)
    if as_json:
        for alarm in alarms:
            typer.echo(alarm.payload)
        return
    table = Table()
    for heading in ("Alarm", "Raised (UTC)", "Kind"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Where", overflow="fold")
    table.add_column("State", overflow="fold")
    for alarm in alarms:
        table.add_row(*(Text(cell) for cell in _cells(alarm)))
    Console().print(table)


def _cells(alarm: AlarmRecord) -> tuple[str, ...]:
    message = json.loads(alarm.payload)
    raised = message["times"]["raised"][:19].replace("T", " ")
    cameras = alarm.cameras or tuple(filter(None, [message["camera"]]))
    seen = alarm.acknowledgement
    state = ("open" if alarm.is_open else "cleared") + (f", seen by {seen.by}" if seen else "")
    where = " ".join(filter(None, (alarm.zone_id, *cameras)))
    return alarm.alarm_id[:8], raised, alarm.kind.value, where, state


@alarms_app.command()
def tail(
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="So many old ones.")] = 10,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show the latest revisions of alarms as they were written; Ctrl-C ends it."""
    with site_journal(config) as (_, journal):
        last = journal.last_seq()
        rows = journal.latest_revisions(lines)
        while True:
            for row in rows:
                typer.echo(row.payload if as_json else _line(json.loads(row.payload)))
                last = max(last, row.seq)
            if not follow:
                return
            time.sleep(FOLLOW_EVERY_S)
            rows = journal.tail(last)


def _line(message: dict[str, Any]) -> str:
    who = (message["identity"] or {}).get("staff_id")
    facts = [
        message["times"]["written"],
        message["alarm_id"][:8],
        f"r{message['revision']}",
        message["change"],
        message["kind"],
        message["reason"],
        *(f"{key}={message[key]}" for key in ("zone", "camera", "track") if message[key]),
        *([f"staff={who}"] if who else []),
    ]
    return " ".join(facts)


@alarms_app.command()
def ack(
    alarm: AlarmId,
    *,
    by: By = None,
    note: Annotated[str, typer.Option(help="Why, or what was done.")] = "",
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Acknowledge an alarm. Exit status 1 unless it was accepted."""
    with site_journal(config) as (settings, journal):
        alarm_id = listed_alarm_id(journal, alarm)
        request = AckRequest(alarm_id, by or getpass.getuser(), note)
        result = journal.acknowledge(request)
        wake_publisher(settings)
    if as_json:
        typer.echo(json.dumps({"alarm_id": alarm_id, "result": result.value}))
    else:
        typer.echo(f"{alarm_id}: {result.value}")
    if result is not AckResult.ACCEPTED:
        raise typer.Exit(1)


def vouch(
    alarm: AlarmId,
    *,
    staff: Annotated[str, typer.Option("--staff", metavar="ID", help="Who it is.")],
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="The guard who answers for it.")],
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Answer for the person of an open alarm; it is written down who did."""
    if not by.strip():
        raise CommandError("--by is empty", "say who answers for it")
    with site_journal(config) as (settings, journal):
        _demand_staff(settings, staff)
        alarm_id = listed_alarm_id(journal, alarm)
        if not journal.vouch(alarm_id, staff, by):
            raise CommandError(f"alarm {alarm_id} is over", "nobody needs to be vouched for")
        wake_publisher(settings)
    if as_json:
        typer.echo(json.dumps({"alarm_id": alarm_id, "staff_id": staff, "by": by}))
    else:
        typer.echo(f"{alarm_id}: {by} vouches for {staff}")


def _demand_staff(settings: Settings, staff_id: str) -> None:
    try:
        with Register.open_for_reading(settings.register_place) as register:
            register.person(staff_id)
    except RegisterError as error:
        raise CommandError(str(error), "vouch for somebody who is enrolled") from error
