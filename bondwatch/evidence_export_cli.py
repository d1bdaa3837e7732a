"""`bondwatch evidence export`: one alarm as one zip that proves itself to whoever holds a key."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from bondwatch import bundle_makers
from bondwatch.auditor_options import CheckpointsOption, opened_ledger, read_checkpoints
from bondwatch.command_options import takes
from bondwatch.evidence_desk import alarm_named, patience
from bondwatch.failures import CommandError, Status
from bondwatch.journal_desk import site_journal
from bondwatch.own_key import own_key
from enrolment.register import Register
from enrolment.register_errors import RegisterError
from vision.bundles.exporting import Exported, NamesMissingError, Order, Site, export
from vision.bundles.ledger_extract import HistoryError
from vision.bundles.makers import NotMadeError
from vision.ledger.ledger_errors import LedgerError
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.settings import Settings


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What `export` is given."""

    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id; a start will do.")]
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Default: a zip in this folder.")
    ] = None
    redact: Annotated[
        bool, typer.Option("--redact", help="No names; faces of others blurred; no originals.")
    ] = False
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHO", help="Default: the user's name.")
    ] = None
    note: Annotated[str, typer.Option("--note", help="For whom, or by whose order.")] = ""
    checkpoint: CheckpointsOption = None
    config: Annotated[Path, typer.Option("--config", metavar="FILE")] = Path("config.yaml")
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False


@takes(ExportOptions)
def export_evidence(options: ExportOptions) -> None:
    """Export an alarm: clips, timeline, pictures, proofs, report and replay page in one zip.

    That it was exported, by whom and when, goes into journal and ledger. With --checkpoint the
    bundle proves that the ledger has grown out of that one. Exit status 1 where a file of
    evidence is gone or is not as it was recorded; the bundle then goes without it, and says so.
    """
    with site_journal(options.config) as (settings, journal):
        alarm_id = alarm_named(journal, options.alarm)
        target = options.to or Path(_name(settings.site_id, alarm_id, redacted=options.redact))
        order = Order(
            alarm_id=alarm_id,
            target=target.absolute(),
            by=_printable(options.by or getpass.getuser()),
            note=_printable(options.note),
            is_redacted=options.redact,
            is_forced=options.force,
            held=read_checkpoints(options.checkpoint),
            made_with=f"bondwatch {version('bondwatch')}",
        )
        exported = _exported(settings, journal, order)
    typer.echo(_fields(order, exported) if options.as_json else _told(order, exported))
    if exported.faults:
        raise typer.Exit(Status.FAILED)


def _exported(settings: Settings, journal: Journal, order: Order) -> Exported:
    if order.target.exists() and not order.is_forced:
        raise _there_already(order.target)
    try:
        with _site(settings, journal) as site:
            return export(site, order, bundle_makers.makers())
    except FileExistsError as error:
        raise _there_already(order.target) from error
    except NotMadeError as error:
        raise CommandError(f"it cannot be redacted: {error}", "nothing was written") from error
    except HistoryError as error:
        remedy = "keep that checkpoint and the ledger, and find out which is the site's"
        raise CommandError(f"--checkpoint: {error}", remedy) from error
    except (JournalError, LedgerError) as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError(what, remedy or "see the log of the daemon") from error


@contextmanager
def _site(settings: Settings, journal: Journal) -> Iterator[Site]:
    with opened_ledger(settings.ledger_path) as ledger:
        key, origin = own_key(settings), ledger.origin or ""
        yield Site(
            site_id=settings.site_id,
            time_zone=settings.time_zone,
            data_dir=settings.data_dir,
            journal=journal,
            ledger=ledger,
            verifier=key.verifier(origin),
            sign=lambda text: key.sign_text(text, origin),
            names=lambda staff_ids: _names(settings, staff_ids),
            copy=bundle_makers.copier(settings),
            clock=time.time,
            wait=patience(),
        )


def _names(settings: Settings, staff_ids: frozenset[str]) -> Mapping[str, str]:
    if not staff_ids:
        return {}
    try:
        with Register.open_for_reading(settings.register_place) as register:
            people = register.people()
    except RegisterError as error:
        # its sentence may name servers, which are nothing for a bundle
        raise NamesMissingError("the register could not be read") from error
    return {one.staff_id: one.name for one in people if one.staff_id in staff_ids}


def _there_already(target: Path) -> CommandError:
    return CommandError(f"{target} is there already", "name another with --to, or use --force")


def _name(site_id: str, alarm_id: str, *, redacted: bool) -> str:
    return f"{site_id}-{alarm_id[:8]}{'-redacted' if redacted else ''}.zip"


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def _fields(order: Order, exported: Exported) -> str:
    manifest = exported.manifest
    facts = {
        "file": str(order.target),
        "sha256": exported.sha256,
        "size_bytes": exported.size_bytes,
        "alarm_id": order.alarm_id,
        "role": manifest.role.value,
        "is_finished": manifest.is_finished,
        "checkpoint_size": manifest.size,
        "remarks": manifest.remarks,
        "faults": exported.faults,
        "evidence": [asdict(one) for one in manifest.evidence],
    }
    return json.dumps(facts)


def _told(order: Order, exported: Exported) -> str:
    manifest = exported.manifest
    of = f"{len(manifest.files)} files, checkpoint of {manifest.size} entries"
    lines = [
        f"{order.target}: {exported.size_bytes} bytes, {manifest.role.value}, {of}",
        *(f"  note: {one}" for one in manifest.remarks),
        f"  verify it: bondwatch verify {order.target.name} --key PUB --checkpoint FILE",
    ]
    return "\n".join(lines)
