"""What systemd is told, over a real datagram socket."""

import os
import socket

import pytest

from vision.supervision.service_manager import ServiceManager


@pytest.fixture
def systemd(tmp_path):
    """The end that is systemd's, and the environment that names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(0)
        yield manager, {"NOTIFY_SOCKET": str(tmp_path / "notify")}


def received(manager):
    """Everything that lies in the socket."""
    texts = []
    try:
        while True:
            texts.append(manager.recv(4096).decode())
    except BlockingIOError:
        return texts


def test_states_are_told(systemd):
    """READY, RELOADING with the moment, STOPPING, in systemd's words."""
    manager, environment = systemd
    service = ServiceManager(environment)

    service.ready()
    service.reloading()
    service.stopping()

    ready, reloading, stopping = received(manager)
    assert (ready, stopping) == ("READY=1", "STOPPING=1")
    assert reloading.startswith("RELOADING=1\nMONOTONIC_USEC=")


def test_the_watchdog_is_fed_at_half_its_interval(systemd):
    """However often the loop turns, the watchdog is fed when half its time is over."""
    manager, environment = systemd
    service = ServiceManager({**environment, "WATCHDOG_USEC": "10000000"})

    for now_s in (0.0, 4.9, 5.0, 9.9, 10.0):
        service.loop_turns(now_s)

    assert received(manager) == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "more", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}]
)
def test_a_watchdog_that_is_not_ours_is_not_fed(systemd, more):
    """Without an interval, or with one meant for another process, nothing is sent."""
    manager, environment = systemd

    ServiceManager({**environment, **more}).loop_turns(0.0)

    assert received(manager) == []


def test_the_abstract_namespace_is_known():
    """An address that begins with @ is one without a file."""
    name = f"bondwatch-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(0)

        ServiceManager({"NOTIFY_SOCKET": "@" + name}).ready()

        assert received(manager) == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_systemd_nothing_is_the_matter(environment):
    """The daemon runs the same where nobody listens."""
    service = ServiceManager(environment)

    service.ready()
    service.loop_turns(0.0)
    service.close()
