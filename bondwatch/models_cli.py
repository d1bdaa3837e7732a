"""`bondwatch models`: which weights there are, and getting and proving them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.entries import ModelEntry
from models.errors import ModelError, WeightMissingError
from models.fetch_dlib import fetch
from models.manifest import read_manifest
from models.pull import pull as pull_weight
from models.store import WeightStore, cache_directory, standard_store

models_app = typer.Typer(no_args_is_help=True, help="The weight files: list, verify, pull.")

Directory = Annotated[
    Path | None, typer.Option("--directory", metavar="DIR", help="Look here before the others.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="An entry; 'models list' shows them.")]


@models_app.command("list")
def list_models(
    *, directory: Directory = None, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """Show every entry of the manifest and whether its file is there and right."""
    store = standard_store(directory)
    rows = [_row(entry, store) for entry in read_manifest().entries.values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("Name", "Role", "Licence", "State", "File")
    for row in rows:
        table.add_row(row["name"], row["role"], row["licence"], row["state"], row["file"])
    Console().print(table)


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
def pull(name: Name) -> None:
    """Fetch one file from its pinned address, check it, and put it into the cache."""
    entry = read_manifest().entry(name)
    into = cache_directory()
    path = fetch(into) if entry.converted_from is not None else pull_weight(entry, into)
    typer.echo(f"{name}: {path}")


def _row(entry: ModelEntry, store: WeightStore) -> dict[str, str]:
    return {
        "name": entry.name,
        "role": str(entry.role),
        "licence": entry.licence,
        "state": _state(entry, store),
        "file": entry.file,
    }


def _state(entry: ModelEntry, store: WeightStore) -> str:
    try:
        store.read(entry)
    except WeightMissingError:
        return "not here"
    except ModelError:
        return "WRONG"
    return "right"
