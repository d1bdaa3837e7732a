"""Which cameras a worker watches, as assignments and settings change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clips import make_clip
from tests.vision.outputs.decisions import CONTEXT, alarm
from tests.vision.scripted import Script, alarms, register
from tests.vision.waiting import eventually
from vision.camera_crew import CameraCrew, open_incidents
from vision.camera_watch import CameraWatch
from vision.core.movements import OpenIncident
from vision.core.values import AlarmKind, Change, Step
from vision.outputs.journal import Journal
from vision.settings import (
    CameraSettings,
    ModelSettings,
    MqttSettings,
    PermitSettings,
    Settings,
    ViewSettings,
    ZoneSettings,
)
from vision.worker_models import WorkerModels

WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
OFFLINE = {"kind": AlarmKind.CAMERA_OFFLINE, "zone_id": None, "track_id": None, "evidence": None}


def camera(camera_id: str, **more: Any) -> CameraSettings:
    """A camera that plays a clip and sees the dock."""
    view = ViewSettings("dock", WHOLE_PICTURE)
    clip = str(make_clip())
    return CameraSettings(camera_id, clip, **({"views": (view,), "analyses_per_s": 25.0} | more))


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A site with three cameras."""
    return Settings(
        site_id="hall",
        time_zone="UTC",
        data_dir=tmp_path,
        mqtt=MqttSettings(),
        models=ModelSettings("d", "f", "e"),
        zones=(ZoneSettings("dock", "Dock", (PermitSettings(("cast",)),), 1.0),),
        cameras=(camera("cam1"), camera("cam2"), camera("cam3")),
    )


@pytest.fixture
def journal(site: Settings) -> Iterator[Journal]:
    """The site's journal."""
    with closing(Journal.open(site.journal_path)) as opened:
        yield opened


class Rig:
    """A crew with a scripted detector; ``woken`` is set by frames that are due."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.script = Script()
        self.crew = CameraCrew(WorkerModels(detector=self.script), "life", self.woken.set)

    def assign(self, site: Settings, *cameras: str) -> list[tuple[CameraWatch, Step]]:
        return list(self.crew.assign(site, cameras, register()))

    def cameras(self) -> list[str]:
        return [watch.settings.camera_id for watch in self.crew]

    def watch(self, camera_id: str) -> CameraWatch:
        found = self.crew.get(camera_id)
        assert found is not None
        return found


@pytest.fixture
def rig(journal: Journal) -> Iterator[Rig]:
    """A crew without cameras, which is closed with the test."""
    del journal
    made = Rig()
    yield made
    assert made.crew.close(made.crew)


def threads_of(watch: CameraWatch) -> bool:
    """Whether the camera's stream has a living thread."""
    return watch.source.detect._thread.is_alive()


class TestAssigning:
    """From an assignment to streams."""

    def test_exactly_the_assigned_cameras_are_watched(self, rig: Rig, site: Settings) -> None:
        """In the configuration's order; others belong to other workers."""
        rig.assign(site, "cam3", "cam1")

        assert rig.cameras() == ["cam1", "cam3"]
        assert all(threads_of(watch) for watch in rig.crew)

    def test_a_camera_that_is_taken_away_is_closed(self, rig: Rig, site: Settings) -> None:
        """The other one keeps its connection."""
        rig.assign(site, "cam1", "cam2")
        kept, gone = rig.watch("cam1"), rig.watch("cam2")

        rig.assign(site, "cam1")

        assert rig.watch("cam1") is kept
        assert (threads_of(kept), threads_of(gone)) == (True, False)

    def test_the_same_assignment_again_changes_nothing(self, rig: Rig, site: Settings) -> None:
        """A reload of an unchanged configuration drops no stream."""
        rig.assign(site, "cam1", "cam2")
        before = list(rig.crew)

        rig.assign(site, "cam1", "cam2")

        assert list(rig.crew) == before

    @pytest.mark.parametrize(
        "change", [{"views": ()}, {"analyses_per_s": 1.0}], ids=["views", "rate"]
    )
    def test_other_rules_keep_the_stream(
        self, rig: Rig, site: Settings, change: dict[str, Any]
    ) -> None:
        """What is done with the pictures is no matter of the connection."""
        rig.assign(site, "cam1")
        kept = rig.watch("cam1")

        rig.assign(replace(site, cameras=(camera("cam1", **change),)), "cam1")

        assert rig.watch("cam1") is kept
        assert kept.settings == camera("cam1", **change)

    @pytest.mark.parametrize(
        "change",
        [{"read_timeout_s": 1.0}, {"offline_after_s": 3.0}, {"detect_url": "/nosuch.mp4"}],
        ids=str,
    )
    def test_another_stream_is_opened_anew(
        self, rig: Rig, site: Settings, change: dict[str, Any]
    ) -> None:
        """A new address, or another patience with it."""
        rig.assign(site, "cam1")
        old = rig.watch("cam1")

        rig.assign(replace(site, cameras=(replace(camera("cam1"), **change),)), "cam1")

        assert rig.watch("cam1") is not old
        assert not threads_of(old)

    def test_a_camera_that_is_not_configured_is_not_watched(self, rig: Rig, site: Settings) -> None:
        """The worker says that; here it is just not there."""
        rig.assign(site, "cam1", "ghost")

        assert rig.cameras() == ["cam1"]

    def test_the_crew_of_no_cameras_is_empty(self, rig: Rig, site: Settings) -> None:
        """A worker may be left with nothing."""
        rig.assign(site, "cam1")
        rig.assign(site)

        assert rig.cameras() == []
        assert rig.crew.close(rig.crew)

    def test_lives_of_a_camera_never_share_keys(self, rig: Rig, site: Settings) -> None:
        """Two watches of one camera in one process have different epochs."""
        rig.assign(site, "cam1")
        first = rig.watch("cam1")._epoch
        rig.assign(site)
        rig.assign(site, "cam1")

        assert rig.watch("cam1")._epoch != first


class TestFrames:
    """What wakes the worker."""

    def test_a_frame_that_is_due_wakes(self, rig: Rig, site: Settings) -> None:
        """The analysing thread need not look all the time."""
        rig.assign(site, "cam1")

        assert rig.woken.wait(30.0)

    def test_a_frame_before_its_time_does_not(self, rig: Rig, site: Settings) -> None:
        """It waits in its slot."""
        rig.assign(site, "cam1")
        watch = rig.watch("cam1")
        watch._due_s = float("inf")
        rig.woken.clear()
        seen = watch.source.health().counters.frames
        eventually(lambda: watch.source.health().counters.frames > seen + 3)

        rig.woken.clear()
        eventually(lambda: watch.source.health().counters.frames > seen + 6)
        assert not rig.woken.is_set()


class TestResuming:
    """Alarms that a camera's former watch left open."""

    def test_those_of_the_journal_are_taken_up(
        self, rig: Rig, site: Settings, journal: Journal
    ) -> None:
        """A worker that starts goes on with what the last one raised, of this camera only."""
        journal.commit([alarm(incident="a"), alarm(incident="b", camera_id="cam2")], CONTEXT)

        rig.assign(site, "cam1")

        assert rig.watch("cam1").open_incidents() == (
            OpenIncident("a", AlarmKind.UNREGISTERED_PERSON, "dock"),
        )

    def test_a_camera_that_was_offline_is_known_to_be(
        self, rig: Rig, site: Settings, journal: Journal
    ) -> None:
        """Its alarm is cleared when pictures come."""
        journal.commit([alarm(incident="camera_offline/cam1", **OFFLINE)], CONTEXT)

        rig.assign(site, "cam1")

        assert not rig.watch("cam1").state().online

    def test_those_of_a_stream_opened_anew_go_on(
        self, rig: Rig, site: Settings, journal: Journal
    ) -> None:
        """Also where the journal does not know of them yet."""
        rig.assign(site, "cam1")
        known = OpenIncident("presence/dock/cam1/x/1", AlarmKind.UNVERIFIED_PERSON, "dock")
        rig.watch("cam1").resume([known])
        journal.commit([alarm(incident="cleared, but not written down yet")], CONTEXT)

        rig.assign(replace(site, cameras=(camera("cam1", preroll_s=1.0),)), "cam1")

        assert rig.watch("cam1").open_incidents() == (known,)

    def test_those_of_a_camera_that_is_configured_no_more_are_cleared(
        self, rig: Rig, site: Settings
    ) -> None:
        """Nobody else would ever end them; a camera that another worker takes over keeps them."""
        rig.assign(site, "cam1", "cam2")
        known = OpenIncident("presence/dock/cam1/x/1", AlarmKind.UNVERIFIED_PERSON, "dock")
        for camera_id in ("cam1", "cam2"):
            rig.watch(camera_id).resume([known])

        ((_, step),) = rig.assign(replace(site, cameras=(camera("cam2"),)))

        (cleared,) = alarms([step])
        assert (cleared.camera_id, cleared.change) == ("cam1", Change.CLEARED)
        assert (cleared.incident, cleared.reason) == (known.incident, "camera_removed")

    def test_an_unreadable_journal_stops_nobody(self, rig: Rig, site: Settings) -> None:
        """The camera is watched; what was open stays open."""
        broken = replace(site, data_dir=site.data_dir / "journal.db" / "below-a-file")

        assert open_incidents(broken, "cam1") == ()
        rig.assign(broken, "cam1")
        assert rig.cameras() == ["cam1"]

    def test_an_alarm_of_a_zone_that_is_gone_is_cleared(
        self, rig: Rig, site: Settings, journal: Journal
    ) -> None:
        """With the first picture."""
        journal.commit([alarm(incident="a", zone_id="attic")], CONTEXT)
        rig.assign(site, "cam1")
        watch = rig.watch("cam1")

        steps = eventually(lambda: list(watch.analyse(watch.source.detect._clocks.arrival())))

        cleared = alarms(steps)
        assert [(d.incident, d.change) for d in cleared] == [("a", Change.CLEARED)]


def test_renewed_hours_reach_every_scene(rig: Rig, site: Settings) -> None:
    """A policy's horizon is some days."""
    rig.assign(site, "cam1", "cam2")

    assert list(rig.crew.renew_policies(site)) == []
    assert all(watch._policy is not None for watch in rig.crew)


def test_stopping_ends_all_streams_without_waiting(rig: Rig, site: Settings) -> None:
    """The end of the process begins with it."""
    rig.assign(site, "cam1", "cam2")

    rig.crew.stop()

    eventually(lambda: not any(threads_of(watch) for watch in rig.crew))
