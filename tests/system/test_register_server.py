"""A register on a PostgreSQL server, followed by a running worker: a suspension arrives at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrolment.key_rotation import init_keys
from enrolment.places import PostgresDatabase
from enrolment.register import Register
from enrolment.register_history import Note
from enrolment.states import Action
from tests.enrolment.postgres_server import PostgresServer
from tests.system.workers import Place, cut, place
from tests.vision.sight import enrol, load
from tests.vision.waiting import eventually
from vision.core.values import AlarmKind
from vision.outputs.journal import Journal
from vision.outputs.journal_values import AlarmRecord

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

HE_IS_SEEN_S = (4.5, 7.5)


@pytest.fixture
def stage(tmp_path: Path, test_data: Path, weights: Path) -> Iterator[Place]:
    """A man before a camera, again and again; the register is on a server."""
    del weights
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    server = PostgresServer()
    try:
        with place(tmp_path, cut(clip, HE_IS_SEEN_S, tmp_path / "clip.mp4")) as made:
            database = server.fresh()
            assert isinstance(database, PostgresDatabase)
            url, _, user = database.url.partition("&user=")
            made.facts["register"] = {"url": url, "username": {"env": "SITE_PG"}}
            made.environment["SITE_PG"] = user
            made.write_config()
            yield made
    finally:
        server.stop()


def test_a_suspension_ends_the_trust_in_who_is_inside(
    stage: Place, test_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He was recognised and let in; suspended, the same track is an alarm that says so."""
    monkeypatch.setenv("SITE_PG", stage.environment["SITE_PG"])
    where, journal = stage.settings.register_place, stage.journal
    assert where.keys
    init_keys(where.keys)
    enrol(where, load(), {"lin": test_data / "people" / "lin-manuel-miranda.png"})
    worker = stage.start()
    eventually(lambda: trusted(journal), within_s=80)
    assert unauthorised(journal) == []

    with Register.open(where) as register:
        register.act("lin", Action.SUSPEND, Note("guard", "badge lost"))

    (alarm,) = eventually(lambda: unauthorised(journal))
    assert json.loads(alarm.payload)["reason"] == "suspended"
    assert json.loads(alarm.payload)["identity"]["staff_id"] == "lin"
    assert worker.stop() == 0


def trusted(journal: Journal) -> bool:
    """Whether the zone's occupancy counts a registered person."""
    states = [json.loads(state.payload) for state in journal.all_states() if state.payload]
    return any(state.get("registered") for state in states)


def unauthorised(journal: Journal) -> list[AlarmRecord]:
    """The open alarms about somebody who is known and not let in."""
    open_ones = journal.open_alarms()
    return [one for one in open_ones if one.kind is AlarmKind.UNAUTHORISED_PERSON]
