"""The publisher as the supervisor starts it, with a broker that is not there."""

import subprocess
import sys

import pytest

from tests.system.supervised import PATIENCE_S, ROOT, config
from vision.child_protocol import Beat, Ready, Stop, encode, parse_report

pytestmark = pytest.mark.system


@pytest.fixture
def publisher(tmp_path):
    """``bondwatch publisher`` over two pipes; ended with the test."""
    (tmp_path / "config.yaml").write_text(config(["a"]))
    command = [sys.executable, "-m", "bondwatch", "publisher", "--config", tmp_path / "config.yaml"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        yield process
        process.kill()


def test_it_is_ready_and_beats_without_a_broker(publisher):
    """A broker that cannot be reached does not keep the publisher from its work."""
    assert [parse_report(publisher.stdout.readline()) for _ in range(3)] == [
        Ready(),
        Beat(),
        Beat(),
    ]


@pytest.mark.parametrize("order", [encode(Stop()), b""], ids=["stop", "end of file"])
def test_it_ends_when_told_or_left_alone(publisher, order):
    """An order to stop, or the end of the supervisor, is an orderly end."""
    publisher.stdout.readline()

    publisher.stdin.write(order)
    publisher.stdin.close()

    assert publisher.wait(PATIENCE_S) == 0
