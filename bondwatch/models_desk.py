"""What `bondwatch models` does for its commands: rows, pulls and imports in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from bondwatch.failures import CommandError
from models.carrying import Carried, Carrier
from models.entries import ModelEntry, Pack
from models.errors import ModelError, WeightMissingError
from models.licences import record_acceptance
from models.manifest import Manifest, read_manifest
from models.pull import drop_archives, pull
from models.store import WeightStore, cache_directory, standard_store


def in_columns(heads: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Table:
    """Rows as a table for people."""
    table = Table(*(head.capitalize() for head in heads))
    for row in rows:
        table.add_row(*(row[head] for head in heads))
    return table


def entry_row(entry: ModelEntry, store: WeightStore) -> dict[str, str]:
    """An entry, and whether its file is here and right."""
    return {
        "name": entry.name,
        "role": str(entry.role),
        "licence": entry.licence,
        "state": _state(entry, store),
        "file": entry.file,
    }


def pack_row(pack: Pack, manifest: Manifest, states: Mapping[str, str]) -> dict[str, str]:
    """A pack, and whether it could serve now."""
    missing = [name for name in pack.entries if states[name] != "right"]
    research = "; needs --accept-licence" if manifest.needs_acceptance(pack) else ""
    return {
        "pack": pack.name,
        "state": f"lacks {', '.join(missing)}" if missing else "complete",
        "about": pack.about + research,
        "entries": ", ".join(pack.entries),
    }


def pulled(name: str, into: Path | None, *, accepted: bool) -> Iterator[str]:
    """Gets a pack's or an entry's files; a line for each. Any ModelError of `models.pull`."""
    manifest, directory = read_manifest(), into or cache_directory()
    wanted = _wanted(name, manifest)
    _demand_acceptance(name, wanted, directory, accepted=accepted)
    store = standard_store(directory)
    for entry in wanted:
        if _state(entry, store) == "right":
            yield f"{entry.name}: {store.find(entry)} (was here)"
            continue
        yield f"{entry.name}: {_pulled_with_a_bar(entry, directory)}"
    drop_archives(wanted, directory)


def imported(source: Path, into: Path | None, *, accepted: bool) -> Carried:
    """Takes carried files. WeightWrongError where the source cannot be used."""
    manifest, directory = read_manifest(), into or cache_directory()
    entries = tuple(manifest.entries.values())
    bound = [entry for entry in entries if entry.research_only]
    allowed = {entry.name for entry in entries if accepted or not entry.research_only}
    found = Carrier(entries, directory, allowed).take(source)
    taken = [entry for entry in bound if entry.name in found.taken]
    if taken:
        record_acceptance(directory, f"import of {source.name}", taken)
    return found


def words_of(found: Carried) -> Iterator[str]:
    """What became of an import, a line each."""
    yield from (f"{name}: taken" for name in found.taken)
    yield from (
        f"{name}: its licence forbids production; import again with --accept-licence"
        for name in found.withheld
    )
    yield from found.refused
    if not (found.taken or found.withheld or found.refused):
        yield "nothing there is pinned by the manifest; 'bondwatch models list' tells what is"


def _wanted(name: str, manifest: Manifest) -> tuple[ModelEntry, ...]:
    if name in manifest.packs:
        return tuple(map(manifest.entry, manifest.pack(name).entries))
    if name in manifest.entries:
        return (manifest.entry(name),)
    known = ", ".join([*manifest.packs, *manifest.entries])
    raise CommandError(f"no pack and no entry is named {name!r}", f"there are: {known}")


def _demand_acceptance(
    name: str, wanted: tuple[ModelEntry, ...], directory: Path, *, accepted: bool
) -> None:
    bound = [entry for entry in wanted if entry.research_only]
    if not bound:
        return
    if not accepted:
        licences = ", ".join(sorted({entry.licence for entry in bound}))
        raise CommandError(
            f"{name} is licensed for research only ({licences})",
            "where the site may use it, say so with --accept-licence; that is recorded",
        )
    record_acceptance(directory, name, bound)


def _pulled_with_a_bar(entry: ModelEntry, into: Path) -> Path:
    """The same, with a bar where somebody is looking."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    )  # fmt: skip
    with Progress(*columns, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(entry.name, total=entry.size_bytes)

        def progress(have_bytes: int, size_bytes: int) -> None:
            bar.update(task, completed=have_bytes, total=size_bytes)

        return pull(entry, into, progress)


def _state(entry: ModelEntry, store: WeightStore) -> str:
    try:
        store.read(entry)
    except WeightMissingError:
        return "not here"
    except ModelError:
        return "WRONG"
    return "right"
