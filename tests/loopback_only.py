"""Runs a command where there is no network but the loopback, so that phoning home fails.

``python tests/loopback_only.py COMMAND...``; without the right to make a network namespace
the command runs as it is, and a line says so. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

INSIDE = "BONDWATCH_LOOPBACK_ONLY"
"""Set for the command when it runs in a namespace of its own."""

SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def raise_loopback() -> None:
    """Bring up the loopback interface, which a new namespace has switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", IFF_UP)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)


def namespace() -> list[str]:
    """The command that makes a network namespace here; empty where none can be made."""
    unshare = shutil.which("unshare")
    for options in (["--net"], ["--net", "--map-root-user"]):
        if (
            unshare
            and not subprocess.run(
                [unshare, *options, "true"], check=False, stderr=subprocess.DEVNULL
            ).returncode
        ):
            return [unshare, *options]
    return []


def main(command: list[str]) -> None:
    """Replace this process by the command, inside a namespace where that is possible."""
    if os.environ.get(INSIDE):
        raise_loopback()
    elif prefix := namespace():
        os.environ[INSIDE] = "1"
        command = [*prefix, sys.executable, __file__, *command]
    else:
        sys.stderr.write("no network namespace can be made here; the network stays\n")
    os.execvp(command[0], command)  # noqa: S606 - the caller's own command


if __name__ == "__main__":
    main(sys.argv[1:])
