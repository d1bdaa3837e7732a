"""The publisher when the broker is down, restarted, emptied or refuses; and when it dies itself."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.broker import DEADLINE_S, free_port
from tests.system.console import Console
from tests.system.publishers import PublisherProcess, running, settings
from tests.vision.outputs.decisions import CONTEXT, alarm, occupancy, passage
from vision.core.values import Change
from vision.outputs import journal_outbox, publisher_troubles
from vision.outputs.journal import Journal
from vision.outputs.nudge import NudgeListener, PublisherRunningError, publisher_runs
from vision.outputs.ordered_lane import RefusalPolicy
from vision.settings import Secret, TlsSettings

pytestmark = pytest.mark.system

QUICK = RefusalPolicy(tries=3, first_s=0.05)
ACL = Path(__file__).parents[2] / "docs" / "mqtt-acl.example"


def until(condition):
    """Poll until the condition holds."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def password_file(folder: Path, **users: str) -> Path:
    """A Mosquitto password file."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed")
    path = folder / "passwords"
    path.touch(mode=0o600)
    for user, password in users.items():
        subprocess.run([tool, "-b", str(path), user, password], check=True)
    return path


def test_broker_absent(site, journal, broker):
    """Without a broker alarms wait, and go out in order once it is there."""
    committed = journal.commit([alarm(incident=str(n)) for n in range(5)], CONTEXT)
    with running(site) as logged:
        until(lambda: any(event == "broker_lost" for event, _ in logged))
        broker.start()
        with Console(broker.port) as console:
            # what went out before the console was there comes again, as from any lost broker
            broker.save()
            broker.kill()
            broker.start()
            console.wait_for(lambda: len({m["alarm_id"] for m in console.of("alarm")}) == 5)

            firsts = list(dict.fromkeys(m["alarm_id"] for m in console.of("alarm")))
            assert firsts == [one.alarm_id for one in committed]


def test_broker_killed_and_restarted(site, journal, broker):
    """Alarms of the time without a broker arrive after it, in order, and once more is allowed."""
    broker.start()
    with Console(broker.port) as console, running(site):
        journal.commit([alarm(incident="before")], CONTEXT)
        console.wait_for(lambda: console.of("alarm"))
        broker.save()
        broker.kill()
        journal.commit([alarm(incident=str(n)) for n in range(3)], CONTEXT)
        broker.start()

        expected = [row.payload.encode() for row in journal.tail()]
        console.wait_for(lambda: len({h.payload for h in console.heard if h.name == "alarm"}) == 4)
        heard = [h.payload for h in console.heard if h.name == "alarm"]
        assert list(dict.fromkeys(heard)) == expected


def test_broker_emptied(site, journal, broker):
    """An emptied broker is told every open alarm and every state again."""
    broker.start()
    opened, _, _ = journal.commit(
        [alarm(), alarm(incident="over"), alarm(Change.CLEARED, incident="over")], CONTEXT
    )
    journal.commit([occupancy(1)], CONTEXT)
    with running(site):
        with Console(broker.port, name="first") as console:
            console.wait_for(lambda: not journal.waiting() and not journal.due_states())
        broker.kill()
        broker.wipe()
        broker.start()
        with Console(broker.port, name="second") as console:
            topics = {"status", f"alarm/{opened.alarm_id}/state", "zone/dock/occupancy"}
            console.wait_for(lambda: topics <= {heard.name for heard in console.heard})


def test_open_alarm_is_sent_again_to_an_emptied_broker(site, journal, broker):
    """However long ago it was taken, an open alarm goes out on ``alarm`` once more."""
    (opened,) = journal.commit([alarm()], CONTEXT)
    with journal._file.write() as db:
        db.execute("UPDATE outbox SET taken_at = 1000")
    broker.start()
    with Console(broker.port) as console, running(site):
        (message,) = console.wait_for(lambda: console.of("alarm"))

    assert (message["alarm_id"], message["revision"]) == (opened.alarm_id, 1)


def test_refused_message(tmp_path, site, journal, broker):
    """A refused message is put aside, told as an alarm of its own, and the line goes on."""
    acl = tmp_path / "acl"
    acl.write_text(
        "topic read bondwatch/v1/hall/#\n"
        + "".join(f"topic write bondwatch/v1/hall/{t}\n" for t in ("status", "heartbeat", "alarm"))
        + "topic write bondwatch/v1/hall/alarm/+/state\n"
    )
    broker.start("allow_anonymous true", f"acl_file {acl}")
    with Console(broker.port) as console, running(site, QUICK):
        journal.commit([passage(), passage(), alarm()], CONTEXT)

        told = console.wait_for(lambda: len(console.of("alarm")) >= 2 and console.of("alarm"))
        kinds = [message["kind"] for message in told]
        assert sorted(kinds) == ["system_degraded", "unregistered_person"]
        degraded = told[kinds.index("system_degraded")]
        assert degraded["reason"] == "broker_refuses_messages"
        assert degraded["detail"] == {"topic": "passage", "broker": "0x87"}
        console.wait_for(lambda: len(journal.dead_letters()) == 2)
        assert console.of("passage") == []


def test_refusal_ends(tmp_path, site, journal, broker):
    """Once the broker takes what it refused, the alarm about it is cleared."""
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write bondwatch/v1/hall/status\n")
    broker.start("allow_anonymous true", f"acl_file {acl}")
    journal.commit([alarm()], CONTEXT)
    with running(site, QUICK) as logged:
        until(lambda: any(facts.get("dead") for _, facts in logged))
        broker.kill()
        broker.start("allow_anonymous true")
        with Console(broker.port) as console:
            journal.commit([alarm(Change.CLEARED)], CONTEXT)
            console.wait_for(lambda: "cleared" in [m["change"] for m in console.of("alarm")])
            console.wait_for(
                lambda: (
                    publisher_troubles.REFUSED
                    not in [found.incident for found in journal.open_alarms()]
                )
            )


@pytest.mark.parametrize("another_publisher", [False, True])
def test_what_was_refused_arrives_once_the_broker_takes_it(
    tmp_path, site, journal, broker, another_publisher
):
    """A wrong access list costs no alarm: mended, all comes, also of a publisher that is gone."""
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write bondwatch/v1/hall/status\n")
    broker.start("allow_anonymous true", f"acl_file {acl}")
    committed = journal.commit([alarm(incident=name) for name in "ab"] + [passage()], CONTEXT)
    quick = RefusalPolicy(tries=2, first_s=0.05, probe_s=0.3)
    with Console(broker.port) as console, ExitStack() as stack:
        publisher = stack.enter_context(ExitStack())
        publisher.enter_context(running(site, quick))
        until(lambda: len(journal.dead_letters()) >= 3)
        if another_publisher:
            publisher.close()
        acl.write_text("topic readwrite #\n")
        broker.reload()
        if another_publisher:
            stack.enter_context(running(site, quick))

        console.wait_for(lambda: {one.alarm_id for one in committed} <= alarms_of(console))
        console.wait_for(lambda: console.of("passage"))
        console.wait_for(lambda: not journal.dead_letters())


def alarms_of(console: Console) -> set[str]:
    """The alarms that a console has heard of."""
    return {message["alarm_id"] for message in console.of("alarm")}


def test_oversized_message(site, journal, broker):
    """A message larger than the broker takes is put aside, and the line goes on."""
    broker.start("allow_anonymous true", "max_packet_size 3000")
    with Console(broker.port) as console, running(site, QUICK):
        journal.commit([alarm(detail=(("long", "x" * 5000),)), passage()], CONTEXT)

        console.wait_for(lambda: console.of("passage"))
        (told,) = console.wait_for(lambda: console.of("alarm"))
        assert told["reason"] == "broker_refuses_messages"
        assert len(console.of("status")) == 1
    assert len(journal.dead_letters()) == 1


@pytest.mark.parametrize("topic", ["x/" * 250 + "x", "wild/+/card"])
def test_message_that_costs_the_connection(site, journal, broker, topic):
    """Whatever a broker throws us out for is found, put aside alone, and the line goes on."""
    broker.start()
    with journal._file.write() as db:
        journal_outbox.append(db, topic, "{}", 0.0)
    journal.commit([passage(), occupancy(1)], CONTEXT)
    with Console(broker.port) as console, running(site, RefusalPolicy(tries=1)):
        console.wait_for(lambda: console.of("passage") and console.of("zone/dock/occupancy"))
        console.wait_for(lambda: console.of("alarm"))
        (dead,) = journal.dead_letters()
        assert dead.topic == topic


def test_silent_broker(site, journal, broker):
    """A broker that hangs is noticed, and alarms go out when it wakes up."""
    broker.start()
    with Console(broker.port) as console, running(site) as logged:
        console.wait_for(lambda: console.of("status"))
        broker.process.send_signal(signal.SIGSTOP)
        journal.commit([alarm()], CONTEXT)
        until(lambda: any(event == "broker_lost" for event, _ in logged))
        broker.process.send_signal(signal.SIGCONT)
        console.wait_for(lambda: console.of("alarm"))


def test_acl_example(tmp_path, broker):
    """With the example, consoles may acknowledge and read; only the daemon may raise alarms."""
    passwords = password_file(tmp_path, bondwatch="d-secret", console="c-secret")
    broker.start("allow_anonymous false", f"password_file {passwords}", f"acl_file {ACL}")
    (tmp_path / "secret").write_text("d-secret\n")
    (tmp_path / "user").write_text("bondwatch\n")
    site = settings(
        tmp_path / "data",
        broker.port,
        username=Secret(file=tmp_path / "user"),
        password=Secret(file=tmp_path / "secret"),
    )
    journal = Journal.open(site.journal_path)
    (committed,) = journal.commit([alarm(), passage(), occupancy(1)], CONTEXT)
    console = Console(broker.port)
    console.client.username_pw_set("console", "c-secret")
    with console, running(site):
        console.wait_for(lambda: console.of("passage") and console.of("zone/dock/occupancy"))
        for topic in ("alarm", "status", "passage", f"alarm/{committed.alarm_id}/ack/result"):
            console.client.publish(console.root + topic, b"forged", qos=1)
        console.acknowledge(committed.alarm_id)
        topic = f"alarm/{committed.alarm_id}/ack/result"
        console.wait_for(lambda: console.of(topic))
    assert journal.dead_letters() == ()
    journal.close()


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A CA of one's own, and a server's certificate and key for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    certificate, key, request = folder / "srv.pem", folder / "srv.key", folder / "srv.csr"
    names = folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    new = [openssl, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    commands = (
        [*new, "-x509", "-keyout", ca_key, "-out", ca, "-subj", "/CN=ca", "-days", "2"],
        [*new, "-keyout", key, "-out", request, "-subj", "/CN=broker"],
        [
            openssl,
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            ca,
            "-CAkey",
            ca_key,
            "-days",
            "2",
            "-CAcreateserial",
            "-extfile",
            names,
            "-out",
            certificate,
        ],
    )
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    return ca, certificate, key


def test_tls_and_password(tmp_path, broker, monkeypatch):
    """TLS with the site's own CA, and user and password from environment and file."""
    ca, certificate, key = certificates(tmp_path)
    passwords = password_file(tmp_path, bondwatch="s3cret")
    plain_port = free_port()
    broker.start(
        f"certfile {certificate}",
        f"keyfile {key}",
        f"listener {plain_port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {passwords}",
    )
    monkeypatch.setenv("BONDWATCH_TEST_USER", "bondwatch")
    (tmp_path / "secret").write_text("s3cret\n")
    site = settings(
        tmp_path / "data",
        broker.port,
        username=Secret(env="BONDWATCH_TEST_USER"),
        password=Secret(file=tmp_path / "secret"),
        tls=TlsSettings(ca_file=ca),
    )
    console = Console(plain_port)
    console.client.username_pw_set("bondwatch", "s3cret")
    journal = Journal.open(site.journal_path)
    with console, running(site):
        journal.commit([alarm()], CONTEXT)
        console.wait_for(lambda: console.of("alarm"))
    journal.close()


def test_wrong_password_is_no_end(tmp_path, broker):
    """A broker that refuses us is tried again; the log says why and not the password."""
    passwords = password_file(tmp_path, bondwatch="s3cret")
    broker.start("allow_anonymous false", f"password_file {passwords}")
    (tmp_path / "user").write_text("bondwatch")
    (tmp_path / "secret").write_text("wr0ng")
    site = settings(
        tmp_path / "data",
        broker.port,
        username=Secret(file=tmp_path / "user"),
        password=Secret(file=tmp_path / "secret"),
    )
    console = Console(broker.port)
    console.client.username_pw_set("bondwatch", "s3cret")
    with console, running(site) as logged:
        console.wait_for(lambda: any(event == "broker_lost" for event, _ in logged))
        assert "wr0ng" not in str(logged)
        (tmp_path / "secret").write_text("s3cret")
        console.wait_for(lambda: console.of("status"))


def test_publisher_killed_in_the_middle(site, journal, broker):
    """Every committed revision arrives, in order of its first arrival, with one payload."""
    broker.start()
    process = PublisherProcess(site.data_dir, broker.port)
    with Console(broker.port) as console:
        for batch in range(3):
            process.start()
            journal.commit([alarm(incident=f"{batch}/{n}") for n in range(60)], CONTEXT)
            console.wait_for(lambda batch=batch: len(console.of("alarm")) > batch * 60 + 5)
            process.kill()
        process.start()
        expected = [row.payload.encode() for row in journal.tail()]
        console.wait_for(
            lambda: len({h.payload for h in console.heard if h.name == "alarm"}) == 180
        )
        process.stop()
        heard = [heard.payload for heard in console.heard if heard.name == "alarm"]

    assert list(dict.fromkeys(heard)) == expected


def test_only_one_publisher(site, broker):
    """A second publisher for the same data directory does not begin."""
    broker.start()
    with running(site) as logged:
        until(lambda: logged)
        assert publisher_runs(site.run_dir)
        with pytest.raises(PublisherRunningError, match="end it first"):
            NudgeListener(site.run_dir)
    assert not publisher_runs(site.run_dir)


def test_journal_cannot_be_written(site, journal, broker):
    """A journal that cannot be written keeps no alarm from going out, and is told itself."""
    broker.start()
    journal.commit([alarm()], CONTEXT)
    with Console(broker.port) as console, running(site):
        console.wait_for(lambda: not journal.waiting())
        with journal._file.write() as db:
            db.execute("UPDATE alarms SET track_id = 6")
            told = console.wait_for(
                lambda: [m for m in console.of("alarm") if m["kind"] == "system_degraded"]
            )
            assert told[0]["reason"] == "journal_cannot_be_written"
            assert told[0]["durable"] is False
        console.wait_for(
            lambda: [
                m
                for m in console.of("alarm")
                if m["alarm_id"] == told[0]["alarm_id"] and m["change"] == "cleared"
            ]
        )
