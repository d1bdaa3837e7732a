"""``python -m bondwatch.rtsp_server``: the server as a process of its own.

Prints its ports as one line of JSON when asked, serves until SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from bondwatch.rtsp_server.auth import Credentials
from bondwatch.rtsp_server.clips import UnusableClipError, load_clip
from bondwatch.rtsp_server.control import ControlPort
from bondwatch.rtsp_server.mounts import Mount
from bondwatch.rtsp_server.server import RtspServer


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(prog="bondwatch.rtsp_server", description=__doc__)
    add = parser.add_argument
    add("--mount", action="append", required=True, metavar="NAME=CLIP", help="may be repeated")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--user", help="without it anybody may watch")
    add("--password-env", help="name of the environment variable with the password")
    add("--auth", choices=("basic", "digest"), default="digest")
    add("--control-port", type=int, help="listen for commands; 0 takes a free one")
    add("--print-port", action="store_true", help="print the ports as one line of JSON")
    return parser.parse_args(argv)


def credentials_from(options: argparse.Namespace) -> Credentials | None:
    """The user to admit. Raises LookupError naming the variable that is missing."""
    if options.user is None:
        return None
    password = os.environ.get(options.password_env or "")
    if not password:
        raise LookupError(f"--user needs --password-env; {options.password_env} is not set")
    return Credentials(options.user, password, options.auth)


def mount_from(text: str) -> Mount:
    """A mount from ``NAME=CLIP``."""
    name, _, clip = text.partition("=")
    return Mount(name, load_clip(Path(clip)))


def main() -> int:
    """Serve until told to stop. Returns the exit status: 2 where the arguments do not serve."""
    options = arguments()
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    try:
        mounts = [mount_from(text) for text in options.mount]
        who = credentials_from(options)
    except (UnusableClipError, LookupError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with RtspServer(mounts, who, host=options.host, port=options.port) as server:
        control = (
            None if options.control_port is None else ControlPort(server, options.control_port)
        )
        if options.print_port:
            ports = {"port": server.port, "control_port": control.port if control else None}
            sys.stdout.write(json.dumps(ports) + "\n")
            sys.stdout.flush()
        ending.wait()
        if control is not None:
            control.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
