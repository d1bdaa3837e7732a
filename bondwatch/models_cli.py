"""`bondwatch models`: which weights and packs there are, getting them, and proving them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bondwatch import models_desk as desk
from models.card_texts import card_of
from models.errors import ModelError, WeightMissingError
from models.manifest import read_manifest
from models.store import standard_store

models_app = typer.Typer(
    no_args_is_help=True, help="The weight files: list, pull, import, verify, card."
)

Directory = Annotated[
    Path | None, typer.Option("--directory", metavar="DIR", help="Look here before the others.")
]
Into = Annotated[
    Path | None, typer.Option("--into", metavar="DIR", help="Put files here, default the cache.")
]
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A pack or an entry; 'models list' shows them.")
]
AcceptLicence = Annotated[
    bool,
    typer.Option(
        "--accept-licence", help="Accept a licence that forbids production; that is recorded."
    ),
]


@models_app.command("list")
def list_models(
    *, directory: Directory = None, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """Show every entry and every pack, and whether their files are there and right."""
    manifest, store = read_manifest(), standard_store(directory)
    rows = [desk.entry_row(entry, store) for entry in manifest.entries.values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    console = Console()
    console.print(desk.in_columns(("name", "role", "licence", "state", "file"), rows))
    states = {row["name"]: row["state"] for row in rows}
    packs = [desk.pack_row(pack, manifest, states) for pack in manifest.packs.values()]
    console.print(desk.in_columns(("pack", "state", "about", "entries"), packs))


@models_app.command()
def verify(*, directory: Directory = None) -> None:
    """Prove the files that are there by their digests. Exit status 1 where one is wrong."""
    store = standard_store(directory)
    wrong = False
    for entry in read_manifest().entries.values():
        try:
            store.read(entry)
            typer.echo(f"{entry.name}: right ({store.find(entry)})")
        except WeightMissingError:
            typer.echo(f"{entry.name}: not here")
        except ModelError as error:
            wrong = True
            typer.echo(f"{entry.name}: WRONG; {error}")
    if wrong:
        raise typer.Exit(1)


@models_app.command()
def pull(name: Name, *, accept_licence: AcceptLicence = False, into: Into = None) -> None:
    """Fetch a pack, or one file, from pinned addresses; check it, and put it into the cache.

    What was interrupted goes on where it stopped. Proxies are taken from the environment.
    """
    for line in desk.pulled(name, into, accepted=accept_licence):
        typer.echo(line)


@models_app.command("import")
def import_files(
    source: Annotated[Path, typer.Argument(metavar="DIR-or-ZIP", help="What was carried in.")],
    *,
    accept_licence: AcceptLicence = False,
    into: Into = None,
) -> None:
    """Take weight files out of a folder or a zip, for a site without a network.

    Files are known by their digests, so names and folders do not matter. Exit status 1 where
    nothing was taken, or a file that looks like weights was refused.
    """
    found = desk.imported(source, into, accepted=accept_licence)
    for line in desk.words_of(found):
        typer.echo(line)
    if found.refused or not found.taken:
        raise typer.Exit(1)


@models_app.command()
def card(name: Name) -> None:
    """Say what a model or a pack is: origin, licences, figures, limits."""
    typer.echo(card_of(name, read_manifest()).rstrip())
