"""`bondwatch keys`: the keys that seal faces and evidence. Options, help and words; none is shown.

The one exception is asked for by name: `keys init --stdout`, for sites whose key comes from the
environment or a credential.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.failures import CommandError
from enrolment import key_rotation
from enrolment.places import KeyPlace
from enrolment.register_errors import RegisterError
from enrolment.site_keys import KeyRing, SiteKey
from vision.config_reader import read_settings

keys_app = typer.Typer(
    no_args_is_help=True,
    help="Make, replace, check and carry the keys that seal faces and evidence.",
)
Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
DEFAULT_CONFIG = Path("config.yaml")


@keys_app.command()
def init(
    *,
    stdout: Annotated[
        bool, typer.Option("--stdout", help="Print a new key, touch nothing.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Make the site key and an empty key store, once for a site."""
    if stdout:
        typer.echo(KeyRing((SiteKey.new(),)).text(), nl=False)
        return
    with _keys(config) as place:
        key_id = key_rotation.init_keys(place)
        typer.echo(f"site key {key_id} is in {place.key}, the key store in {place.store}.")
        typer.echo("Keep a copy apart from the data: bondwatch keys backup FILE")


@keys_app.command()
def rotate(*, config: Config = DEFAULT_CONFIG) -> None:
    """Replace the site key, or finish a replacement that was interrupted; the daemon may run."""
    with _keys(config) as place:
        key_id = key_rotation.rotate(place)
        typer.echo(f"site key {key_id} wraps every data key now.")
        if place.key.file is None:
            typer.echo(f"The older key may be taken out of {place.key}.")
        typer.echo("Older backups of the keys hold the old one: make a new one, destroy them.")


@keys_app.command()
def status(*, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Tell where the keys are and how things stand. Exit status 1 where they cannot be used."""
    with _keys(config) as place:
        found = key_rotation.status(place)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(f"site key:  {found.current_key_id}, from {found.source}")
    counts = f"{found.data_keys} data keys of people, {found.evidence_keys} of evidence"
    typer.echo(f"key store: {counts}, in {found.store}")
    typer.echo(f"destroyed: {found.destroyed}")
    if found.rotating or found.stale_data_keys:
        typer.echo(
            f"A rotation is not finished ({found.stale_data_keys} data keys to go);"
            " run 'bondwatch keys rotate'."
        )


@keys_app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Replaced if it exists.")],
    *,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Copy all keys into one file; keep it apart from backups of the data, and only the newest."""
    with _keys(config) as place:
        key_rotation.back_up(place, target)
    typer.echo(f"the keys are in {target}: whoever has it and a backup of the data has the faces.")


@keys_app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup of keys.")],
    *,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Bring keys back; what was destroyed here stays destroyed."""
    with _keys(config) as place:
        count = key_rotation.restore(place, source)
    typer.echo(f"{count} data keys are in place.")


@contextmanager
def _keys(config: Path) -> Iterator[KeyPlace]:
    place = read_settings(config).register_place.keys
    if place is None:  # the reader always gives one
        raise CommandError("no place for keys is configured", "see register.key in config.yaml")
    try:
        yield place
    except RegisterError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError(what, remedy or "see config.yaml") from error
