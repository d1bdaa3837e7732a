"""`bondwatch ledger verify | show | keys`: the ledger for auditors and operators.

`verify` needs neither the daemon nor its machine: a ledger file, a public key and a checkpoint
that the auditor has from elsewhere.
"""

from __future__ import annotations

import base64
import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bondwatch.auditor_options import (
    CheckpointOption,
    KeyOption,
    end,
    fields,
    opened_ledger,
    plain,
    read_checkpoint,
    read_key,
    told,
)
from bondwatch.command_options import takes
from bondwatch.failures import CommandError, Status
from bondwatch.own_key import own_key
from vision.config_reader import read_settings
from vision.ledger.entries import Entry
from vision.ledger.ledger import LedgerReader
from vision.ledger.stamp_values import TimeStampError
from vision.ledger.verdicts import Report, StampsFound
from vision.ledger.verifying import DemandStamp, Trust, verify

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
    timestamps: Annotated[
        Path | None,
        typer.Option(metavar="CA.pem", help="Check time stamps against these authorities."),
    ] = None
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
    trust = Trust(
        read_key(options.key),
        read_checkpoint(options.checkpoint),
        None if options.timestamps is None else _demand_stamp(options.timestamps),
    )
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


def _demand_stamp(path: Path) -> DemandStamp:
    # native, and seldom wanted
    from vision.ledger.timestamps import demand_signed, load_roots  # noqa: PLC0415

    try:
        return partial(demand_signed, roots=load_roots(path))
    except ValueError as error:
        remedy = "give the authority's certificates as PEM"
        raise CommandError(f"{path} holds no certificates", remedy, Status.USAGE) from error


def _fields(report: Report) -> dict[str, Any]:
    return {
        "state": report.state.value,
        "origin": report.origin,
        "size": report.size,
        "signed_size": report.signed_size,
        "erased": report.erased,
        "findings": fields(report.findings),
        "stamps": asdict(report.stamps),
    }


def _told(report: Report) -> str:
    erased = f", {report.erased} with erased content" if report.erased else ""
    lines = [
        f"{report.state.value}: {report.origin}",
        f"  {report.size} entries{erased}, {report.signed_size} of them signed",
        *_stamps_told(report.stamps),
        *told(report.findings),
    ]
    return "\n".join(lines)


def _stamps_told(stamps: StampsFound) -> list[str]:
    if stamps.newest is not None:
        newest = f"{stamps.newest_size} entries at {_shown(stamps.newest.at)}"
        by = plain(stamps.newest.authority)
        return [f"  {stamps.right} of {stamps.kept} time stamps are right; newest: {newest}, {by}"]
    told = f"  {stamps.kept} time stamps, of which none was seen to be right (--timestamps)"
    return [told] if stamps.kept else []


def _shown(at: float) -> str:
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _line(entry: Entry) -> str:
    return f"{entry.number} {_shown(entry.at_ms / 1000)} {entry.kind} {entry.ref}"


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
        "timestamp": _stamp_over(reader, number),
    }


def _stamp_over(reader: LedgerReader, number: int) -> dict[str, Any] | None:
    """The first time stamp that covers an entry, as it says itself; who signed is not looked at."""
    kept = reader.stamp_over(number)
    if kept is None:
        return None
    from vision.ledger.timestamps import read  # noqa: PLC0415 -- native, and seldom wanted

    found = {"size": kept.size, "checkpoint": str(kept.checkpoint)}
    try:
        stamp = read(kept.answer, kept.checkpoint)
    except TimeStampError as error:
        return found | {"problem": str(error)}
    answer = base64.b64encode(kept.answer).decode()
    return found | {"at": _shown(stamp.at), "authority": stamp.authority, "answer": answer}
