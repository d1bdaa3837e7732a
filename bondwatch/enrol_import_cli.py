"""`bondwatch enrol import`: options and help only; the work is in ``bondwatch.enrol_import_desk``.

That is imported when the command runs, since this command line is shared with the supervisor,
which loads no native library.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.command_options import takes
from bondwatch.enrol_options import DEFAULT_CONFIG, AsJson, By, Config, Language, Why


class WrittenOrder(StrEnum):
    """How 03/04/2026 is meant."""

    dmy = "dmy"
    mdy = "mdy"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What `enrol import` is told."""

    people: Annotated[
        Path,
        typer.Argument(
            metavar="PEOPLE",
            exists=True,
            dir_okay=False,
            help="CSV with the columns staff_id, name, groups, zones, valid_from, valid_to, photos,"
            " badge, organisation, basis, purpose, notice, remarks, not_same_as; or a zip with one"
            " such CSV and the photos in it.",
        ),
    ]
    photos: Annotated[
        Path | None,
        typer.Argument(metavar="[PHOTOS]", exists=True, help="Folder or zip; default: beside it."),
    ] = None
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="GROUP", help="For rows that name none."),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen; change nothing.")
    ] = False
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what became of each row, as CSV.")
    ] = None
    encoding: Annotated[
        str | None, typer.Option(help="Of the CSV, where it is neither UTF-8, UTF-16 nor GBK.")
    ] = None
    date_order: Annotated[
        WrittenOrder | None, typer.Option(help="How dates like 03/04/2026 are meant.")
    ] = None
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes; default: one for each core.")
    ] = None
    language: Language = None
    by: By = None
    why: Why = ""
    as_json: AsJson = False
    config: Config = DEFAULT_CONFIG


@takes(ImportOptions)
def import_people(options: ImportOptions) -> None:
    """Enrol many people from a table and their photos.

    Run it again at any time: what is enrolled stays as it is, changed rows are updated. Exit
    status 1: some rows were refused; 2: the table or the photos cannot be used at all.
    """
    from bondwatch import enrol_import_desk  # noqa: PLC0415 - see the module's head
    from bondwatch.enrol_desk import telling_refusals  # noqa: PLC0415 - see the module's head

    with telling_refusals():
        enrol_import_desk.import_people(options)
