"""`bondwatch demo`: the options, and what goes wrong as one line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bondwatch.demo.photo import PhotoUnusableError
from bondwatch.demo.show import Wishes, show
from bondwatch.failures import CommandError, Status


def demo(
    *,
    for_s: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", min=1, help="Watch so long; default: until done."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Each MQTT message as a line of JSON.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A real camera; $BONDWATCH_DEMO_USER and $BONDWATCH_DEMO_PASSWORD log in.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep configuration, data and logs there."),
    ] = None,
    save_svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save a picture of the terminal at the end.")
    ] = None,
) -> int:
    """Show the main job on this machine: camera, people, verdicts, alarms over MQTT.

    Exit status 0: what had to be received over MQTT was received; 1: it was not; 3: weights,
    broker or photo are missing.
    """
    try:
        return show(Wishes(for_s, as_json, source, keep, save_svg))
    except PhotoUnusableError as error:
        what, _, remedy = str(error).partition("; ")
        raise CommandError(what, remedy, Status.MISSING) from error
