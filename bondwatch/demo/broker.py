"""A Mosquitto of the demo's own: found, configured, started on a free port.

Debian may already run one on 1883; that one is left alone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bondwatch.demo.children import Child, free_port, listens
from bondwatch.failures import CommandError, Status

_WITHIN_S: Final = 15.0
_CONFIGURATION: Final = """\
listener {port} 127.0.0.1
set_tcp_nodelay true
allow_anonymous true
persistence false
log_dest stderr
log_type error
log_type warning
"""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker on 127.0.0.1."""

    port: int
    child: Child


def find_mosquitto() -> str:
    """The path of the program. CommandError with the remedy where it is not installed."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("mosquitto", path=places)
    if found is None:
        raise CommandError(
            "mosquitto, the MQTT broker, is not installed",
            "run `apt-get install mosquitto` as root",
            Status.MISSING,
        )
    return found


@contextmanager
def broker(directory: Path) -> Iterator[Broker]:
    """Run a broker; its configuration and log go to the directory."""
    port = free_port()
    configuration = directory / "mosquitto.conf"
    configuration.write_text(_CONFIGURATION.format(port=port))
    command = [find_mosquitto(), "-c", str(configuration)]
    with Child("the broker", command, directory / "mosquitto.log") as child:
        child.wait_until(lambda: listens(port), _WITHIN_S)
        yield Broker(port, child)
