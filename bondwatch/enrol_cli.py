"""`bondwatch enrol`: what security staff type. The commands and their help only.

The work is in ``bondwatch.enrol_desk`` and its neighbours, imported when a command runs: the
supervisor shares this command line and loads no native library.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from bondwatch.command_options import takes
from bondwatch.enrol_capture_cli import capture
from bondwatch.enrol_import_cli import import_people
from bondwatch.enrol_options import (
    DEFAULT_CONFIG,
    AddOptions,
    AsJson,
    By,
    Config,
    EditOptions,
    ShownState,
    StaffId,
    StandingOptions,
    Why,
)

enrol_app = typer.Typer(
    no_args_is_help=True, help="Keep the register of people who may be in the bonded area."
)

enrol_app.command("import")(import_people)
enrol_app.command()(capture)


def _work(place: str, *arguments: Any, **options: Any) -> None:
    """Do a command's work: ``module:function`` of the front door's room."""
    module, _, function = place.partition(":")
    desk = import_module("bondwatch.enrol_desk")
    with desk.telling_refusals():
        getattr(import_module(f"bondwatch.{module}"), function)(*arguments, **options)


@enrol_app.command()
@takes(AddOptions)
def add(options: AddOptions) -> None:
    """Enrol somebody alone, where the two-person rule is off. Exit status 1: refused, and why."""
    _work("enrol_desk:add", options)


@enrol_app.command()
@takes(AddOptions)
def request(options: AddOptions) -> None:
    """Ask for an enrolment; another account approves it. 'enrol show' tells how it goes."""
    _work("enrol_desk:request", options)


@enrol_app.command()
@takes(EditOptions)
def edit(options: EditOptions) -> None:
    """Change a record or add photos. More rights await approval under the two-person rule."""
    _work("enrol_standing:edit", options)


@enrol_app.command("list")
def list_people(
    *,
    state: Annotated[
        ShownState | None, typer.Option(help="Only these; awaiting_approval: who is to be decided.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show everybody in the register."""
    _work("enrol_desk:list_people", config, state and state.value, as_json=as_json)


@enrol_app.command()
def show(staff_id: StaffId, *, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show one person, how a request goes, and what was done to the record."""
    _work("enrol_desk:show", config, staff_id, as_json=as_json)


@enrol_app.command()
def remove(
    staff_id: StaffId,
    *,
    config: Config = DEFAULT_CONFIG,
    by: By = None,
    why: Why = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase somebody, all templates and their key; this cannot be undone."""
    _work("enrol_desk:remove", config, staff_id, (by, why), confirmed=yes)


@enrol_app.command()
def export(
    staff_id: StaffId,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A new file; default: shown.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Give somebody everything that is held about them, as JSON."""
    _work("enrol_export:export", config, staff_id, out)


@enrol_app.command("re-embed")
def re_embed(*, by: By = None, config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """After a change of embedder: make templates from kept photos; list who must come again.

    Exit status 1 while somebody must be enrolled again.
    """
    _work("enrol_export:re_embed", config, by, as_json=as_json)


def _standing(name: str, help_text: str, action: str = "") -> None:
    """A command that moves somebody to another state; ``action``: where it is called otherwise."""

    @takes(StandingOptions)
    def command(options: StandingOptions) -> None:
        _work("enrol_standing:act", options, action or name)

    enrol_app.command(name, help=help_text)(command)


_standing("approve", "Approve what another account requested; the person is let in at once.")
_standing("reject", "Reject a request; say why.")
_standing(
    "request-again",
    "Ask once more for somebody who was rejected, revoked or is out of date.",
    "request",
)
_standing("suspend", "Let somebody in no longer, at once; they stay enrolled and are recognised.")
_standing("resume", "End a suspension.")
_standing("revoke", "End somebody's permission; they are recognised as revoked.")
