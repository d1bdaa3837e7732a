"""The server as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from tests.clips import make_clip

COMMAND = [sys.executable, "-m", "bondwatch.rtsp_server", "--mount", f"cam={make_clip()}"]


@pytest.mark.system
def test_it_prints_its_ports_takes_commands_and_ends_on_sigterm() -> None:
    """Scripts find it by one line of JSON, steer it by lines, and end it as any service."""
    words = ["--port", "0", "--control-port", "0", "--print-port"]
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        with (
            socket.create_connection(("127.0.0.1", ports["control_port"])) as control,
            control.makefile("rw") as lines,
        ):
            lines.write("freeze cam\nfreeze dock\n")
            lines.flush()
            assert lines.readline() == "ok\n"
            assert lines.readline().startswith("error: no mount named 'dock'")
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.system
def test_a_password_that_is_not_set_is_named() -> None:
    """Serving without the password that was asked for would be serving everybody."""
    words = ["--user", "guard", "--password-env", "NO_SUCH_VARIABLE"]
    environ = {name: value for name, value in os.environ.items() if name != "NO_SUCH_VARIABLE"}
    done = subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, env=environ, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "NO_SUCH_VARIABLE is not set" in done.stderr
