"""A camera worker as a process of its own, with a real camera, journal and register."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from enrolment.key_rotation import init_keys
from enrolment.register import Register
from enrolment.register_history import Note
from enrolment.states import Action
from models.loading import ModelSet
from tests.clips import make_clip
from tests.system.workers import Place, WorkerProcess, cut, place
from tests.vision.sight import enrol, load
from tests.vision.waiting import eventually
from vision.child_protocol import Assign, Beat, Degraded, Ready
from vision.core.values import AlarmKind
from vision.outputs.journal import Journal
from vision.outputs.journal_values import AlarmRecord
from vision.outputs.nudge import NudgeListener

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

LIN = "lin-manuel-miranda.png"
HE_IS_SEEN_S = (4.5, 7.5)
"""The part of the clip that shows him alone, from the front."""

HURT = {"ended", "no_answer", "unreachable", "garbage"}
"""What a camera that hangs up is called, as it happens while connecting or later."""


@pytest.fixture(scope="module")
def models() -> ModelSet:
    """The models, for enrolling."""
    return load()


@pytest.fixture
def people(test_data: Path) -> Path:
    """The folder of portraits."""
    return test_data / "people"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    """A camera that shows a pattern; there is no register, and models are not needed."""
    with place(tmp_path, make_clip(seconds=2.0)) as made:
        yield made


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Place, WorkerProcess]]:
    """One worker for tests that leave it as they found it: a start takes seconds."""
    with place(tmp_path_factory.mktemp("running"), make_clip(seconds=2.0)) as made:
        yield made, made.start()


@pytest.fixture
def well(running: tuple[Place, WorkerProcess]) -> tuple[Place, WorkerProcess]:
    """The running worker, its camera delivering and no alarm open."""
    here, worker = running
    here.rtsp.resume("cam1")
    journal = here.journal
    eventually(lambda: (state := journal.camera_state("cam1")) and state.online)
    eventually(lambda: not journal.open_alarms())
    return here, worker


@pytest.fixture
def stage(tmp_path: Path, test_data: Path) -> Iterator[Place]:
    """A camera that shows a man on a stage, three seconds of him again and again."""
    clip = test_data / "media" / "stage-two-people.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip} is missing")
    with place(tmp_path, cut(clip, HE_IS_SEEN_S, tmp_path / "clip.mp4")) as made:
        made.write_config()
        keys = made.settings.register_place.keys
        assert keys
        init_keys(keys)
        yield made


def open_of(journal: Journal, *kinds: AlarmKind) -> list[AlarmRecord]:
    """The open alarms of these kinds."""
    return [record for record in journal.open_alarms() if record.kind in kinds]


def decided(journal: Journal) -> list[dict[str, Any]]:
    """Every revision of every alarm, as published."""
    return [json.loads(row.payload) for row in journal.tail()]


class TestProtocol:
    """What the supervisor sees of it."""

    def test_it_is_ready_beats_and_stops(self, here: Place) -> None:
        """In that order; a register that is not there is reported, and the end is in order."""
        worker = here.start()
        worker.wait_for(Beat())
        worker.wait_for(Degraded("register", "unreadable"))
        eventually(lambda: here.journal.camera_state("cam1"))

        assert worker.stop() == 0
        reports = worker.reports()
        assert reports.index(Ready()) < reports.index(Beat())
        assert None not in reports

    def test_the_end_of_its_stdin_ends_it(self, here: Place) -> None:
        """The supervisor is gone, and another may watch the same camera soon."""
        worker = here.start()
        worker.wait_for(Ready())

        assert worker.process.stdin is not None
        worker.process.stdin.close()

        assert worker.process.wait(20) == 0

    def test_signals_to_the_group_are_the_supervisors(
        self, well: tuple[Place, WorkerProcess]
    ) -> None:
        """Ctrl-C and a service manager's SIGTERM reach every process; it waits for its order."""
        _, worker = well
        for number in (signal.SIGINT, signal.SIGTERM):
            worker.process.send_signal(number)
        beats = worker.reports().count(Beat())

        eventually(lambda: worker.reports().count(Beat()) > beats + 1)
        assert worker.process.poll() is None

    def test_a_camera_may_be_given_and_taken(self, well: tuple[Place, WorkerProcess]) -> None:
        """The stream begins and ends with the assignment."""
        here, worker = well
        eventually(lambda: here.rtsp.watchers("cam1") == 1)
        worker.send(Assign(()))
        eventually(lambda: here.rtsp.watchers("cam1") == 0)
        worker.send(Assign(("cam1",)))

        eventually(lambda: here.rtsp.watchers("cam1") == 1)

    def test_a_camera_that_nobody_configured_is_told(
        self, well: tuple[Place, WorkerProcess]
    ) -> None:
        """Nobody would miss it otherwise."""
        _, worker = well
        worker.send(Assign(("cam1", "ghost")))
        worker.wait_for(Degraded("assignment", "unknown_camera"))
        worker.send(Assign(("cam1",)))

        worker.wait_for(Degraded("assignment", None))

    def test_a_broken_configuration_drops_no_camera(
        self, well: tuple[Place, WorkerProcess]
    ) -> None:
        """The last good one goes on, and somebody hears of it."""
        here, worker = well
        eventually(lambda: here.rtsp.watchers("cam1") == 1)
        good = here.config.read_text()
        here.config.write_text("cameras: [")
        worker.send(Assign(("cam1",)))
        worker.wait_for(Degraded("configuration", "unreadable"))
        here.config.write_text(good)
        worker.send(Assign(("cam1",)))

        worker.wait_for(Degraded("configuration", None))
        assert here.rtsp.watchers("cam1") == 1


class TestCamera:
    """What becomes of a camera that does not do its part."""

    def test_a_dropped_camera_is_offline_and_comes_back(
        self, well: tuple[Place, WorkerProcess]
    ) -> None:
        """One alarm, with the reason, cleared by pictures."""
        here, _ = well
        journal = here.journal
        here.rtsp.refuse("cam1")
        (alarm,) = eventually(lambda: open_of(journal, AlarmKind.CAMERA_OFFLINE))
        state = eventually(lambda: (s := journal.camera_state("cam1")) and not s.online and s)
        assert state.why in HURT

        here.rtsp.resume("cam1")

        eventually(lambda: not open_of(journal, AlarmKind.CAMERA_OFFLINE))
        said = [m for m in decided(journal) if m["alarm_id"] == alarm.alarm_id]
        assert said[0]["change"] == "raised"
        assert said[0]["reason"] in HURT
        assert (said[-1]["change"], said[-1]["reason"]) == ("cleared", "sending_again")

    def test_a_frozen_camera_has_stopped_sending(self, well: tuple[Place, WorkerProcess]) -> None:
        """The connection stands and nothing comes."""
        here, _ = well
        journal = here.journal
        here.rtsp.freeze("cam1")

        eventually(lambda: open_of(journal, AlarmKind.CAMERA_OFFLINE))
        assert "stopped_sending" in {m["reason"] for m in decided(journal)}

    def test_a_wrong_password_is_the_reason(self, here: Place) -> None:
        """And it shows nowhere (see ``workers``)."""
        here.environment["WORKER_CAMERA_PASSWORD"] = f"{here.environment['WORKER_CAMERA_USER']}?"
        worker = here.start()
        journal = here.journal

        (alarm,) = eventually(lambda: open_of(journal, AlarmKind.CAMERA_OFFLINE))

        eventually(lambda: "wrong_password" in {m["reason"] for m in decided(journal)})
        assert worker.stop() == 0
        assert b"watch man?" not in here.log.read_bytes()
        assert alarm.cameras == ("cam1",)

    def test_a_camera_behind_the_clock_is_lagging(self, here: Place) -> None:
        """Its pictures are older than they may be; the alarm ends when they are not."""
        here.camera["read_timeout_s"] = 5
        here.start()
        journal = here.journal
        eventually(lambda: (state := journal.camera_state("cam1")) and state.online)
        here.rtsp.lag("cam1", 1.5)
        eventually(lambda: open_of(journal, AlarmKind.CAMERA_LAGGING))

        here.rtsp.lag("cam1", 0.0)

        eventually(lambda: not open_of(journal, AlarmKind.CAMERA_LAGGING))


class TestPeople:
    """The stage clip: who is enrolled decides."""

    def test_a_suspension_reaches_him_on_the_stage(
        self, stage: Place, models: ModelSet, people: Path
    ) -> None:
        """He is recognised and may be there; suspended, he may not any more."""
        enrol(stage.settings.register_place, models, {"lin": people / LIN})
        worker = stage.start()
        journal = stage.journal
        eventually(lambda: registered(journal))
        with closing(Register.open(stage.settings.register_place)) as register:
            register.act("lin", Action.SUSPEND, Note("guard", "badge lost"))

        (alarm,) = eventually(lambda: open_of(journal, AlarmKind.UNAUTHORISED_PERSON))
        assert alarm.incident == "staff/stage/lin"
        assert worker.stop() == 0

    def test_a_guards_word_clears_an_alarm(
        self, stage: Place, models: ModelSet, people: Path
    ) -> None:
        """With only others enrolled he alarms, until a guard answers for somebody enrolled."""
        others = {"biden": people / "joe-biden.jpg", "obama": people / "barack-obama.jpg"}
        enrol(stage.settings.register_place, models, others)
        worker = stage.start()
        journal = stage.journal
        strangers = (AlarmKind.UNREGISTERED_PERSON, AlarmKind.UNVERIFIED_PERSON)

        def vouched() -> bool:
            for record in open_of(journal, *strangers):
                journal.vouch(record.alarm_id, "obama", "Tom")
            return "vouched" in {message["reason"] for message in decided(journal)}

        eventually(vouched)
        assert worker.stop() == 0

    def test_a_killed_worker_goes_on_with_its_alarms(
        self, stage: Place, models: ModelSet, people: Path
    ) -> None:
        """The next one takes them up under the same ids, and nothing is raised twice."""
        enrol(stage.settings.register_place, models, {"obama": people / "barack-obama.jpg"})
        first = stage.start()
        journal = stage.journal
        kinds = (AlarmKind.UNREGISTERED_PERSON, AlarmKind.UNVERIFIED_PERSON)
        before = eventually(lambda: open_of(journal, *kinds))[0]
        first.process.kill()
        first.process.wait(20)

        second = stage.start()

        def gone_on() -> bool:
            record = journal.alarm(before.alarm_id)
            return record is not None and record.revision > before.revision

        eventually(gone_on)
        assert second.stop() == 0
        said = [m for m in decided(journal) if m["alarm_id"] == before.alarm_id]
        assert [m["change"] for m in said].count("raised") == 1
        assert [m["revision"] for m in said] == list(range(1, len(said) + 1))

    def test_without_a_face_model_people_are_unverified(
        self, stage: Place, models: ModelSet, people: Path
    ) -> None:
        """It is reported by name, and a person in the zone is an alarm all the same."""
        enrol(stage.settings.register_place, models, {"lin": people / LIN})
        folder = stage.folder / "models"
        folder.mkdir()
        (folder / "dlib_resnet_v1.onnx").write_bytes(b"another network")
        stage.facts["models"]["directory"] = "models"
        worker = stage.start()
        journal = stage.journal
        worker.wait_for(Degraded("models.embedder", "weight_wrong:dlib_resnet_v1"))

        (alarm,) = eventually(lambda: open_of(journal, AlarmKind.UNVERIFIED_PERSON))

        assert alarm.incident == "unidentified/stage/cam1"
        assert worker.stop() == 0
        assert Degraded("register", "enrolled_with_another_embedder") not in worker.reports()


def registered(journal: Journal) -> bool:
    """Whether somebody was recognised, by what is told of the zone or of a passage."""
    told = [json.loads(row.payload) for row in journal.waiting()]
    states = [json.loads(state.payload) for state in journal.all_states() if state.payload]
    return any(state.get("registered") for state in states) or any(
        (message.get("identity") or {}).get("state") == "registered" for message in told
    )


class TestEnding:
    """What is on its way when the end comes."""

    def test_what_was_decided_is_written_before_it_ends(self, here: Place) -> None:
        """An alarm that is raised while the journal is locked is there after the stop."""
        worker = here.start()
        journal = here.journal
        eventually(lambda: (state := journal.camera_state("cam1")) and state.online)
        here.rtsp.refuse("cam1")
        with closing(NudgeListener(here.settings.run_dir)) as publisher:
            with journal._file.write():
                handed = eventually(lambda: [d for d in publisher.datagrams() if d])
            assert worker.stop() == 0

        (record,) = open_of(journal, AlarmKind.CAMERA_OFFLINE)
        assert record.alarm_id == json.loads(json.loads(handed[0])["payload"])["alarm_id"]
