"""`bondwatch verify BUNDLE`: what an auditor calls, offline and without any configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

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
from bondwatch.failures import CommandError, Status
from vision.bundles import zip_reading
from vision.bundles.judging import BundleReport, judge
from vision.bundles.manifest import Manifest, Role
from vision.bundles.trust import ProveGrowth, no_ledger
from vision.bundles.trust import Trust as Held
from vision.ledger.ledger import LedgerReader
from vision.ledger.ledger_errors import LedgerError


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What `verify` is given."""

    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The zip.")]
    key: KeyOption = None
    checkpoint: CheckpointsOption = None
    ledger: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A copy of the ledger, to prove its growth with."),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False


@takes(VerifyOptions)
def verify(options: VerifyOptions) -> None:
    """Verify a bundle of evidence with a key and checkpoints that came from elsewhere.

    Exit status 0: intact. 1: it is not, and what is wrong is told. 4: it fits together, but what
    was given does not prove it: no --key or no --checkpoint from elsewhere, or none of which it
    can be shown that it and the bundle are of one history.
    """
    if not options.bundle.is_file():
        raise CommandError(f"there is no file {options.bundle}", "name a bundle", Status.USAGE)
    key, checkpoints = read_key(options.key), read_checkpoints(options.checkpoint)
    with _growth(options.ledger) as prove:
        contents = zip_reading.read(options.bundle)
        report = judge(contents, Held(key, checkpoints, prove))
    typer.echo(json.dumps(_fields(report)) if options.as_json else _told(options.bundle, report))
    end(report.state)


@contextmanager
def _growth(ledger: Path | None) -> Iterator[ProveGrowth]:
    if ledger is None:
        yield no_ledger
        return
    with opened_ledger(ledger) as reader:
        yield growth_of(reader)


def growth_of(reader: LedgerReader) -> ProveGrowth:
    """Proofs out of a ledger, as far as it goes."""

    def prove(first: int, second: int) -> Sequence[bytes] | None:
        try:
            return reader.prove_growth(first, second)
        except LedgerError:
            return None

    return prove


def _fields(report: BundleReport) -> dict[str, Any]:
    manifest = report.manifest
    about = {} if manifest is None else _about(manifest)
    return {
        "state": report.state.value,
        **about,
        "entries": report.entries,
        "findings": fields(report.findings),
    }


def _about(manifest: Manifest) -> dict[str, Any]:
    return {
        "alarm_id": manifest.alarm_id,
        "site": manifest.site,
        "role": manifest.role.value,
        "is_finished": manifest.is_finished,
        "made_at": manifest.made_at,
        "made_by": manifest.made_by,
        "origin": manifest.origin,
        "checkpoint_size": manifest.size,
        "files": len(manifest.files),
        "remarks": manifest.remarks,
    }


def _told(path: Path, report: BundleReport) -> str:
    lines = [f"{report.state.value}: {path}"]
    manifest = report.manifest
    if manifest is not None:
        lines.append(f"  alarm {manifest.alarm_id} of {manifest.site}, {len(manifest.files)} files")
        entries = f"{report.entries} entries proven, checkpoint of {manifest.size}"
        lines.append(f"  ledger {manifest.origin}: {entries}")
        if manifest.role is Role.DERIVED:
            lines.append("  a derived copy: names and original pictures are not in it")
        lines += [f"  note: {one}" for one in manifest.remarks]
    return "\n".join([*lines, *told(report.findings)])
