"""`bondwatch enrol`: what security staff type. Options and help only.

The work is in ``bondwatch.enrol_desk``, imported when a command runs: the supervisor shares
this command line and loads no native library.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.command_options import takes
from bondwatch.enrol_capture_cli import capture
from bondwatch.enrol_import_cli import Language, import_people

enrol_app = typer.Typer(
    no_args_is_help=True, help="Keep the register of people who may be in the bonded area."
)

enrol_app.command("import")(import_people)
enrol_app.command()(capture)

StaffId = Annotated[str, typer.Argument(metavar="STAFF_ID", help="Whom; 'enrol list' shows ids.")]
Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The site's config.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs instead of a table.")]
DEFAULT_CONFIG = Path("config.yaml")


@dataclass(frozen=True, slots=True)
class AddOptions:
    """What `enrol add` is told."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="In quotes; any script.")]
    photos: Annotated[
        list[Path],
        typer.Option("--photo", metavar="FILE", help="JPEG, PNG, WebP, HEIC; several are better."),
    ]
    groups: Annotated[
        list[str], typer.Option("--group", metavar="GROUP", help="Repeat for several.")
    ]
    more_photos: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            exists=True,
            dir_okay=False,
            help="Further photos, so that --photo *.jpg works.",
        ),
    ] = None
    staff_id: Annotated[
        str | None, typer.Option("--id", metavar="STAFF_ID", help="Default: made from the name.")
    ] = None
    valid_from: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day, in the site's time zone.")
    ] = None
    valid_to: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day, that day included.")
    ] = None
    not_same_as: Annotated[
        list[str] | None,
        typer.Option(metavar="STAFF_ID", help="You checked: somebody alike, but another person."),
    ] = None
    language: Language = None
    config: Config = DEFAULT_CONFIG

    @property
    def all_photos(self) -> list[Path]:
        return [*self.photos, *(self.more_photos or ())]


@enrol_app.command()
@takes(AddOptions)
def add(options: AddOptions) -> None:
    """Enrol somebody from photos. Exit status 1: refused, with the reason for each photo."""
    from bondwatch import enrol_desk  # noqa: PLC0415 - see the module's head

    with enrol_desk.telling_refusals():
        enrol_desk.add(options)


@enrol_app.command("list")
def list_people(*, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show everybody in the register."""
    from bondwatch import enrol_desk  # noqa: PLC0415 - see the module's head

    with enrol_desk.telling_refusals():
        enrol_desk.list_people(config, as_json=as_json)


@enrol_app.command()
def show(staff_id: StaffId, *, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show one person."""
    from bondwatch import enrol_desk  # noqa: PLC0415 - see the module's head

    with enrol_desk.telling_refusals():
        enrol_desk.show(config, staff_id, as_json=as_json)


@enrol_app.command()
def suspend(staff_id: StaffId, *, config: Config = DEFAULT_CONFIG) -> None:
    """Let somebody in no longer, at once; the person stays enrolled and is recognised."""
    from bondwatch import enrol_desk  # noqa: PLC0415 - see the module's head

    with enrol_desk.telling_refusals():
        enrol_desk.set_active(config, staff_id, active=False)


@enrol_app.command()
def resume(staff_id: StaffId, *, config: Config = DEFAULT_CONFIG) -> None:
    """End a suspension."""
    from bondwatch import enrol_desk  # noqa: PLC0415 - see the module's head

    with enrol_desk.telling_refusals():
        enrol_desk.set_active(config, staff_id, active=True)


@enrol_app.command()
def remove(
    staff_id: StaffId,
    *,
    config: Config = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase somebody and all templates; this cannot be undone."""
    from bondwatch import enrol_desk  # noqa: PLC0415 - see the module's head

    with enrol_desk.telling_refusals():
        enrol_desk.remove(config, staff_id, confirmed=yes)
