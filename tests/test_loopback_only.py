"""Nothing leaves the site: the tests run where there is no way out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import loopback_only


def interfaces() -> set[str]:
    """The names of this process's network interfaces."""
    lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    return {line.split(":")[0].strip() for line in lines}


def test_nothing_but_the_loopback() -> None:
    """The test run has the loopback interface and no other."""
    if not os.environ.get(loopback_only.INSIDE):
        pytest.skip("not run through tests/loopback_only.py")

    assert interfaces() == {"lo"}


def test_a_command_inside() -> None:
    """A command that is run through it can reach itself, and nobody else."""
    if not loopback_only.namespace():
        pytest.skip("no network namespace can be made here")
    environment = {k: v for k, v in os.environ.items() if k != loopback_only.INSIDE}
    code = (
        "import socket, pathlib;"
        "server = socket.create_server(('127.0.0.1', 0));"
        "socket.create_connection(server.getsockname()).close();"
        "print(pathlib.Path('/proc/net/dev').read_text().count(':'))"
    )

    said = subprocess.run(
        [sys.executable, loopback_only.__file__, sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == "1"
