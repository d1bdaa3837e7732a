"""`bondwatch check`: everything that is wrong with the configuration, and nothing started."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bondwatch.failures import Status
from vision.config_reader import ConfigError, read_settings
from vision.settings import Settings


def check(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The configuration.")
    ] = Path("config.yaml"),
) -> None:
    """Tell every mistake in the configuration, one a line; start nothing.

    Exit status 2 where there is one, 3 where evidence is to be sealed and its keys are not to be
    had. Groups are compared with the register, once it has people.
    """
    try:
        settings = read_settings(config)
        if groups := _groups_of(settings):
            read_settings(config, known_groups=groups)
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(str(problem))
        raise typer.Exit(Status.USAGE) from error
    if fault := _key_fault(settings):
        typer.echo(f"{config}: evidence.encrypt: {fault}")
        raise typer.Exit(Status.MISSING)
    counts = f"cameras: {len(settings.cameras)}, zones: {len(settings.zones)}"
    typer.echo(f"{config}: no mistakes ({counts})")


def _key_fault(settings: Settings) -> str | None:
    """Why evidence could not be sealed, with the remedy."""
    if not (settings.evidence.enabled and settings.evidence.encrypt):
        return None
    from enrolment.evidence_keys import demand_usable  # noqa: PLC0415 - seldom wanted here
    from enrolment.register_errors import RegisterError  # noqa: PLC0415 - the same

    try:
        demand_usable(settings.register_place.keys)
    except RegisterError as error:
        return str(error)
    return None


def _groups_of(settings: Settings) -> set[str]:
    """The groups that somebody has; empty while nobody is enrolled, or no register there yet."""
    if settings.register.url is None and not settings.register_path.is_file():
        return set()
    from enrolment.register import Register  # noqa: PLC0415 - needs NumPy, and seldom wanted here
    from enrolment.register_errors import RegisterMissingError  # noqa: PLC0415 - the same

    try:
        with Register.open_for_reading(settings.register_place) as register:
            return {group for person in register.people() for group in person.groups}
    except RegisterMissingError:
        return set()
