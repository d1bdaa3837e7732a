"""The supervisor over real processes, with real signals and a real journal."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.system.supervised import (
    PATIENCE_S,
    ROOT,
    Daemon,
    config,
    is_alive,
    wait_until,
)

pytestmark = pytest.mark.system


@pytest.fixture
def daemon(tmp_path):
    """Makes daemons in the test's directory; all are ended with the test."""
    daemons = []

    def make(*cameras, **options):
        daemons.append(Daemon(tmp_path, cameras or ("a", "b"), **options))
        return daemons[-1]

    yield make
    for one in daemons:
        one.close()


def test_cameras_are_shared_out_among_workers(daemon):
    """Each worker is told its cameras, and every camera has one."""
    running = daemon("a", "b", "c")

    wait_until(lambda: running.noted("w1", "assign") and running.noted("w2", "assign"))

    assert running.noted("w1", "assign")[0]["cameras"] == ["a", "c"]
    assert running.noted("w2", "assign")[0]["cameras"] == ["b"]


def test_a_crashed_worker_is_an_alarm_and_comes_back(daemon):
    """A crash raises the worker's and its cameras' alarms; the next process ends the first."""
    running = daemon(behaviour={"w1": "crash"})
    running.wait_for_alarm("system_degraded/worker/w1", is_open=True, reason="worker_crashed")
    running.wait_for_alarm("camera_offline/a", is_open=True, reason="worker_crashed")

    running.behave("w1", "")

    running.wait_for_alarm("system_degraded/worker/w1", is_open=False, reason="worker_well")
    assert running.alarms()["camera_offline/a"][0]
    assert "camera_offline/b" not in running.alarms()


def test_a_hung_worker_is_killed_and_comes_back(daemon):
    """A worker whose beat stops is killed and started again; its cameras are offline till then."""
    running = daemon()
    running.wait_ready("w1", "w2")
    first = running.noted("w1", "start")[0]["pid"]

    running.hang("w1")

    running.wait_for_alarm("camera_offline/a", is_open=True, reason="worker_hung")
    running.wait_for_alarm("system_degraded/worker/w1", is_open=False, reason="worker_well")
    assert not is_alive(first)
    assert len(running.noted("w2", "start")) == 1


def test_a_worker_that_is_killed_from_outside_is_an_alarm(daemon):
    """The signal that ended a worker is told with the alarm."""
    running = daemon()
    running.wait_ready("w2")

    os.kill(running.noted("w2", "start")[0]["pid"], signal.SIGSEGV)

    running.wait_for_alarm("camera_offline/b", is_open=True, reason="worker_crashed")
    assert running.logged("child_ended", child="w2", how="SIGSEGV")


def test_a_dead_publisher_is_an_alarm_and_comes_back(daemon):
    """The publisher is started again like a worker, and its gap is an alarm."""
    running = daemon()
    running.wait_ready("publisher")

    os.kill(running.noted("publisher", "start")[0]["pid"], signal.SIGKILL)

    running.wait_for_alarm("system_degraded/publisher", is_open=False, reason="publisher_well")
    assert len(running.noted("publisher", "start")) == 2


def test_a_worker_that_takes_long_to_start_is_an_alarm(daemon):
    """Before a worker is ready nobody watches its cameras, and that is said."""
    running = daemon("a", slow_start_s=0.0, behaviour={"w1": "slow"})

    running.wait_for_alarm("camera_offline/a", is_open=True, reason="worker_slow_start")
    running.wait_for_alarm("system_degraded/worker/w1", is_open=False, reason="worker_well")


def test_what_a_child_reports_is_an_alarm(daemon):
    """A part that a child calls degraded is an alarm until a child without that is at work."""
    running = daemon("a", behaviour={"w1": "degraded"})
    running.wait_for_alarm("system_degraded/part/models", is_open=True, reason="wrong_digest")

    running.behave("w1", "")
    os.kill(running.noted("w1", "start")[0]["pid"], signal.SIGKILL)

    running.wait_for_alarm("system_degraded/part/models", is_open=False, reason="works_again")


def test_garbage_on_stdout_is_counted_and_nothing_else(daemon):
    """What a library prints neither stops a child nor the supervisor."""
    running = daemon("a", behaviour={"w1": "spam"})
    running.wait_ready("w1")

    assert running.end() == 0

    assert running.logged("child_ended", child="w1", garbage=5000)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_workers_first_then_the_publisher(daemon, number):
    """On SIGTERM everybody ends in an orderly way: workers, ledger, publisher; status 0."""
    running = daemon()
    running.wait_ready("w1", "w2", "publisher", "ledger")

    running.signal(number)

    assert running.process.wait(PATIENCE_S) == 0
    stops = [note["child"] for note in running.notes() if note["event"] == "stop"]
    assert sorted(stops[:2]) == ["w1", "w2"]
    assert stops[2:] == ["ledger", "publisher"]
    assert not any(incident.startswith("system") for incident in running.alarms())


def test_who_ignores_the_order_to_end_is_killed(daemon):
    """A child that does not end is killed in time; the publisher still ends by itself."""
    running = daemon(behaviour={"w1": "deaf"}, workers_end_s=0.3, all_end_s=0.9)
    running.wait_ready("w1", "w2", "publisher")

    assert running.end() == 0

    assert running.logged("child_killed", child="w1")
    assert running.noted("publisher", "stop")
    assert not is_alive(running.noted("w1", "start")[0]["pid"])


def test_a_killed_supervisor_leaves_nobody_behind(daemon):
    """Children whose supervisor was killed end by themselves; the next daemon then begins."""
    running = daemon()
    running.wait_ready("w1", "w2", "publisher", "ledger")

    running.signal(signal.SIGKILL)
    running.process.wait(PATIENCE_S)
    running.start()

    wait_until(lambda: len(running.noted("w1", "start")) == 2)
    stopped = [note["pid"] for note in running.notes() if note["event"] == "stop"]
    assert len(stopped) == 4
    assert not any(is_alive(pid) for pid in stopped)


def test_alarms_from_before_a_restart_are_ended(daemon):
    """A supervisor takes up the alarms that its predecessor left open."""
    running = daemon(behaviour={"w1": "crash"})
    running.wait_for_alarm("system_degraded/worker/w1", is_open=True, reason="worker_crashed")
    running.wait_for_alarm("camera_offline/a", is_open=True, reason="worker_crashed")
    assert running.end() == 0
    running.behave("w1", "")
    running.configure(config(["b"]))

    running.start()

    running.wait_for_alarm("system_degraded/worker/w1", is_open=False, reason="worker_well")
    running.wait_for_alarm("camera_offline/a", is_open=False, reason="camera_removed")


def test_a_second_daemon_is_refused_by_name(daemon):
    """One data directory has one daemon; the other is told which process and which file."""
    running = daemon()
    running.wait_ready("w1")

    second = subprocess.run(
        [sys.executable, "-m", "bondwatch", "run", "--config", running.folder / "config.yaml"],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=ROOT,
    )

    assert second.returncode == 1
    assert "data/daemon.lock is held by another daemon" in second.stderr
    assert str(running.process.pid) in second.stderr
    assert second.stderr.count("\n") == 1


def test_a_reload_leaves_alone_what_did_not_change(daemon):
    """After SIGHUP a new camera has a worker; nobody was started anew, the rest is as it was."""
    running = daemon("a", "b")
    running.wait_ready("w1", "w2", "publisher")

    running.configure(config(["b", "a", "c"]))
    running.signal(signal.SIGHUP)

    wait_until(lambda: len(running.noted("w1", "assign")) == 2)
    assert running.noted("w1", "assign")[1]["cameras"] == ["a", "c"]
    wait_until(lambda: len(running.noted("w2", "assign")) == 2)
    assert running.noted("w2", "assign")[1]["cameras"] == ["b"]
    assert [len(running.noted(name, "start")) for name in ("w1", "w2", "publisher")] == [1, 1, 1]


def test_a_reload_with_mistakes_changes_nothing(daemon):
    """Every mistake is logged, and the daemon goes on with what it had."""
    running = daemon("a", "b")
    running.wait_ready("w1", "w2")

    running.configure(config(["a", "b"]).replace("workers: 2", "workers: none") + "colour: red\n")
    running.signal(signal.SIGHUP)
    wait_until(lambda: len(running.logged("configuration_refused")) == 2)
    running.configure(config(["a", "b"]))
    running.signal(signal.SIGHUP)

    wait_until(lambda: len(running.noted("w1", "assign")) == 2)
    assert len(running.logged("configuration_taken_up")) == 1
    assert len(running.noted("w1", "start")) == 1


def test_a_reload_cannot_move_the_data(daemon):
    """Another data_dir is refused, with the remedy: children must not part with each other."""
    running = daemon("a")
    running.wait_ready("w1")

    running.configure(config(["a"]).replace("data_dir: data", "data_dir: other"))
    running.signal(signal.SIGHUP)

    wait_until(lambda: running.logged("configuration_refused"))
    problem = "data_dir changed; restart the daemon for that"
    assert running.logged("configuration_refused", problem=problem)


def test_another_broker_starts_the_publisher_anew(daemon):
    """A changed mqtt section replaces the publisher in an orderly way; that is no alarm."""
    running = daemon("a")
    running.wait_ready("w1", "publisher")

    running.configure(config(["a"], port=2))
    running.signal(signal.SIGHUP)

    wait_until(lambda: len(running.noted("publisher", "start")) == 2)
    assert running.noted("publisher", "stop")
    assert "system_degraded/publisher" not in running.alarms()


def test_a_worker_without_cameras_goes(daemon):
    """When cameras are removed their worker ends, and their alarms with it."""
    running = daemon("a", "b", behaviour={"w2": "crash"})
    running.wait_for_alarm("system_degraded/worker/w2", is_open=True, reason="worker_crashed")
    running.wait_for_alarm("camera_offline/b", is_open=True, reason="worker_crashed")

    running.configure(config(["a"]))
    running.signal(signal.SIGHUP)

    running.wait_for_alarm("camera_offline/b", is_open=False, reason="camera_removed")
    running.wait_for_alarm("system_degraded/worker/w2", is_open=False, reason="worker_removed")


def test_a_stopped_supervisor_blames_nobody(daemon):
    """Silence while the supervisor itself stood still is not held against the children."""
    running = daemon("a", hang_after_s=1.5, stall_s=0.5)
    running.wait_ready("w1")
    pid = running.noted("w1", "start")[0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    running.signal(signal.SIGSTOP)

    time.sleep(2.5)  # longer than the silence that would kill
    running.signal(signal.SIGCONT)
    os.kill(pid, signal.SIGCONT)

    wait_until(lambda: running.logged("supervisor_stood_still"))
    assert running.end() == 0
    assert not running.logged("child_killed")


def test_systemd_is_told(daemon, tmp_path):
    """READY, WATCHDOG while the loop turns, RELOADING around a reload, STOPPING."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        running = daemon("a", environment=environment)
        running.wait_ready("w1")
        told = [manager.recv(4096).decode() for _ in range(3)]

        running.signal(signal.SIGHUP)
        wait_until(lambda: running.logged("configuration_taken_up"))
        assert running.end() == 0
        manager.settimeout(0)
        told += receive_all(manager)

    words = [text.split("\n")[0] for text in told if text != "WATCHDOG=1"]
    assert words == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]
    assert told.count("WATCHDOG=1") >= 2
    assert any("MONOTONIC_USEC=" in text for text in told)


def receive_all(manager):
    """What lies in the socket."""
    texts = []
    try:
        while True:
            texts.append(manager.recv(4096).decode())
    except BlockingIOError:
        return texts


def test_a_ledger_that_dies_is_an_alarm_and_comes_back(daemon):
    """Its death is told like the publisher's, and no camera is called offline for it."""
    running = daemon()
    running.wait_ready("ledger", "w1", "w2")
    first = running.noted("ledger", "start")[0]["pid"]

    os.kill(first, signal.SIGKILL)

    running.wait_for_alarm("system_degraded/ledger", is_open=True, reason="ledger_crashed")
    running.wait_for_alarm("system_degraded/ledger", is_open=False, reason="ledger_well")
    assert not [name for name in running.alarms() if name.startswith("camera_offline")]


def test_a_ledger_that_fails_is_an_alarm_of_its_part(daemon):
    """What it reports stays open until its successor is well without it."""
    running = daemon(behaviour={"ledger": "degraded"})
    running.wait_for_alarm("system_degraded/part/models", is_open=True, reason="wrong_digest")

    running.behave("ledger", "")
    os.kill(running.noted("ledger", "start")[0]["pid"], signal.SIGKILL)

    running.wait_for_alarm("system_degraded/part/models", is_open=False, reason="works_again")


def test_another_second_place_starts_the_ledger_anew(daemon):
    """A changed ledger section replaces its writer in an orderly way; that is no alarm."""
    running = daemon("a")
    running.wait_ready("w1", "publisher", "ledger")

    running.configure(config(["a"]) + "ledger: {checkpoint_s: 5}\n")
    running.signal(signal.SIGHUP)

    wait_until(lambda: len(running.noted("ledger", "start")) == 2)
    assert running.noted("ledger", "stop")
    assert len(running.noted("publisher", "start")) == 1
    assert "system_degraded/ledger" not in running.alarms()
