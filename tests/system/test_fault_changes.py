"""What operators change while the daemon runs: the configuration, the register, its end.

A changed rule applies without dropping a stream, mistakes change nothing, a suspension takes
effect at once, a guard's word ends an alarm, a second daemon is refused, and nothing is lost at
the end. One daemon, in front of a man who is enrolled at first.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from enrolment.people import Person
from enrolment.register import Register
from tests.system.console import Console
from tests.system.faulty_site import (
    MARGIN_S,
    at,
    faulty_site,
    log_lines,
    one_man_alone,
    pid_of,
    told,
    wait_ready,
    wait_told,
)
from tests.system.site import ROOT, Site, eventually, listening
from vision.register_watch import POLL_EVERY_S
from vision.supervision.timings import DAEMON

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

STAR = "lin-manuel-miranda"
REVOKED_WITHIN_S = 5
ENDS_WITHIN_S = 5


@dataclass(frozen=True)
class Running:
    """A running site and its console."""

    place: Site
    console: Console

    def reload(self) -> None:
        """Ask the daemon to read its configuration anew."""
        assert self.place.daemon is not None
        self.place.daemon.send_signal(signal.SIGHUP)

    def taken_up(self) -> int:
        """How often a configuration was taken up."""
        return len(log_lines(self.place, "configuration_taken_up"))

    def permit(self, *groups: str) -> None:
        """Let these groups alone into the zone, from now on."""
        before = self.taken_up()
        permits = [{"groups": list(groups)}] if groups else []
        self.place.settings["zones"][0]["permits"] = permits
        self.place.write_config()
        self.reload()
        eventually(lambda: self.taken_up() > before)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, test_data: Path) -> Iterator[Running]:
    """The stage, with a man on it who is enrolled."""
    stage = test_data / "media" / "stage-two-people.mp4"
    if not stage.is_file():
        pytest.skip(f"{stage} is missing")
    folder = tmp_path_factory.mktemp("changes")
    clips = {"hall": one_man_alone(stage, folder / "clip.mp4")}
    with ExitStack() as stack:
        place = stack.enter_context(faulty_site(folder, clips, analyses_per_s=4))
        place.settings["zones"][0]["verify_within_s"] = 60
        place.write_config()
        place.enrol("Lin-Manuel Miranda", test_data / "people" / f"{STAR}.png")
        console = stack.enter_context(listening(place))
        place.start()
        wait_ready(place)
        yield Running(place, console)


def about_him(console: Console, **facts: Any) -> list[dict[str, Any]]:
    """The revisions of alarms that name him."""
    found = told(console, kind="unauthorised_person", **facts)
    return [alarm for alarm in found if alarm["identity"]["staff_id"] == STAR]


def open_about_him(console: Console) -> list[dict[str, Any]]:
    """The alarms that name him and are open."""
    newest = {alarm["alarm_id"]: alarm for alarm in about_him(console)}
    return [alarm for alarm in newest.values() if alarm["state"] == "open"]


def test_a_changed_rule(running: Running) -> None:
    """After SIGHUP the new rule holds, over the same connection to the camera."""
    place, console = running.place, running.console
    eventually(lambda: log_lines(place, "stream_event", kind="connected"))
    assert about_him(console) == []

    running.permit()

    console.wait_for(lambda: about_him(console))
    assert len(log_lines(place, "stream_event", kind="connected")) == 1
    assert place.rtsp.watchers("hall") == 1
    running.permit("cast")


def test_a_configuration_with_mistakes(running: Running) -> None:
    """Each mistake is a line in the log, and all goes on as it was, whoever has to start again."""
    place = running.place
    started = len(log_lines(place, "child_started", child="w1"))
    taken_up = running.taken_up()
    right = place.config.read_text()
    place.config.write_text(right.replace("analyses_per_s: 4", "analyses_per_s: many") + "hue: 1\n")
    running.reload()
    refused = eventually(
        lambda: len(found := log_lines(place, "configuration_refused")) == 2 and found
    )
    assert ["analyses_per_s" in refused[0]["problem"], "hue" in refused[1]["problem"]] == [True] * 2
    assert running.taken_up() == taken_up

    os.kill(pid_of(place, "w1"), signal.SIGKILL)
    eventually(lambda: len(log_lines(place, "child_ready", child="w1")) > started)

    place.config.write_text(right)
    assert len(log_lines(place, "child_ended", child="w1")) == 1


@pytest.mark.parametrize(
    ("command", "reason", "back"),
    [
        ("suspend", "suspended", ["resume"]),
        ("revoke", "revoked", ["request-again", "approve"]),
    ],
)
def test_a_permission_that_ends(
    running: Running, command: str, reason: str, back: list[str]
) -> None:
    """Who is let in no longer is an alarm within 5 s, seen or not, until he is admitted again."""
    place, console = running.place, running.console
    place.command("enrol", command, STAR)
    ended_at = time.time()

    def is_told() -> list[dict[str, Any]]:
        later = [a for a in about_him(console) if at(a, "written") > ended_at - MARGIN_S]
        return [alarm for alarm in later if alarm["reason"] == reason]

    alarm = console.wait_for(is_told)[0]
    assert at(alarm, "written") - ended_at < REVOKED_WITHIN_S + MARGIN_S
    for admitting in back:
        place.command("enrol", admitting, STAR)
    wait_told(console, alarm_id=alarm["alarm_id"], change="cleared")
    assert POLL_EVERY_S + DAEMON.tick_s < REVOKED_WITHIN_S


def test_a_guards_word(running: Running) -> None:
    """An alarm ends when a guard answers for the person, and says by whose word."""
    place, console = running.place, running.console
    with Register.open(place.folder / "data" / "register.db") as register:
        register.add_person(Person("substitute", "A Substitute", frozenset({"cast"})))
    place.command("enrol", "suspend", STAR)

    ended = console.wait_for(lambda: vouched_for(place, console))

    assert (ended["change"], ended["identity"]["vouched_by"]) == ("cleared", "Gate 2")


def vouched_for(place: Site, console: Console) -> dict[str, Any] | None:
    """The end of an alarm by a guard's word; he may walk off while the guard still types.

    An alarm that ended by itself before the word arrived is nobody's fault: there is a next one.
    """
    for alarm in open_about_him(console):
        alarm_id = alarm["alarm_id"]
        try:
            place.command("vouch", alarm_id, "--staff", "substitute", "--by", "Gate 2")
        except AssertionError as refused:
            assert "is over" in str(refused)  # noqa: PT017 -- what the command said
        else:
            ended = wait_told(console, alarm_id=alarm_id, change="cleared")
            if ended["reason"] == "vouched":
                return ended
    return None


def test_a_register_that_breaks(running: Running) -> None:
    """Garbage in the register's place is told, and is over once a sound register is back."""
    place, console = running.place, running.console
    path = place.folder / "data" / "register.db"
    with closing(sqlite3.connect(path)) as register:
        register.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = path.read_bytes()
    rubbish = path.with_name("rubbish")
    rubbish.write_bytes(b"not a database at all" * 1000)
    rubbish.replace(path)

    degraded = wait_told(console, kind="system_degraded", reason="unreadable")
    whole = path.with_name("whole")
    whole.write_bytes(sound)
    whole.replace(path)

    wait_told(console, alarm_id=degraded["alarm_id"], change="cleared")


def test_a_second_daemon(running: Running) -> None:
    """One data directory has one daemon; the other is told whose it is, and starts nothing."""
    assert running.place.daemon is not None
    second = subprocess.run(
        [sys.executable, "-m", "bondwatch", "run", "--config", str(running.place.config)],
        cwd=ROOT,
        env=running.place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == 1
    assert "is held by another daemon" in second.stderr
    assert str(running.place.daemon.pid) in second.stderr


def test_the_end(running: Running) -> None:
    """SIGTERM ends it in time; what was committed has been heard, the last word is ``offline``."""
    place, console = running.place, running.console
    began_s = time.monotonic()
    assert place.stop() == 0

    assert time.monotonic() - began_s < ENDS_WITHIN_S + MARGIN_S
    assert DAEMON.all_end_s < ENDS_WITHIN_S
    console.wait_for(lambda: console.of("status")[-1]["status"] == "offline")
    with closing(sqlite3.connect(place.folder / "data" / "journal.db")) as journal:
        sent = journal.execute("SELECT payload FROM outbox WHERE topic = 'alarm'").fetchall()
    heard = {heard.payload.decode() for heard in console.heard if heard.name == "alarm"}
    assert {payload for (payload,) in sent} <= heard
