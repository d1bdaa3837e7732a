"""The register's server ends while a worker searches on it: an alarm, and no guess."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from enrolment.key_rotation import init_keys
from enrolment.places import PostgresDatabase
from tests.enrolment.postgres_server import PostgresServer, programs_with_pgvector
from tests.system.workers import Place, cut, place
from tests.vision.sight import enrol, load
from tests.vision.waiting import eventually
from vision.child_protocol import Beat, Degraded, Report
from vision.core.values import AlarmKind
from vision.outputs.journal_values import AlarmRecord

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

HE_IS_SEEN_S = (4.5, 7.5)
UNREADABLE, WELL = Degraded("register", "unreadable"), Degraded("register", None)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that has pgvector."""
    server = PostgresServer(programs_with_pgvector())
    yield server
    server.stop()


@pytest.fixture
def stage(tmp_path: Path, test_data: Path, server: PostgresServer) -> Iterator[Place]:
    """A man before a camera, enrolled in a register that is searched on its server."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    with place(tmp_path, cut(clip, HE_IS_SEEN_S, tmp_path / "clip.mp4")) as made:
        database = server.fresh()
        assert isinstance(database, PostgresDatabase)
        url, _, user = database.url.partition("&user=")
        made.facts["register"] = {"url": url, "search": "pgvector", "username": {"env": "SITE_PG"}}
        made.environment["SITE_PG"] = user
        made.write_config()
        yield made


def test_a_server_that_ends(
    stage: Place,
    server: PostgresServer,
    test_data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who comes in then is unverified, and the worker says why; once it is back, so is trust."""
    monkeypatch.setenv("SITE_PG", stage.environment["SITE_PG"])
    register, journal = stage.settings.register_place, stage.journal
    assert register.keys
    init_keys(register.keys)
    man = test_data / "people" / "lin-manuel-miranda.png"
    enrol(register, load(), {"lin": man})
    stage.rtsp.refuse("cam1")
    worker = stage.start()
    worker.wait_for(Beat())
    assert about_register(worker.reports()) == []

    server.shut()
    try:
        worker.wait_for(UNREADABLE)
        stage.rtsp.resume("cam1")
        (alarm,) = eventually(lambda: unverified(stage))
    finally:
        server.start()

    worker.wait_for(WELL)
    eventually(lambda: (one := journal.alarm(alarm.alarm_id)) and not one.is_open)
    assert about_register(worker.reports()) == [UNREADABLE, WELL]
    assert [r for r in worker.reports() if isinstance(r, Degraded) and "analysis" in r.what] == []
    assert worker.stop() == 0


def unverified(stage: Place) -> list[AlarmRecord]:
    """The open alarms about somebody whom nobody could verify."""
    open_ones = stage.journal.open_alarms()
    return [one for one in open_ones if one.kind is AlarmKind.UNVERIFIED_PERSON]


def about_register(reports: list[Report | None]) -> list[Report]:
    """What was said about the register."""
    return [one for one in reports if isinstance(one, Degraded) and one.what == "register"]
