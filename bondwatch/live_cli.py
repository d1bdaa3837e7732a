"""`bondwatch live CAMERA`: a picture or some seconds of a camera, as the running daemon has them.

For trying a camera out. What is written holds people's faces: it is readable by its owner alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from bondwatch.failures import CommandError, Status
from vision.config_reader import read_settings
from vision.evidence.fragment_muxer import FragmentMuxer, UnmuxableError
from vision.ingest.packets import EncodedPacket
from vision.live.client import LiveError, follow, picture
from vision.live.protocol import Dropped, LivePacket, Message, StreamBegins, Trouble, as_encoded
from vision.settings import Settings

_REMEDIES = {
    Trouble.NOT_RUNNING: "run 'bondwatch run' first, as the same user",
    Trouble.UNKNOWN_CAMERA: "name a camera of the configuration that the daemon runs with",
    Trouble.CAMERA_OFFLINE: "see the camera, and the daemon's log",
    Trouble.UNSUPPORTED_STREAM: "set the camera to H.264 or H.265",
}


def live(
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="The camera's id.")],
    *,
    jpeg: Annotated[
        Path | None, typer.Option("--jpeg", metavar="FILE", help="Write the newest picture there.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write an MP4 of it there.")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--for", min=0.1, max=3600, help="Seconds of it.")
    ] = 10.0,
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The configuration.")
    ] = Path("config.yaml"),
) -> None:
    """Write the newest picture of a camera, or some seconds of its stream, to a file."""
    settings = read_settings(config)
    if jpeg is None and to is None:
        raise CommandError("nothing to write", "give --jpeg FILE or --to FILE", Status.USAGE)
    if all(one.camera_id != camera for one in settings.cameras):
        known = ", ".join(one.camera_id for one in settings.cameras)
        raise CommandError(f"no camera is called {camera}", f"use one of: {known}", Status.USAGE)
    try:
        if jpeg is not None:
            _write_picture(settings, camera, jpeg)
        if to is not None:
            _write_clip(settings, camera, to, seconds)
    except LiveError as error:
        remedy = _REMEDIES.get(error.trouble, "try again, and see the daemon's log")
        raise CommandError(f"camera {camera}: {error}", remedy) from error
    except UnmuxableError as error:
        raise CommandError(f"camera {camera}: {error}", "see the camera's settings") from error


def _write_picture(settings: Settings, camera: str, path: Path) -> None:
    found = picture(settings.run_dir, camera)
    with _private(path) as file:
        file.write(found.jpeg)
    width, height = found.size_wh
    age_s = max(0.0, time.time() - found.wall_utc)
    typer.echo(f"{path}: {width}x{height}, {len(found.jpeg)} bytes, {age_s:.1f} s old")


def _write_clip(settings: Settings, camera: str, path: Path, seconds: float) -> None:
    """Write packets until the time is over; what came before a stream's end is kept."""
    packets, dropped = 0, 0
    with ExitStack() as stack:
        clip: _Clip | None = None
        for message, begins in _until(settings, camera, seconds):
            if isinstance(message, Dropped):
                dropped += message.packets
            elif isinstance(message, LivePacket):
                packet = as_encoded(message, begins)
                clip = clip or stack.enter_context(closing(_Clip(path, packet)))
                clip.add(packet)
                packets += 1
    typer.echo(f"{path}: {packets} pictures, {dropped} left out")


def _until(
    settings: Settings, camera: str, seconds: float
) -> Iterator[tuple[Message, StreamBegins]]:
    """So many seconds of one stream's messages, with how they are to be read."""
    begins: StreamBegins | None = None
    with follow(settings.run_dir, camera) as messages:
        ends_s = time.monotonic() + seconds
        for message in messages:
            if isinstance(message, StreamBegins):
                if begins is not None:
                    typer.echo("the camera began anew; the file ends there", err=True)
                    return
                begins = message
            elif begins is not None:
                yield message, begins
            if time.monotonic() >= ends_s:
                return


class _Clip:
    """An MP4 that is whole whenever it is closed."""

    def __init__(self, path: Path, first: EncodedPacket) -> None:
        self._muxer = FragmentMuxer(first)
        self._file = _private(path)

    def add(self, packet: EncodedPacket) -> None:
        self._file.write(self._muxer.add(packet))

    def close(self) -> None:
        with self._file:
            self._file.write(self._muxer.finish())


def _private(path: Path) -> BinaryIO:
    """A new file for its owner alone, in place of one that may be there."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")
