"""`bondwatch evidence recheck`: would today's models, register and settings decide the same?

The work is in ``bondwatch.evidence_recheck_desk``, imported when the command runs: models and video
are loaded for no other one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bondwatch.failures import Status


def recheck_evidence(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id; a start will do.")],
    *,
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The configuration.")
    ] = Path("config.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Judge an alarm's clip by today's models, register and settings; tell what differs.

    Hours count as they were at the time of the clip. Exit status 1 where an alarm, or who
    somebody is, would be decided differently. Nothing is journalled and nothing is published.
    """
    from bondwatch import evidence_recheck_desk  # noqa: PLC0415 - see the module's head

    if evidence_recheck_desk.recheck_alarm(alarm, config, as_json=as_json):
        raise typer.Exit(Status.FAILED)
