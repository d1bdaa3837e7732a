"""`bondwatch enrol capture`: options and help only; the work is in ``enrol_capture_desk``.

That is imported when the command runs, since this command line is shared with the supervisor,
which loads no native library.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.command_options import takes
from bondwatch.enrol_options import PersonOptions


@dataclass(frozen=True, slots=True)
class CaptureOptions(PersonOptions):
    """What `enrol capture` is told."""

    camera: Annotated[
        str | None, typer.Option(metavar="ID", help="A camera of the configuration.")
    ] = None
    source: Annotated[
        str | None, typer.Option(metavar="URL", help="Another camera: rtsp://..., no password.")
    ] = None
    username_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="Holds --source's user name.")
    ] = None
    password_env: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="Holds --source's password.")
    ] = None
    clip: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A recording instead."),
    ] = None


@takes(CaptureOptions)
def capture(options: CaptureOptions) -> None:
    """Enrol somebody who stands before a camera, or from a recording of that one person.

    Tells which way to look (ahead, left, right, up) and takes the best looks by itself. Exit
    status 1: no good look was seen, or the face is enrolled as somebody else.
    """
    from bondwatch import enrol_capture_desk  # noqa: PLC0415 - see the module's head
    from bondwatch.enrol_desk import telling_refusals  # noqa: PLC0415 - see the module's head

    with telling_refusals():
        enrol_capture_desk.capture(options)
