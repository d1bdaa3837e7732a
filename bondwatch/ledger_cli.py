"""`bondwatch ledger verify | show | keys`: the ledger for auditors and operators.

`verify` needs neither the daemon nor its machine: a ledger file, a public key and a checkpoint
that the auditor has from elsewhere.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bondwatch.auditor_options import (
    CheckpointOption,
    KeyOption,
    end,
    fields,
    opened_ledger,
    read_checkpoint,
    read_key,
    told,
)
from bondwatch.command_options import takes
from bondwatch.own_key import own_key
from vision.config_reader import read_settings
from vision.ledger.entries import Entry
from vision.ledger.ledger import LedgerReader
from vision.ledger.verdicts import Report
from vision.ledger.verifying import Trust, verify

ledger_app = typer.Typer(no_args_is_help=True, help="The ledger: verify, show, keys.")

DEFAULT_CONFIG = Path("config.yaml")

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
LedgerPath = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="FILE", help="A ledger's file; default: the site's own."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What `verify` is given."""

    key: KeyOption = None
    checkpoint: CheckpointOption = None
    ledger: LedgerPath = None
    config: Config = DEFAULT_CONFIG
    as_json: AsJson = False


@ledger_app.command("verify")
@takes(VerifyOptions)
def verify_ledger(options: VerifyOptions) -> None:
    """Check every entry, hash and signature; works offline.

    Exit status 0: intact. 1: it is not, and what is wrong is told. 4: it fits together, but
    without --key and --checkpoint from elsewhere that proves nothing.
    """
    trust = Trust(read_key(options.key), read_checkpoint(options.checkpoint))
    with _reader(options.ledger, options.config) as ledger:
        report = verify(ledger.file, trust)
    typer.echo(json.dumps(_fields(report)) if options.as_json else _told(report))
    end(report.state)


@ledger_app.command()
def show(
    number: Annotated[int | None, typer.Argument(min=0, help="One entry, with its proof.")] = None,
    *,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="So many newest ones.")] = 20,
    ledger: LedgerPath = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show the newest entries, or everything about one of them."""
    with _reader(ledger, config) as reader:
        if number is not None:
            typer.echo(json.dumps(_everything(reader, number), indent=None if as_json else 2))
            return
        for entry in reader.entries(max(0, reader.size - lines), lines):
            typer.echo(entry.leaf.decode() if as_json else _line(entry))


@ledger_app.command()
def keys(
    *, ledger: LedgerPath = None, config: Config = DEFAULT_CONFIG, as_json: AsJson = False
) -> None:
    """Show the public key and the newest checkpoint, for auditors to keep elsewhere."""
    with _reader(ledger, config) as reader:
        origin, checkpoint = reader.origin or "", reader.checkpoint()
    verifier = None if ledger is not None else str(own_key(read_settings(config)).verifier(origin))
    if as_json:
        newest = None if checkpoint is None else str(checkpoint)
        typer.echo(json.dumps({"origin": origin, "key": verifier, "checkpoint": newest}))
        return
    typer.echo(f"ledger      {origin}")
    if verifier is not None:
        typer.echo(f"public key  {verifier}")
    if checkpoint is not None:
        typer.echo(f"newest checkpoint, {checkpoint.head.size} entries:\n\n{checkpoint}", nl=False)


def _reader(path: Path | None, config: Path) -> AbstractContextManager[LedgerReader]:
    return opened_ledger(path or read_settings(config).ledger_path)


def _fields(report: Report) -> dict[str, Any]:
    return {
        "state": report.state.value,
        "origin": report.origin,
        "size": report.size,
        "signed_size": report.signed_size,
        "erased": report.erased,
        "findings": fields(report.findings),
    }


def _told(report: Report) -> str:
    erased = f", {report.erased} with erased content" if report.erased else ""
    lines = [
        f"{report.state.value}: {report.origin}",
        f"  {report.size} entries{erased}, {report.signed_size} of them signed",
        *told(report.findings),
    ]
    return "\n".join(lines)


def _line(entry: Entry) -> str:
    at = datetime.fromtimestamp(entry.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return f"{entry.number} {at.replace('+00:00', 'Z')} {entry.kind} {entry.ref}"


def _everything(reader: LedgerReader, number: int) -> dict[str, Any]:
    proof = reader.prove(number)
    content = reader.content(number)
    kept = None if content is None else {"salt": content.salt.hex(), "text": content.text}
    return {
        "entry": json.loads(proof.entry.leaf),
        "leaf_hash": proof.entry.leaf_hash.hex(),
        "content": kept,
        "path": [one.hex() for one in proof.path],
        "checkpoint": str(proof.checkpoint),
    }
