"""`bondwatch evidence verify`: the evidence on this site's disk against its index and ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bondwatch import bundle_makers
from bondwatch.auditor_options import (
    CheckpointsOption,
    KeyOption,
    end,
    fields,
    opened_ledger,
    read_checkpoints,
    read_key,
    told,
)
from bondwatch.command_options import takes
from bondwatch.evidence_desk import alarm_named, patience
from bondwatch.failures import CommandError
from bondwatch.journal_desk import site_journal
from bondwatch.own_key import own_key
from bondwatch.verify_cli import growth_of
from vision.bundles.site_check import Kept, SiteReport, check
from vision.bundles.trust import Trust
from vision.outputs.journal_errors import JournalError


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What `verify` is given."""

    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id; a start will do.")]
    key: KeyOption = None
    checkpoint: CheckpointsOption = None
    config: Annotated[Path, typer.Option("--config", metavar="FILE")] = Path("config.yaml")
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False


@takes(VerifyOptions)
def verify_evidence(options: VerifyOptions) -> None:
    """Check that an alarm's files are there and as they were recorded, by index and ledger.

    Exit status 0: intact. 1: they are not, and what is wrong is told. 4: they fit together, but
    without --key and --checkpoint from elsewhere that proves nothing.
    """
    key, checkpoints = read_key(options.key), read_checkpoints(options.checkpoint)
    with (
        site_journal(options.config) as (settings, journal),
        opened_ledger(settings.ledger_path) as ledger,
    ):
        alarm_id = alarm_named(journal, options.alarm)
        own = own_key(settings).verifier(ledger.origin or "")
        kept = Kept(settings.data_dir, bundle_makers.copier(settings), journal, ledger, own)
        try:
            report = check(kept, alarm_id, Trust(key, checkpoints, growth_of(ledger)), patience())
        except JournalError as error:
            raise CommandError(str(error), "see the log of the daemon") from error
    typer.echo(_json(report) if options.as_json else _told(report))
    end(report.state)


def _json(report: SiteReport) -> str:
    return json.dumps(
        {
            "state": report.state.value,
            "alarm_id": report.alarm_id,
            "files": report.files,
            "origin": report.head.head.origin,
            "checkpoint_size": report.head.head.size,
            "findings": fields(report.findings),
        }
    )


def _told(report: SiteReport) -> str:
    head = report.head.head
    lines = [
        f"{report.state.value}: alarm {report.alarm_id}",
        f"  {report.files} files; ledger {head.origin}, checkpoint of {head.size} entries",
    ]
    return "\n".join([*lines, *told(report.findings)])
