"""Where the demo's pictures come from: its own RTSP server with the clip, or a real camera."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bondwatch.demo.children import Child
from bondwatch.failures import CommandError, Status

USER_VARIABLE: Final = "BONDWATCH_DEMO_USER"
PASSWORD_VARIABLE: Final = "BONDWATCH_DEMO_PASSWORD"  # noqa: S105 - a name, no password
WHOLE_PICTURE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_MOUNT: Final = "gate"

Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A camera to watch. ``environment``: what the daemon needs to log in; not to be shown."""

    url: str
    zone: Polygon
    has_login: bool
    child: Child | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@contextmanager
def streamed_clip(clip: Path, zone: Polygon, directory: Path) -> Iterator[Source]:
    """Stream a clip from a server of our own, with a password made for this run."""
    login = {USER_VARIABLE: "demo", PASSWORD_VARIABLE: secrets.token_urlsafe(18)}
    command = [sys.executable, "-m", "bondwatch.rtsp_server", "--mount", f"{_MOUNT}={clip}"]
    command += ["--user", login[USER_VARIABLE], "--password-env", PASSWORD_VARIABLE]
    command += ["--print-port"]
    log = directory / "rtsp-server.log"
    with Child("the RTSP server", command, log, login, talks=True) as child:
        port = int(json.loads(child.first_line())["port"])
        url = f"rtsp://127.0.0.1:{port}/{_MOUNT}"
        yield Source(url, zone, has_login=True, child=child, environment=login)


def real_camera(url: str) -> Source:
    """A camera that is there, or a file. CommandError where the URL holds credentials."""
    if "@" in urlsplit(url).netloc:
        raise CommandError(
            "the URL holds credentials, which others on this machine can read",
            f"put them into {USER_VARIABLE} and {PASSWORD_VARIABLE} instead",
            Status.USAGE,
        )
    return Source(url, WHOLE_PICTURE, has_login=bool(os.environ.get(USER_VARIABLE)))
